import JSON
import MCP
import Testing

struct ServerSessionTests {
  private static let meta =
    #""_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}},"progressToken":"p"}"#

  private static func session() -> ServerSession {
    ServerSession(
      info: Implementation(name: "bulkhead", version: "1"),
      capabilities: ServerCapabilities(["tools": ["listChanged": true], "logging": [:]]),
      instructions: "hello"
    )
  }

  private static func sent(_ events: [ServerEvent]) -> [JSON] {
    events.compactMap { if case .send(let message) = $0 { message.json } else { nil } }
  }

  private static func requests(_ events: [ServerEvent]) -> [ServerRequest] {
    events.compactMap { if case .request(let request) = $0 { request } else { nil } }
  }

  private static func opened(_ version: MCPVersion, _ capabilities: String = "{}") -> ServerSession {
    var session = session()
    _ = session.received(
      Array(
        #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"\#(version.rawValue)","capabilities":\#(capabilities),"clientInfo":{"name":"c","version":"1"}}}"#
          .utf8
      )
    )
    _ = session.received(Array(#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.utf8))
    return session
  }

  // MARK: Versions

  @Test(arguments: [
    ("2024-11-05", "2024-11-05"), ("2025-03-26", "2025-03-26"), ("2025-06-18", "2025-06-18"),
    ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25"),
  ])
  func `a legacy client gets the version that it asks for, or our newest`(asked: String, given: String) {
    var session = Self.session()
    let events = session.received(
      Array(
        #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"\#(asked)","capabilities":{"roots":{}},"clientInfo":{"name":"c","version":"1"}}}"#
          .utf8
      )
    )
    let result = Self.sent(events)[0]["result"]
    #expect(result?["protocolVersion"]?.stringValue == given && result?["instructions"] == "hello")
    #expect(result?["serverInfo"] == ["name": "bulkhead", "version": "1"])
    #expect(result?["capabilities"] == ["tools": ["listChanged": true], "logging": [:]])
    #expect(session.legacy?.capabilities.roots == true && session.legacy?.isReady == false)
  }

  @Test func `a modern client learns what there is without a handshake`() {
    var session = Self.session()
    let events = session.received(
      Array(#"{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{\#(Self.meta)}}"#.utf8)
    )
    let result = Self.sent(events)[0]["result"]
    #expect(result?["resultType"] == "complete" && result?["ttlMs"] == 0 && result?["cacheScope"] == "private")
    #expect(result?["supportedVersions"]?[0] == "2026-07-28" && result?["instructions"] == "hello")
    #expect(result?["_meta"]?["io.modelcontextprotocol/serverInfo"]?["name"] == "bulkhead")
    #expect(session.legacy == nil)
  }

  @Test func `a modern request must say its version and what its client can`() {
    var session = Self.session()
    func code(_ params: String) -> JSON? {
      let line = #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":\#(params)}"#
      return Self.sent(session.received(Array(line.utf8)))[0]["error"]
    }
    #expect(code("{}")?["code"] == -32602)
    #expect(code(#"{"_meta":{}}"#)?["code"] == -32602)
    #expect(code(#"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#)?["code"] == -32602)
    #expect(
      code(
        #"{"_meta":{"io.modelcontextprotocol/protocolVersion":5,"io.modelcontextprotocol/clientCapabilities":{}}}"#
      )?["code"] == -32602
    )
    #expect(
      code(
        #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"loud"}}"#
      )?["code"] == -32602
    )
    let unknown = code(
      #"{"_meta":{"io.modelcontextprotocol/protocolVersion":"1900-01-01","io.modelcontextprotocol/clientCapabilities":{}}}"#
    )
    #expect(unknown?["code"] == -32022 && unknown?["data"]?["requested"] == "1900-01-01")
    #expect(unknown?["data"]?["supported"]?[0] == "2026-07-28")
  }

  @Test func `both eras are served on one connection, each request by what it says`() {
    var session = Self.opened(.v20250618)
    let old = Self.requests(session.received(Array(#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#.utf8)))
    let new = Self.requests(
      session.received(Array(#"{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{\#(Self.meta)}}"#.utf8))
    )
    #expect(old.first?.version == .v20250618 && new.first?.version == .v20260728)
    #expect(session.result(old[0], ["tools": []]) == .result(.integer(1), ["tools": []]))
    let message = session.result(new[0], ["tools": []], .init(milliseconds: 5, isPublic: true))
    #expect(message?.json["result"]?["ttlMs"] == 5 && message?.json["result"]?["cacheScope"] == "public")
    #expect(message?.json["result"]?["resultType"] == "complete")
  }

  // MARK: Requests

  @Test(arguments: ["no json", "[]", "[1]", "5", #"{"id":1}"#, #"{"jsonrpc":"2.0","id":1,"method":"x","params":5}"#])
  func `a line that is no message is answered with an error`(line: String) {
    var session = Self.opened(.v20250326)
    let sent = Self.sent(session.received(Array(line.utf8)))
    #expect(sent.first?["error"]?["code"]?.integerValue.map { (-32700 ... -32600).contains($0) } == true, "\(sent)")
  }

  @Test func `a batch is taken in the one version that has it`() {
    let batch = Array(#"[{"jsonrpc":"2.0","id":1,"method":"ping"},{"jsonrpc":"2.0","id":2,"method":"ping"}]"#.utf8)
    var session = Self.opened(.v20250326)
    #expect(Self.sent(session.received(batch)).count == 2)
    var newer = Self.opened(.v20250618)
    #expect(Self.sent(newer.received(batch))[0]["error"]?["code"] == -32600)
  }

  @Test func `an id that is under way is not taken twice`() {
    var session = Self.opened(.v20250618)
    let call = Array(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}"#.utf8)
    let request = Self.requests(session.received(call))[0]
    #expect(Self.sent(session.received(call))[0]["error"]?["code"] == -32600)
    #expect(session.error(request, RPCError(.invalidParams, "no")) != nil)
    #expect(session.result(request, [:]) == nil)
    #expect(Self.requests(session.received(call)).count == 1)
  }

  @Test func `a request that is cancelled is answered no more`() {
    var session = Self.opened(.v20250618)
    let request = Self.requests(session.received(Array(#"{"jsonrpc":"2.0","id":"a","method":"tools/call"}"#.utf8)))[0]
    let events = session.received(
      Array(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"a","reason":"enough"}}"#.utf8)
    )
    #expect(events == [.cancelled(.text("a"), reason: "enough")])
    #expect(session.result(request, [:]) == nil && session.progress(request, 1) == nil)
    #expect(
      session.received(Array(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":9}}"#.utf8))
        .isEmpty
    )
  }

  @Test func `progress and log lines go to those who want them`() {
    var session = Self.opened(.v20250618)
    let quiet = Self.requests(session.received(Array(#"{"jsonrpc":"2.0","id":1,"method":"tools/call"}"#.utf8)))[0]
    #expect(session.progress(quiet, 1) == nil && session.log(quiet, .error, "x") == nil)
    let level = session.received(
      Array(#"{"jsonrpc":"2.0","id":2,"method":"logging/setLevel","params":{"level":"info"}}"#.utf8)
    )
    #expect(Self.sent(level)[0]["result"] == [:])
    let loud = Self.requests(
      session.received(
        Array(#"{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"_meta":{"progressToken":7}}}"#.utf8)
      )
    )[0]
    #expect(
      session.progress(loud, 1, total: 2, message: "m")?.json["params"] == [
        "progressToken": 7, "progress": 1, "total": 2, "message": "m",
      ]
    )
    #expect(session.log(loud, .debug, "x") == nil)
    #expect(
      session.log(loud, .error, logger: "l", ["a": 1])?.json["params"] == [
        "level": "error", "logger": "l", "data": ["a": 1],
      ]
    )
    // A modern request says it itself.
    let modern = Self.requests(
      session.received(Array(#"{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{\#(Self.meta)}}"#.utf8))
    )[0]
    #expect(session.log(modern, .emergency, "x") == nil)
    #expect(session.progress(modern, 0.5)?.json["params"]?["progressToken"] == "p")
  }

  // MARK: Questions

  @Test func `a modern client is asked with the answer, and comes back with what it was asked for`() {
    var session = Self.session()
    let request = Self.requests(
      session.received(
        Array(#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a",\#(Self.meta)}}"#.utf8)
      )
    )[0]
    #expect(request.capabilities.elicitation && request.inputResponses == nil && request.requestState == nil)
    let question = Question.elicit(.form(message: "sure?", schema: ["type": "object", "properties": [:]]))
    let message = session.inputRequired(request, ["ok": question], state: "s")
    let result = message?.json["result"]
    #expect(result?["resultType"] == "input_required" && result?["requestState"] == "s" && result?["ttlMs"] == nil)
    #expect(result?["inputRequests"]?["ok"]?["method"] == "elicitation/create")
    #expect(session.outstanding.isEmpty)
    let again = Self.requests(
      session.received(
        Array(
          #"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"a","requestState":"s","inputResponses":{"ok":{"action":"decline"}},\#(Self.meta)}}"#
            .utf8
        )
      )
    )[0]
    #expect(again.requestState == "s" && again.inputResponses == ["ok": ["action": "decline"]])
  }

  @Test func `a legacy client is asked with a request, if it can be asked`() throws {
    var session = Self.opened(.v20250618, #"{"elicitation":{}}"#)
    let question = Question.elicit(.form(message: "sure?", schema: ["type": "object", "properties": [:]]))
    let first = session.ask(question)
    let (id, message) = try #require(first)
    // Modes came later.
    #expect(message.json["method"] == "elicitation/create" && message.json["params"]?["mode"] == nil)
    #expect(session.ask(.roots) == nil && session.ask(.elicit(.url(message: "m", url: "https://x"))) == nil)
    let answer = session.received(Array(#"{"jsonrpc":"2.0","id":\#(id.json),"result":{"action":"cancel"}}"#.utf8))
    #expect(answer == [.answered(id, .success(["action": "cancel"]))])
    #expect(session.received(Array(#"{"jsonrpc":"2.0","id":\#(id.json),"result":{}}"#.utf8)).isEmpty)
    let next = session.ask(question)
    let (second, _) = try #require(next)
    #expect(session.withdraw(second, reason: "late")?.json["params"] == ["requestId": second.json, "reason": "late"])
    #expect(session.received(Array(#"{"jsonrpc":"2.0","id":\#(second.json),"result":{}}"#.utf8)).isEmpty)
  }

  // MARK: Changes

  @Test func `a changed list is told to each era in its own way`() {
    var session = Self.session()
    #expect(session.changed(.tools).isEmpty)
    let events = session.received(
      Array(
        #"{"jsonrpc":"2.0","id":"s","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"promptsListChanged":true},\#(Self.meta)}}"#
          .utf8
      )
    )
    let acknowledged = Self.sent(events)[0]
    #expect(acknowledged["method"] == "notifications/subscriptions/acknowledged")
    #expect(acknowledged["params"]?["notifications"] == ["toolsListChanged": true])
    #expect(acknowledged["params"]?["_meta"] == ["io.modelcontextprotocol/subscriptionId": "s"])
    #expect(
      session.changed(.tools).map(\.json) == [
        [
          "jsonrpc": "2.0", "method": "notifications/tools/list_changed",
          "params": ["_meta": ["io.modelcontextprotocol/subscriptionId": "s"]],
        ]
      ]
    )
    #expect(session.changed(.prompts).isEmpty)
    #expect(session.farewell().first?.json["result"]?["resultType"] == "complete" && session.changed(.tools).isEmpty)
    var legacy = Self.opened(.v20241105)
    #expect(legacy.changed(.tools).map(\.json) == [["jsonrpc": "2.0", "method": "notifications/tools/list_changed"]])
    #expect(legacy.farewell().isEmpty)
  }

  @Test func `a session is opened once, and only with a version`() {
    var session = Self.opened(.v20251125)
    let line =
      #"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{}}}"#
    #expect(Self.sent(session.received(Array(line.utf8)))[0]["error"]?["code"] == -32600)
    var other = Self.session()
    #expect(
      Self.sent(other.received(Array(#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#.utf8)))[0]["error"]?["code"]
        == -32602
    )
    var modern = ServerSession(
      info: Implementation(name: "b", version: "1"),
      capabilities: ServerCapabilities(),
      versions: [.v20260728]
    )
    #expect(Self.sent(modern.received(Array(line.utf8)))[0]["error"]?["data"]?["supported"] == ["2026-07-28"])
  }
}
