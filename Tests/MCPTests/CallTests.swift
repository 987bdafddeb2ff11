import JSON
import MCP
import Testing

struct CallTests {
  private static let both: [MCPVersion] = [.v20250618, .v20260728]

  @Test(arguments: MCPVersion.allCases) func `a tool is called, and its answer taken`(version: MCPVersion) throws {
    var talk = Conversation(open: version)
    let call = talk.begin(.callTool(name: "add", arguments: ["a": 1]))
    let sent = talk.takeSent()[0]
    #expect(sent["method"] == "tools/call" && sent["params"]?["name"] == "add")
    #expect((sent["params"]?["_meta"] != nil) == (version.era == .modern))
    talk.result(2, #"{"content":[{"type":"text","text":"3"}],"structuredContent":{"sum":3},"isError":false}"#)
    let answer = ToolAnswer([.text("3")], structured: ["sum": 3])
    #expect(talk.reply(call) == .tool(answer) && talk.answers(call).count == 1)
  }

  @Test func `what a tool says of its failure is an answer, a server's error is none`() {
    var talk = Conversation(open: .v20251125)
    let first = talk.begin(.callTool(name: "a", arguments: [:]))
    let second = talk.begin(.callTool(name: "b", arguments: [:]))
    talk.result(2, #"{"content":[{"type":"text","text":"no such city"}],"isError":true}"#)
    talk.error(3, -32602, "unknown tool", data: #"{"name":"b"}"#)
    guard case .tool(let answer)? = talk.reply(first) else { return #expect(Bool(false)) }
    #expect(answer.isError && answer.content == [.text("no such city")])
    #expect(talk.failure(second) == ClientFailure(.server(.invalidParams), "unknown tool", data: ["name": "b"]))
  }

  @Test(arguments: [
    "{}", #"{"content":5}"#, #"{"content":[5]}"#, #"{"content":[{"type":"video"}]}"#, #"{"content":[{"type":"text"}]}"#,
    #"{"content":[{"type":"image","data":"x"}]}"#, #"{"content":[],"resultType":"later"}"#,
    #"{"content":[],"resultType":5}"#,
    #"{"content":[{"type":"resource","resource":{"uri":"a:b"}}]}"#,
    #"{"content":[{"type":"resource_link","uri":"a:b"}]}"#,
  ])
  func `an answer that is not of its shape fails its call and nothing else`(body: String) {
    var talk = Conversation(open: .v20260728)
    let bad = talk.begin(.callTool(name: "a", arguments: [:]))
    let good = talk.begin(.callTool(name: "a", arguments: [:]))
    talk.result(2, body)
    talk.result(3, #"{"content":[]}"#)
    #expect(talk.failure(bad)?.code == .badAnswer)
    #expect(talk.reply(good) == .tool(ToolAnswer([])))
  }

  @Test func `answers to nothing are left out and counted`() {
    var talk = Conversation(open: .v20251125)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    talk.result(99, "{}")
    talk.say(#"{"jsonrpc":"2.0","id":"2","result":{"content":[]}}"#)
    #expect(talk.answers(call).isEmpty && talk.session.counters.unknownIDs == 2)
    talk.result(2, #"{"content":[]}"#)
    talk.result(2, #"{"content":[{"type":"text","text":"again"}]}"#)
    talk.error(2, -1)
    #expect(talk.answers(call) == [.success(.tool(ToolAnswer([])))])
    #expect(talk.session.counters.lateAnswers == 2)
  }

  @Test(arguments: ["nonsense", "", "[", "5", #"{"jsonrpc":"2.0"}"#, "\u{0}", #"{"jsonrpc":"2.0","id":77,"result":5}"#])
  func `lines that are no messages cost nothing but themselves`(line: String) {
    var talk = Conversation(open: .v20260728)
    let call = talk.begin(.listTools)
    talk.say(line)
    #expect(talk.session.counters.malformed == 1)
    talk.result(2, #"{"tools":[]}"#)
    #expect(talk.reply(call) == .tools(Listing()))
  }

  @Test func `an answer that is no message fails the call that it names`() {
    var talk = Conversation(open: .v20251125)
    let call = talk.begin(.listTools)
    talk.result(2, "[1]")
    #expect(talk.failure(call)?.code == .badAnswer)
  }

  @Test func `progress is told while it rises, to those who want it`() {
    var talk = Conversation(open: .v20250618)
    let call = talk.begin(.callTool(name: "a", arguments: [:]), CallOptions(wantsProgress: true))
    #expect(talk.takeSent()[0]["params"]?["_meta"]?["progressToken"] == 2)
    for progress in ["1", "2.5", "2.5", "1", "3"] {
      talk.say(
        #"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":\#(progress),"total":4,"message":"m"}}"#
      )
    }
    let told = talk.effects.compactMap { if case .progress(call, let p) = $0 { p.progress } else { nil } }
    #expect(told == [1, 2.5, 3] && talk.session.counters.strays == 2)
    talk.result(2, #"{"content":[]}"#)
    talk.effects = []
    talk.say(#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":2,"progress":9}}"#)
    #expect(talk.effects.isEmpty)
    let quiet = talk.begin(.callTool(name: "a", arguments: [:]))
    talk.say(#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":3,"progress":9}}"#)
    #expect(!talk.effects.contains { if case .progress(quiet, _) = $0 { true } else { false } })
  }

  @Test(arguments: [
    (MCPVersion.v20251125, ClientSettings.Channel.lines, true, false), (.v20260728, .lines, true, false),
    (.v20251125, .http, true, true), (.v20260728, .http, false, true),
  ])
  func `a call is given up in the era's and the transport's own way`(
    version: MCPVersion,
    channel: ClientSettings.Channel,
    tells: Bool,
    closes: Bool
  ) {
    var talk = Conversation(open: version, channel)
    let call = talk.begin(.callTool(name: "slow", arguments: [:]))
    _ = talk.takeSent()
    talk.effects = talk.session.cancel(call, reason: "enough", now: 0)
    #expect(talk.failure(call)?.code == .cancelled)
    #expect(talk.effects.contains(.abandon(.integer(2))) == closes)
    let sent = talk.takeSent()
    #expect((sent.first?["method"] == "notifications/cancelled") == tells)
    if tells { #expect(sent[0]["params"] == ["requestId": 2, "reason": "enough"]) }
    talk.result(2, #"{"content":[]}"#)
    #expect(talk.answers(call).isEmpty && talk.session.counters.lateAnswers == 1)
    #expect(talk.session.cancel(call, now: 0).isEmpty)
  }

  @Test(arguments: both) func `a call that takes too long is given up`(version: MCPVersion) {
    var talk = Conversation(open: version)
    let call = talk.begin(.callTool(name: "slow", arguments: [:]), CallOptions(timeoutMS: 100))
    #expect(talk.session.wakeAt == 100)
    talk.wait(99)
    #expect(talk.answers(call).isEmpty)
    talk.wait(1)
    #expect(talk.failure(call)?.code == .timedOut)
    #expect(talk.takeSent().last?["method"] == "notifications/cancelled" && talk.session.wakeAt == nil)
  }

  @Test func `no more calls wait than may`() {
    var talk = Conversation(open: .v20260728) { $0.limits.outstanding = 2 }
    _ = talk.begin(.listTools)
    let second = talk.begin(.listTools)
    let third = talk.begin(.listTools)
    #expect(talk.answers(second).isEmpty && talk.failure(third)?.code == .tooManyCalls)
    talk.result(2, #"{"tools":[]}"#)
    let fourth = talk.begin(.listTools)
    #expect(talk.answers(fourth).isEmpty && talk.takeSent().count == 3)
  }

  @Test func `what a server does not offer is not asked of it`() {
    var talk = Conversation(open: .v20260728, capabilities: #"{"tools":{}}"#)
    for request: ClientRequest in [
      .listPrompts, .listResources, .listResourceTemplates, .readResource(uri: "a:b"),
      .getPrompt(name: "p", arguments: [:]), .complete(CompletionQuery(.prompt(name: "p"), argument: "a", value: "")),
      .setLogLevel(.info),
    ] {
      let call = talk.begin(request)
      #expect(talk.failure(call)?.code == .noCapability, "\(request)")
    }
    #expect(talk.takeSent().isEmpty)
  }

  @Test func `everybody is answered when the session ends`() {
    var talk = Conversation(open: .v20251125)
    let calls = (0..<5).map { _ in talk.begin(.listTools) }
    talk.effects = talk.session.close(now: 0)
    for call in calls { #expect(talk.answers(call).count == 1 && talk.failure(call)?.code == .closed) }
    #expect(talk.effects.last == .close && talk.failed == nil)
    #expect(talk.session.close(now: 0).isEmpty && talk.session.wakeAt == nil)
    let late = talk.begin(.listTools)
    #expect(talk.failure(late)?.code == .closed)
    talk.effects = []
    talk.result(2, #"{"tools":[]}"#)
    #expect(talk.effects.isEmpty)
  }

  @Test func `resources, prompts and completions are asked for as each version has it`() throws {
    var talk = Conversation(open: .v20251125)
    let read = talk.begin(.readResource(uri: "peer://note"))
    let prompt = talk.begin(.getPrompt(name: "review", arguments: ["code": "x"]))
    let query = CompletionQuery(.resource(uri: "a://{b}"), argument: "b", value: "c", known: ["d": "e"])
    let complete = talk.begin(.complete(query))
    let sent = talk.takeSent()
    #expect(sent[0]["params"] == ["uri": "peer://note"])
    #expect(sent[1]["params"] == ["name": "review", "arguments": ["code": "x"]])
    #expect(
      sent[2]["params"] == [
        "ref": ["type": "ref/resource", "uri": "a://{b}"], "argument": ["name": "b", "value": "c"],
        "context": ["arguments": ["d": "e"]],
      ]
    )
    talk.result(2, #"{"contents":[{"uri":"peer://note","text":"hello"},{"uri":"x:y","blob":"AA==","mimeType":"a/b"}]}"#)
    talk.result(3, #"{"description":"d","messages":[{"role":"user","content":{"type":"text","text":"hi"}}]}"#)
    talk.result(4, #"{"completion":{"values":["a","b"],"total":7,"hasMore":true}}"#)
    guard case .resource(let answer)? = talk.reply(read) else { return #expect(Bool(false)) }
    #expect(answer.contents.map(\.body) == [.text("hello"), .blob("AA==")])
    #expect(
      talk.reply(prompt)
        == .prompt(PromptAnswer(description: "d", messages: [.init(role: "user", content: .text("hi"))]))
    )
    #expect(talk.reply(complete) == .completion(Completion(["a", "b"], total: 7, hasMore: true)))
    var old = Conversation(open: .v20250326)
    _ = old.begin(.complete(query))
    #expect(old.takeSent()[0]["params"]?["context"] == nil)
  }

  @Test func `a server is asked whether it is there as its era has it`() {
    var talk = Conversation(open: .v20251125)
    let call = talk.begin(.ping)
    #expect(talk.takeSent()[0]["method"] == "ping")
    talk.result(2, "{}")
    #expect(talk.reply(call) == .done)
    var modern = Conversation(open: .v20260728)
    _ = modern.begin(.ping)
    #expect(modern.takeSent()[0]["method"] == "server/discover")
    let level = modern.begin(.setLogLevel(.error))
    #expect(modern.reply(level) == .done && modern.takeSent().isEmpty)
  }

  @Test func `log lines are told from the level on that was asked for`() {
    var talk = Conversation(open: .v20251125) { $0.logLevel = .warning }
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    for level in ["debug", "warning", "emergency", "loud"] {
      talk.say(
        #"{"jsonrpc":"2.0","method":"notifications/message","params":{"level":"\#(level)","logger":"l","data":{"a":1}}}"#
      )
    }
    let told = talk.effects.compactMap { if case .log(let log) = $0 { log } else { nil } }
    #expect(told.map(\.level) == [.warning, .emergency] && told[0].call == call && told[0].data == ["a": 1])
  }

  @Test func `a lost session is opened anew, and what it did not take is sent again, once`() {
    var talk = Conversation(open: .v20251125, .http)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    _ = talk.takeSent()
    talk.fail(2, .sessionLost)
    #expect(talk.answers(call).isEmpty)
    let opens = talk.effects.contains { if case .send(let message) = $0 { message.opensSession } else { false } }
    #expect(opens && talk.takeSent()[0]["method"] == "initialize")
    talk.result(3, #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}"#)
    #expect(talk.takeSent().map { $0["method"] } == ["notifications/initialized", "tools/call"])
    talk.fail(4, .sessionLost)
    #expect(talk.failure(call)?.code == .transport(.sessionLost))
  }

  @Test func `of two calls that a lost session failed, the later one finds it open again`() {
    var talk = Conversation(open: .v20251125, .http)
    _ = talk.begin(.callTool(name: "a", arguments: [:]))
    _ = talk.begin(.callTool(name: "b", arguments: [:]))
    talk.fail(2, .sessionLost)
    talk.effects = []
    talk.result(4, #"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}"#)
    talk.effects = []
    talk.fail(3, .sessionLost)
    let sent = talk.takeSent()
    #expect(sent.map { $0["method"] } == ["tools/call"] && sent[0]["params"]?["name"] == "b")
  }

  @Test(arguments: [TransportFailure.Kind.unauthorized, .forbidden, .connectionLost, .tooLarge, .redirected])
  func `a request that fails over HTTP fails alone, with its own name`(kind: TransportFailure.Kind) {
    var talk = Conversation(open: .v20260728, .http)
    let bad = talk.begin(.listTools)
    let good = talk.begin(.listPrompts)
    talk.fail(2, kind)
    #expect(talk.failure(bad)?.code == .transport(kind) && talk.failed == nil)
    talk.result(3, #"{"prompts":[]}"#)
    #expect(talk.reply(good) == .prompts(Listing()))
  }
}
