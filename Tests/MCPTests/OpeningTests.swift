import JSON
import MCP
import Testing

struct OpeningTests {
  private static let discovery =
    #"{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":5,"cacheScope":"public","instructions":"be kind","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"srv","version":"2"}}}"#

  private static func legacy(_ version: String) -> String {
    #"{"protocolVersion":"\#(version)","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"old","version":"1"}}"#
  }

  @Test(arguments: [ClientSettings.Channel.lines, .http])
  func `a modern server is asked what it is, and opens without a handshake`(channel: ClientSettings.Channel) throws {
    var talk = Conversation(channel)
    let probe = try #require(talk.takeSent().first)
    #expect(probe["method"] == "server/discover")
    let meta = try #require(probe["params"]?["_meta"])
    #expect(meta["io.modelcontextprotocol/protocolVersion"] == "2026-07-28")
    #expect(meta["io.modelcontextprotocol/clientInfo"] == ["name": "test", "version": "1"])
    #expect(meta["io.modelcontextprotocol/clientCapabilities"] == [:])
    talk.result(1, Self.discovery)
    #expect(talk.introduction?.version == .v20260728 && talk.introduction?.info?.name == "srv")
    #expect(talk.introduction?.instructions == "be kind" && talk.introduction?.capabilities.tools == true)
    #expect(talk.takeSent().isEmpty && talk.session.remembered == .v20260728)
  }

  @Test(arguments: [-32601, -32602, -32600, -32603, -32000, -32002, 1])
  func `any error that is not modern means a legacy server`(code: Int) throws {
    var talk = Conversation()
    _ = talk.takeSent()
    talk.error(1, code)
    let sent = talk.takeSent()
    #expect(sent.first?["method"] == "initialize" && sent.first?["params"]?["protocolVersion"] == "2025-11-25")
    #expect(sent.first?["params"]?["_meta"] == nil)
    talk.result(2, Self.legacy("2025-11-25"))
    #expect(talk.introduction?.version == .v20251125)
    #expect(talk.takeSent().first?["method"] == "notifications/initialized")
  }

  @Test(arguments: [MCPVersion.v20241105, .v20250326, .v20250618, .v20251125])
  func `each legacy version that a server picks is spoken`(version: MCPVersion) {
    var talk = Conversation()
    talk.error(1, -32601)
    talk.effects = []
    talk.result(2, Self.legacy(version.rawValue))
    #expect(talk.introduction?.version == version)
    #expect(talk.session.remembered == version)
  }

  @Test(arguments: ["2026-07-28", "2030-01-01", "", "1.0"])
  func `a version that is not ours ends the session`(version: String) {
    var talk = Conversation()
    talk.error(1, -32601)
    talk.result(2, Self.legacy(version))
    #expect(talk.failed?.code == .noCommonVersion)
  }

  @Test func `a server that does not answer a modern request is taken for a legacy one`() {
    var talk = Conversation()
    _ = talk.takeSent()
    #expect(talk.session.wakeAt == 5000)
    talk.wait(5000)
    #expect(talk.takeSent().first?["method"] == "initialize")
    // Late, but it is what it is: the handshake is forgotten.
    talk.result(1, Self.discovery)
    #expect(talk.introduction?.version == .v20260728)
    talk.error(2, -32601)
    #expect(talk.failed == nil && talk.session.counters.lateAnswers == 1)
  }

