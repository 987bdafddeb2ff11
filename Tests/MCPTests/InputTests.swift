import JSON
import MCP
import Testing

struct InputTests {
  private static let form =
    #"{"method":"elicitation/create","params":{"mode":"form","message":"Who?","requestedSchema":{"type":"object","properties":{"name":{"type":"string"}}}}}"#
  private static let sampling =
    #"{"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"2+2?"}}],"maxTokens":10,"modelPreferences":{"hints":[{"name":"small"}]}}}"#

  private static func able(_ settings: inout ClientSettings) {
    settings.capabilities = ClientCapabilities(roots: true, sampling: true, elicitation: true)
  }

  // MARK: Modern

  @Test func `a modern server's questions are answered with the call, sent again under a new id`() throws {
    var talk = Conversation(open: .v20260728, change: Self.able)
    let call = talk.begin(.callTool(name: "login", arguments: ["a": 1]), CallOptions(timeoutMS: 100))
    _ = talk.takeSent()
    talk.result(
      2,
      #"{"resultType":"input_required","inputRequests":{"who":\#(Self.form),"sum":\#(Self.sampling),"where":{"method":"roots/list"}},"requestState":"opaque é"}"#
    )
    let asked = talk.questions
    #expect(asked.map(\.question.method) == ["elicitation/create", "sampling/createMessage", "roots/list"])
    #expect(asked.allSatisfy { $0.call == call })
    // The server is not the one who is waited for.
    talk.wait(10_000)
    #expect(talk.answers(call).isEmpty && talk.session.wakeAt == nil)
    talk.answer(asked[1].id, .sampled(SamplingAnswer(content: .text("4"), model: "m", stopReason: "endTurn")))
    talk.answer(asked[2].id, .roots([Root(uri: "file:///w", name: "w")]))
    #expect(talk.takeSent().isEmpty)
    talk.answer(asked[0].id, .elicited(.accept(["name": "octo"])))
    let again = try #require(talk.takeSent().first)
    #expect(again["id"] == 3 && again["method"] == "tools/call" && again["params"]?["arguments"] == ["a": 1])
    #expect(again["params"]?["requestState"] == "opaque é")
    #expect(
      again["params"]?["inputResponses"] == [
        "who": ["action": "accept", "content": ["name": "octo"]],
        "sum": ["role": "assistant", "content": ["type": "text", "text": "4"], "model": "m", "stopReason": "endTurn"],
        "where": ["roots": [["uri": "file:///w", "name": "w"]]],
      ]
    )
    #expect(talk.session.wakeAt == 10_100)
    talk.result(3, #"{"content":[],"resultType":"complete"}"#)
    #expect(talk.reply(call) == .tool(ToolAnswer([])))
  }

