import JSON
import MCP
import Testing

struct ListeningTests {
  private static let changing = #"{"tools":{"listChanged":true},"prompts":{"listChanged":true},"resources":{}}"#

  private static func listening(_ channel: ClientSettings.Channel = .lines) -> (Conversation, JSON) {
    var talk = Conversation(channel) { $0.demanded = .v20260728 }
    talk.effects = []
    talk.result(
      1,
      #"{"supportedVersions":["2026-07-28"],"capabilities":\#(changing),"ttlMs":0,"cacheScope":"public"}"#
    )
    let sent = talk.takeSent()[0]
    return (talk, sent)
  }

  private static func changed(_ list: String, _ id: Int) -> String {
    #"{"jsonrpc":"2.0","method":"notifications/\#(list)/list_changed","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":\#(id)}}}"#
  }

  @Test func `a modern server is asked for what it offers, and its notices are told`() {
    var (talk, sent) = Self.listening()
    #expect(sent["method"] == "subscriptions/listen")
    #expect(sent["params"]?["notifications"] == ["toolsListChanged": true, "promptsListChanged": true])
    talk.say(
      #"{"jsonrpc":"2.0","method":"notifications/subscriptions/acknowledged","params":{"_meta":{"io.modelcontextprotocol/subscriptionId":2},"notifications":{"toolsListChanged":true}}}"#
    )
    talk.say(Self.changed("tools", 2))
    #expect(talk.effects == [.changed(.tools)])
    talk.effects = []
    talk.say(Self.changed("prompts", 77))
    talk.say(#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#)
    #expect(talk.effects.isEmpty && talk.session.counters.strays == 2)
  }

  @Test func `a subscription that ends is asked for again, after longer and longer pauses`() {
    var (talk, _) = Self.listening()
    talk.result(2, #"{"resultType":"complete"}"#)
    #expect(talk.takeSent().isEmpty && talk.session.wakeAt == 1000)
    talk.wait(1000)
    #expect(talk.takeSent()[0]["method"] == "subscriptions/listen")
    talk.say(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":3}}"#)
    #expect(talk.session.wakeAt == 3000)
    talk.wait(2000)
    #expect(talk.takeSent()[0]["id"] == 4)
    talk.error(4, -32601)
    #expect(talk.session.wakeAt == nil)
  }

  @Test func `over HTTP a subscription that breaks is asked for again, one that is refused is not`() {
    var (talk, _) = Self.listening(.http)
    talk.fail(2, .connectionLost)
    talk.wait(1000)
    #expect(talk.takeSent()[0]["method"] == "subscriptions/listen")
    talk.fail(3, .forbidden)
    #expect(talk.session.wakeAt == nil && talk.failed == nil)
  }

  @Test func `a legacy server's notices need no subscription; over HTTP they have a stream of their own`() {
    var talk = Conversation(open: .v20250326)
    talk.say(#"{"jsonrpc":"2.0","method":"notifications/resources/list_changed"}"#)
    #expect(talk.effects == [.changed(.resources)])
    var http = Conversation(.http) { $0.demanded = .v20251125 }
    http.effects = []
    http.result(1, #"{"protocolVersion":"2025-11-25","capabilities":{}}"#)
    #expect(http.effects.contains(.openStream))
    var quiet = Conversation(.http) {
      $0.demanded = .v20251125
      $0.listens = false
    }
    quiet.result(1, #"{"protocolVersion":"2025-11-25","capabilities":{}}"#)
    #expect(!quiet.effects.contains(.openStream))
  }

  @Test func `a subscription is no call: it counts for nothing and is never late`() {
    var (talk, _) = Self.listening()
    talk.wait(1_000_000)
    #expect(talk.effects.isEmpty)
    talk.effects = talk.session.close(now: talk.now)
    #expect(talk.effects == [.close])
  }
}