  @Test func `a modern server that is asked to initialize says so, and is spoken to as one`() {
    var talk = Conversation()
    talk.wait(5000)
    talk.effects = []
    talk.error(2, -32022, data: #"{"supported":["2026-07-28"]}"#)
    #expect(talk.takeSent().first?["method"] == "server/discover")
    talk.result(3, Self.discovery)
    #expect(talk.introduction?.version == .v20260728)
  }

  @Test func `what a modern server has is taken, and no way leads back from there`() {
    var talk = Conversation()
    talk.effects = []
    talk.error(1, -32022, data: #"{"supported":["2031-01-01"],"requested":"2026-07-28"}"#)
    #expect(talk.failed?.code == .noCommonVersion && talk.takeSent().isEmpty)
    talk = Conversation()
    talk.effects = []
    talk.error(1, -32021, data: #"{"requiredCapabilities":{"sampling":{}}}"#)
    #expect(talk.failed?.code == .server(.missingClientCapability) && talk.takeSent().isEmpty)
    // It knows both eras, and has only the old one in common with us.
    talk = Conversation()
    talk.effects = []
    talk.error(1, -32022, data: #"{"supported":["2031-01-01","2025-06-18"]}"#)
    #expect(talk.takeSent().first?["method"] == "initialize")
  }

  @Test func `a server cannot send us round in circles`() {
    var talk = Conversation()
    for id in 1...20 where talk.failed == nil {
      talk.error(Int64(id), -32022, data: #"{"supported":["2026-07-28"]}"#)
    }
    #expect(talk.failed?.code == .noCommonVersion)
    #expect(talk.takeSent().count <= 6)
  }

  @Test(arguments: TransportFailure.Kind.allCases)
  func `over HTTP only a plain refusal leads to the old era`(kind: TransportFailure.Kind) {
    var talk = Conversation(.http)
    talk.effects = []
    talk.fail(1, kind)
    if kind == .refused {
      #expect(talk.takeSent().first?["method"] == "initialize")
    } else {
      #expect(talk.failed?.code == .transport(kind))
      #expect(talk.takeSent().isEmpty)
    }
  }

  @Test func `over HTTP silence is no evidence of an old server`() {
    var talk = Conversation(.http)
    talk.effects = []
    #expect(talk.session.wakeAt == 60_000)
    talk.wait(60_000)
    #expect(talk.failed?.code == .timedOut && talk.takeSent().isEmpty)
  }

  @Test func `an error with another id is the answer to the request on whose stream it came`() {
    var talk = Conversation(.http)
    talk.effects = []
    talk.say(#"{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Missing session ID"}}"#, on: 1)
    #expect(talk.takeSent().first?["method"] == "initialize")
  }

  @Test func `over lines an error without an id answers what is out while a session opens`() {
    var talk = Conversation()
    talk.effects = []
    talk.say(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"what"}}"#)
    #expect(talk.takeSent().first?["method"] == "initialize")
  }

  @Test func `a legacy version that is remembered is spoken at once, and given up when it does not hold`() {
    var talk = Conversation { $0.remembered = .v20250618 }
    #expect(talk.takeSent().first?["method"] == "initialize")
    talk.error(1, -32601)
    #expect(talk.takeSent().first?["method"] == "server/discover")
    talk.result(2, Self.discovery)
    #expect(talk.introduction?.version == .v20260728)
  }

  @Test func `a version that is demanded is the only one`() {
    var talk = Conversation { $0.demanded = .v20250618 }
    #expect(talk.takeSent().first?["params"]?["protocolVersion"] == "2025-06-18")
    talk.result(1, Self.legacy("2025-03-26"))
    #expect(talk.failed?.code == .noCommonVersion)
    talk = Conversation { $0.demanded = .v20260728 }
    talk.effects = []
    talk.error(1, -32601)
    #expect(talk.failed?.code == .server(.methodNotFound) && talk.takeSent().isEmpty)
    talk = Conversation { $0.demanded = .v20260728 }
    #expect(talk.session.wakeAt == 60_000)
  }

  @Test func `an older server that names its versions is met where it is`() {
    var talk = Conversation { $0.remembered = .v20251125 }
    _ = talk.takeSent()
    talk.error(1, -32602, data: #"{"supported":["2024-11-05"],"requested":"2025-11-25"}"#)
    #expect(talk.takeSent().first?["params"]?["protocolVersion"] == "2024-11-05")
  }

  @Test func `a server that ends when it is probed may be started again as a legacy one`() {
    var talk = Conversation()
    let call = talk.begin(.listTools)
    talk.effects = talk.session.closed(TransportFailure(.ended, "it ended"), now: 0)
    #expect(talk.session.endedAtProbe && talk.session.remembered == .v20251125)
    var again = Conversation { [talk] in $0.remembered = talk.session.remembered }
    #expect(again.takeSent().first?["method"] == "initialize")
    #expect(talk.failure(call)?.code == .transport(.ended) && talk.failed?.code == .transport(.ended))
    var open = Conversation(open: .v20251125)
    open.effects = open.session.closed(TransportFailure(.ended, "it ended"), now: 0)
    #expect(!open.session.endedAtProbe)
  }

  @Test(arguments: [
    "{}", #"{"supportedVersions":5}"#, #"{"supportedVersions":[]}"#, #"{"supportedVersions":[1,null]}"#,
  ])
  func `a discovery without a version is none`(body: String) {
    var talk = Conversation()
    talk.effects = []
    talk.result(1, body)
    #expect(talk.introduction == nil)
    #expect(talk.failed != nil || talk.takeSent().first?["method"] == "initialize")
  }

  @Test func `requests wait for the session, and go out in their order`() {
    var talk = Conversation()
    _ = talk.begin(.listTools)
    _ = talk.begin(.callTool(name: "a", arguments: ["x": 1]))
    #expect(talk.takeSent().map { $0["method"] } == ["server/discover"])
    talk.result(1, Self.discovery)
    let sent = talk.takeSent()
    #expect(sent.map { $0["method"] } == ["tools/list", "tools/call"])
    #expect(sent[1]["params"]?["arguments"] == ["x": 1])
  }

  @Test func `a log is asked for in each era's own way`() {
    var talk = Conversation(open: .v20260728) { $0.logLevel = .warning }
    _ = talk.begin(.listTools)
    let meta = talk.takeSent()[0]["params"]?["_meta"]
    #expect(meta?["io.modelcontextprotocol/logLevel"] == "warning")
    var old = Conversation {
      $0.demanded = .v20251125; $0.logLevel = .warning
    }
    old.effects = []
    old.result(1, #"{"protocolVersion":"2025-11-25","capabilities":{"logging":{}}}"#)
    #expect(old.takeSent().last?["params"]?["level"] == "warning")
  }
}