  @Test func `a state alone is sent back at once, and neither is kept for the next round`() throws {
    var talk = Conversation(open: .v20260728, change: Self.able)
    _ = talk.begin(.readResource(uri: "a:b"))
    _ = talk.takeSent()
    talk.result(2, #"{"resultType":"input_required","requestState":"s1"}"#)
    var sent = talk.takeSent()[0]
    #expect(sent["params"]?["requestState"] == "s1" && sent["params"]?["inputResponses"] == nil)
    talk.result(3, #"{"resultType":"input_required","inputRequests":{"r":{"method":"roots/list"}}}"#)
    talk.answer(talk.questions[0].id, .roots([]))
    sent = talk.takeSent()[0]
    #expect(sent["params"]?["requestState"] == nil && sent["params"]?["inputResponses"] == ["r": ["roots": []]])
  }

  @Test func `a call is not asked for input without end`() {
    var talk = Conversation(open: .v20260728, change: Self.able)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    for id in 2..<100 where talk.answers(call).isEmpty {
      talk.result(Int64(id), #"{"resultType":"input_required","requestState":"again"}"#)
    }
    #expect(talk.failure(call)?.code == .tooMuchInput)
    #expect(talk.takeSent().count == 9)
  }

  @Test(arguments: [
    (#"{}"#, ClientFailure.Code.badAnswer), (#"{"inputRequests":{}}"#, .badAnswer),
    (#"{"inputRequests":{"a":5}}"#, .badAnswer), (#"{"inputRequests":{"a":{"method":"tools/call"}}}"#, .badAnswer),
    (#"{"inputRequests":{"a":{"method":"elicitation/create","params":{}}}}"#, .badAnswer),
    (
      #"{"inputRequests":{"a":{"method":"elicitation/create","params":{"mode":"url","message":"m","url":"https://x"}}}}"#,
      .inputRefused
    ),
    (
      #"{"inputRequests":{"a":{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":0}}}}"#, .badAnswer
    ),
    (
      #"{"inputRequests":{"a":{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1,"tools":[{}]}}}}"#,
      .inputRefused
    ),
  ])
  func `what cannot be asked fails the call`(body: String, code: ClientFailure.Code) throws {
    var talk = Conversation(open: .v20260728, change: Self.able)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    var result = try #require(try json(body).objectValue)
    result["resultType"] = "input_required"
    talk.result(2, JSON.object(result).description)
    #expect(talk.failure(call)?.code == code, "\(talk.effects)")
    #expect(talk.questions.isEmpty)
  }

  @Test func `a server that was told that we cannot is not answered`() {
    var talk = Conversation(open: .v20260728)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    talk.result(2, #"{"resultType":"input_required","inputRequests":{"who":\#(Self.form)}}"#)
    #expect(talk.failure(call)?.code == .inputRefused && talk.questions.isEmpty)
  }

  @Test func `lists may not ask`() {
    var talk = Conversation(open: .v20260728, change: Self.able)
    let call = talk.begin(.listTools)
    talk.result(2, #"{"resultType":"input_required","requestState":"s"}"#)
    #expect(talk.failure(call)?.code == .badAnswer)
  }

  @Test func `a form that is not filled in is declined, a model that is not asked ends the call`() {
    var talk = Conversation(open: .v20260728, change: Self.able)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    talk.result(2, #"{"resultType":"input_required","inputRequests":{"who":\#(Self.form)}}"#)
    let form = talk.questions[0].id
    talk.effects = []
    talk.answer(form, .refused("nobody is there"))
    #expect(talk.takeSent()[0]["params"]?["inputResponses"] == ["who": ["action": "decline"]])
    talk.result(3, #"{"resultType":"input_required","inputRequests":{"s":\#(Self.sampling),"who":\#(Self.form)}}"#)
    let asked = talk.questions
    talk.effects = []
    talk.answer(asked[0].id, .refused("not allowed"))
    #expect(talk.failure(call)?.code == .inputRefused && talk.effects.contains(.withdrawn(asked[1].id)))
    talk.effects = []
    talk.answer(asked[1].id, .elicited(.decline))
    #expect(talk.effects.isEmpty)
  }

  @Test func `questions are bounded over all calls`() {
    var talk = Conversation(open: .v20260728) {
      Self.able(&$0)
      $0.limits.questions = 3
    }
    let first = talk.begin(.callTool(name: "a", arguments: [:]))
    let second = talk.begin(.callTool(name: "a", arguments: [:]))
    let two = #"{"a":{"method":"roots/list"},"b":{"method":"roots/list"}}"#
    talk.result(2, #"{"resultType":"input_required","inputRequests":\#(two)}"#)
    talk.result(3, #"{"resultType":"input_required","inputRequests":\#(two)}"#)
    #expect(talk.answers(first).isEmpty && talk.failure(second)?.code == .tooMuchInput)
  }

  @Test func `a modern server that makes requests of its own is not answered`() {
    var talk = Conversation(open: .v20260728, change: Self.able)
    talk.say(#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#)
    talk.say(#"{"jsonrpc":"2.0","id":2,"method":"ping"}"#)
    #expect(talk.effects.isEmpty && talk.session.counters.strays == 2)
  }

  // MARK: Legacy

  @Test func `a legacy server's requests are answered under its ids`() {
    var talk = Conversation(open: .v20251125, change: Self.able)
    let call = talk.begin(.callTool(name: "a", arguments: [:]), CallOptions(timeoutMS: 100))
    _ = talk.takeSent()
    talk.say(#"{"jsonrpc":"2.0","id":"p","method":"ping"}"#)
    #expect(talk.takeSent() == [["jsonrpc": "2.0", "id": "p", "result": [:]]])
    let form = Self.form.dropFirst()
    talk.say(#"{"jsonrpc":"2.0","id":2,"# + form)
    let asked = talk.questions
    #expect(asked.count == 1 && asked.first?.call == call)
    talk.wait(5000)
    #expect(talk.answers(call).isEmpty)
    talk.effects = []
    talk.answer(asked[0].id, .elicited(.accept(["name": "x"])))
    #expect(
      talk.takeSent() == [["jsonrpc": "2.0", "id": 2, "result": ["action": "accept", "content": ["name": "x"]]]]
    )
    #expect(talk.session.wakeAt == 5100)
    talk.wait(100)
    #expect(talk.failure(call)?.code == .timedOut)
  }

  @Test func `what a legacy server may not ask is refused as the protocol has it`() {
    var talk = Conversation(open: .v20251125)
    for method in ["roots/list", "tools/call", "nonsense", "tasks/list"] {
      talk.say(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)"}"#)
      #expect(talk.takeSent()[0]["error"]?["code"] == -32601, "\(method)")
    }
    var able = Conversation(open: .v20251125, change: Self.able)
    able.say(#"{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":5}}"#)
    #expect(able.takeSent()[0]["error"]?["code"] == -32602)
    able.say(#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#)
    #expect(able.questions.count == 1)
    able.effects = []
    able.say(#"{"jsonrpc":"2.0","id":1,"method":"roots/list"}"#)
    #expect(able.takeSent()[0]["error"]?["code"] == -32600)
    for id in 2..<40 { able.say(#"{"jsonrpc":"2.0","id":\#(id),"method":"roots/list"}"#) }
    #expect(able.questions.count == 15)
    #expect(able.takeSent().last?["error"]?["code"] == -32603)
  }

  @Test func `a question that is withdrawn is answered no more`() {
    var talk = Conversation(open: .v20251125, change: Self.able)
    talk.say(#"{"jsonrpc":"2.0","id":7,"method":"roots/list"}"#)
    let question = talk.questions[0].id
    talk.say(#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7}}"#)
    #expect(talk.effects.last == .withdrawn(question))
    talk.effects = []
    talk.answer(question, .roots([]))
    #expect(talk.effects.isEmpty)
  }

  @Test func `the questions of a call that is given up are taken back`() {
    var talk = Conversation(open: .v20251125, change: Self.able)
    let call = talk.begin(.callTool(name: "a", arguments: [:]))
    let form = Self.form.dropFirst()
    talk.say(#"{"jsonrpc":"2.0","id":70,"# + form)
    let question = talk.questions[0].id
    talk.effects = talk.session.cancel(call, now: 0)
    #expect(talk.effects.contains(.withdrawn(question)))
    let sent = talk.takeSent()
    #expect(sent[0] == ["jsonrpc": "2.0", "id": 70, "result": ["action": "cancel"]])
    #expect(sent[1]["method"] == "notifications/cancelled")
  }

  @Test func `a question is of the call on whose answer it came, or of the only one there is`() {
    var talk = Conversation(open: .v20251125, change: Self.able)
    _ = talk.begin(.callTool(name: "a", arguments: [:]))
    _ = talk.begin(.callTool(name: "b", arguments: [:]))
    talk.say(#"{"jsonrpc":"2.0","id":7,"method":"roots/list"}"#)
    #expect(talk.questions[0].call == nil)
    var http = Conversation(open: .v20251125, .http, change: Self.able)
    _ = http.begin(.callTool(name: "a", arguments: [:]))
    let second = http.begin(.callTool(name: "b", arguments: [:]))
    http.say(#"{"jsonrpc":"2.0","id":7,"method":"roots/list"}"#, on: 3)
    #expect(http.questions[0].call == second)
  }
}
