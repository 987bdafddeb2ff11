import Engine
import JSON
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Tools of which every call waits for a person, without any policy.
@Suite struct `Tools that ask a person` {
  private func bench(policy: Policy = .none) throws -> JobBench {
    let bench = try JobBench(policy: policy)
    let ask: JSON = ["name": "ask", "needs_approval": true]
    let question: JSON = ["name": "ask_person", "needs_approval": true]
    try bench.start(
      bench.worker("asks", script: "changes-tools", settings: ["offers": [[ask, question], [question]]]),
      bench.worker("nests", script: "nests")
    )
    return bench
  }

  private func begin(_ bench: JobBench, _ tool: String, _ input: JSON) -> Pending {
    let pending = Pending()
    pending.call = bench.coordinator.calls.call(ToolCall(tool: tool, input: input), caller: [:]) { pending.result = $0 }
    return pending
  }

  private final class Pending {
    var call: PendingCall?
    var result: Result<ToolResult, WireError>?
  }

  @Test func `a client's call waits, and runs with what was put in its place`() throws {
    let bench = try bench()
    let call = begin(bench, "ask", ["n": 1])
    let asked = try bench.asked()
    #expect(asked.rules.map(\.name) == ["needs_approval"] && asked.tool == "ask" && asked.kind == "call")
    #expect(bench.lines("asks").isEmpty)
    #expect(try bench.decide(asked, .approve) { $0.always = [] }.failureName == .invalidParams)
    _ = try bench.decide(asked, .approve) { $0.input = ["n": 2] }.get()
    try bench.until("it is answered") { call.result != nil }
    #expect(try call.result?.get().output == ["n": 2])
    try bench.end()
  }

  @Test func `a call that a worker makes waits, and a denial reaches it`() throws {
    let bench = try bench()
    let call = begin(bench, "nests", ["calls": [["tool": "ask", "input": ["n": 1]]]])
    let asked = try bench.asked()
    _ = try bench.decide(asked, .deny) { $0.reason = "nobody needs to know" }.get()
    try bench.until("it is answered") { call.result != nil }
    let told = try #require(try call.result?.get().output[0])
    #expect(told["error"] == "approval_denied" && told["message"]?.stringValue?.contains("nobody needs") == true)
    #expect(bench.lines("asks").isEmpty)
    try bench.end()
  }

  @Test func `an approved plan has each of its questions asked all the same`() throws {
    let policy = try ApprovalTests.policy(
      #"{"guardrails":[{"name":"plans","effect":"require_approval","at":["plan","invocation"],"when":{"value":"tool","equals":"ask"},"message":"m"}]}"#
    )
    let bench = try bench(policy: policy)
    let job = try bench.submit(#"{"id":"a","tool":"ask","input":{"n":1}},{"id":"b","tool":"ask","depends_on":["a"]}"#)
    let plan = try bench.asked()
    #expect(plan.kind == "plan")
    _ = try bench.decide(plan, .approve).get()
    for step in ["a", "b"] {
      let asked = try bench.asked()
      #expect(asked.step == step && asked.rules.map(\.name).contains("needs_approval"))
      _ = try bench.decide(asked, .approve).get()
    }
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `what was approved is not made of a tool that is gone meanwhile`() throws {
    let bench = try bench()
    let call = begin(bench, "ask", [:])
    let asked = try bench.asked()
    _ = try bench.call("next").get()
    _ = try bench.decide(asked, .approve).get()
    try bench.until("it is answered") { call.result != nil }
    #expect(call.result?.failureName == .unknownTool)
    #expect(bench.lines("asks").isEmpty)
    try bench.end()
  }

  @Test func `a question is approved with an answer of its form, or not at all`() throws {
    let bench = try bench()
    let input: JSON = [
      "message": "Which account?",
      "schema": [
        "type": "object", "properties": ["account": ["enum": ["travel", "office"]]], "required": ["account"],
      ],
    ]
    let call = begin(bench, "ask_person", input)
    let asked = try bench.asked()
    #expect(try bench.decide(asked, .approve).failureName == .invalidInput)
    var object = try #require(input.objectValue)
    object["answer"] = ["account": "home"]
    let wrong = try bench.decide(asked, .approve) { $0.input = .object(object) }
    guard case .failure(let error) = wrong else { return #expect(Bool(false), "a wrong answer was taken") }
    #expect(error.name == .invalidInput && error.data["violations"]?[0]?["path"] == "/answer/account")
    object["answer"] = ["account": "travel"]
    _ = try bench.decide(asked, .approve) { $0.input = .object(object) }.get()
    try bench.until("it is answered") { call.result != nil }
    #expect(try call.result?.get().output["answer"] == ["account": "travel"])
    try bench.end()
  }

  @Test func `a form that cannot be read is refused whatever is answered`() throws {
    let bench = try bench()
    _ = begin(bench, "ask_person", ["message": "?", "schema": ["type": "nothing"]])
    let asked = try bench.asked()
    let tried = try bench.decide(asked, .approve) {
      $0.input = ["message": "?", "schema": ["type": "nothing"], "answer": 1]
    }
    #expect(tried.failureName == .invalidInput)
    _ = try bench.decide(asked, .deny).get()
    try bench.end()
  }
}
