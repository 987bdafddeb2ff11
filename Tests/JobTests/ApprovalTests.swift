import Engine
import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What waits for a person: through restarts, races and edits, and never for anything but what was asked.
@Suite struct ApprovalTests {
  static func policy(_ text: String) throws -> Policy {
    try Policy(reading: try JSON(parsing: text), environment: nil)
  }

  /// Asks before each `act`, about the resolved input.
  static func asking(_ more: String = "") throws -> Policy {
    try policy(
      #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"it acts"}]"#
        + more + "}"
    )
  }

  static func caller(_ uid: Int64) -> JSON {
    ["uid": .integer(uid), "user": .string("u\(uid)"), "pid": 1, "program": "x"]
  }

  @Test func `what a crash left waiting in a job that has ended is withdrawn at the next start`() throws {
    let first = try JobBench(keepsFolder: true, policy: try Self.asking())
    try first.start(first.worker())
    let job = try first.run(#"{"id":"a","tool":"echo"}"#)
    #expect(job.job.state == "succeeded")
    let number = first.coordinator.journal.takeSeq()
    let record = ApprovalRecord(
      number: number,
      job: 1,
      step: 0,
      kind: .step,
      hash: "h",
      what: "{}",
      createdAt: 1,
      deadlineAt: 2
    )
    first.coordinator.journal.commit([.putApproval(record)])
    try first.until("it is written") { first.coordinator.journal.backlog == 0 }
    try first.end()
    let second = try JobBench(folder: first.folder, policy: try Self.asking())
    try second.start(second.worker())
    try second.recover()
    try second.until("it is withdrawn") { second.coordinator.journal.backlog == 0 }
    #expect(try second.read { try $0.approval(number)?.state } == .withdrawn)
    try second.end()
  }

  @Test func `a step waits, runs once when it was approved, and both are on disk`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(
      #"{"id":"a","tool":"echo","input":{"n":1}},{"id":"b","tool":"act","input":{"v":"step:a#/n"}}"#
    )
    let asked = try bench.asked()
    #expect(asked.tool == "act" && asked.input == ["v": 1] && asked.step == "b" && asked.rules.map(\.name) == ["acts"])
    #expect(try bench.show(job).job.reason?["name"] == "approval_required")
    #expect(bench.lines().count == 1, "nothing has acted")
    let answered = try bench.decide(asked, .approve).get()
    #expect(answered.state == "approved" && answered.decidedBy?["uid"] == 4_000)
    let shown = try bench.finish(job)
    #expect(shown.job.state == "succeeded" && bench.lines().count { $0.hasPrefix("act") } == 1)
    #expect(try bench.decide(asked, .approve).failureName == .conflict, "once is once")
    try bench.end()
  }

  @Test func `a denial says who and why, and nothing runs`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    _ = try bench.decide(try bench.asked(), .deny) { $0.reason = "not today" }.get()
    let shown = try bench.finish(job)
    #expect(shown.job.state == "failed" && shown.job.reason?["name"] == "approval_denied")
    #expect(shown.job.reason?["message"]?.stringValue?.contains("not today") == true)
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `an approval survives the coordinator, and what was done is not done again`() throws {
    let first = try JobBench(keepsFolder: true, policy: try Self.asking())
    try first.start(first.worker())
    let job = try first.submit(
      #"{"id":"a","tool":"echo","input":{"n":1}},{"id":"b","tool":"act","input":{"v":"step:a#/n"}}"#
    )
    let asked = try first.asked()
    try first.end()
    let second = try JobBench(folder: first.folder, keepsFolder: true, policy: try Self.asking())
    try second.start(second.worker())
    try second.recover()
    let again = try second.asked()
    #expect(again.id == asked.id && again.hash == asked.hash && again.input == asked.input)
    #expect(second.lines().isEmpty)
    _ = try second.decide(again, .approve).get()
    #expect(try second.finish(job).job.state == "succeeded")
    #expect(second.lines().count == 1, "only what waited ran")
    try second.end()
    let third = try JobBench(folder: first.folder, policy: try Self.asking())
    try third.recover()
    #expect(try third.list(all: true).map(\.state) == ["approved"])
    try third.end()
  }

  @Test func `what runs is what was approved, byte for byte, whoever changes the plan's world meanwhile`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{"amount":10.50}}"#)
    let asked = try bench.asked()
    #expect(try bench.decide(asked, .approve) { $0.hash = String(repeating: "0", count: 64) }.failureName == .conflict)
    let edited = try bench.decide(asked, .approve) { $0.input = ["amount": 9.00] }.get()
    #expect(edited.editedInput?.description == #"{"amount":9.0}"# || edited.editedInput == ["amount": 9.00])
    let shown = try bench.finish(job)
    #expect(shown.steps[0].input == ["amount": 9.00] && shown.steps[0].output == ["amount": 9.00])
    #expect(try bench.decide(asked, .approve) { $0.input = ["amount": 1_000_000] }.failureName == .conflict)
    try bench.end()
  }

  @Test func `an edit that a rule blocks or the tool refuses is no approval`() throws {
    let bench = try JobBench(
      policy: try Self.policy(
        #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m"},"#
          + #"{"name":"never","effect":"block","when":{"value":"input","contains":"forbidden"},"message":"no"}]}"#
      )
    )
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{"x":"fine"}}"#)
    let asked = try bench.asked()
    #expect(try bench.decide(asked, .approve) { $0.input = ["x": "forbidden"] }.failureName == .blocked)
    #expect(try bench.decide(asked, .approve) { $0.input = "no object" }.failureName == .invalidInput)
    #expect(try bench.state(job) == "waiting")
    _ = try bench.decide(asked, .deny).get()
    try bench.finish(job)
    try bench.end()
  }

  @Test func `an edited input is held to the policy of the day on which it runs`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{"x":"first"}}"#)
    let asked = try bench.asked()
    _ = try bench.ask { bench.jobs.pause(JobPause(job: job), by: .owner, answer: $0) }.get()
    _ = try bench.decide(asked, .approve) { $0.input = ["x": "second"] }.get()
    let never =
      #"{"guardrails":[{"name":"never","effect":"block","at":["invocation"],"when":{"value":"input.x","equals":"second"},"message":"no"},"#
      + #"{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m"}]}"#
    bench.coordinator.take(try Self.policy(never), file: nil)
    _ = try bench.ask { bench.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    #expect(try bench.finish(job).job.reason?["name"] == "blocked")
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `an approval of one step is good for no other, and for no other generation`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(
      #"{"id":"a","tool":"act","input":{"n":1}},{"id":"b","tool":"act","input":{"n":1},"depends_on":["a"]},{"id":"c","tool":"fail","depends_on":["b"]}"#
    )
    _ = try bench.decide(try bench.asked(), .approve).get()
    let second = try bench.asked()
    #expect(second.step == "b", "the same input of another step is asked for itself")
    _ = try bench.decide(second, .approve).get()
    #expect(try bench.finish(job).job.state == "failed")
    _ = try bench.ask { bench.jobs.retry(JobRetry(job: job, from: "b"), by: .owner, answer: $0) }.get()
    let third = try bench.asked()
    #expect(third.step == "b" && third.hash != second.hash, "what was approved was one run of it")
    _ = try bench.decide(third, .deny).get()
    try bench.finish(job)
    try bench.end()
  }

  @Test func `of two who decide at once one is told that the other was faster`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    let asked = try bench.asked()
    var answers: [Result<ApprovalsDecide.Response, WireError>] = []
    for decision in [ApprovalsDecide.Decision.deny, .approve] {
      bench.jobs.decide(ApprovalsDecide(asked.id, decision, hash: asked.hash), by: .owner, as: Self.caller(4_000)) {
        answers.append($0)
      }
    }
    try bench.until("both are answered") { answers.count == 2 }
    #expect(answers.count { if case .success = $0 { true } else { false } } == 1)
    #expect(try bench.finish(job).job.state == "failed")
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `with four eyes nobody approves what they asked for`() throws {
    let policy = try Self.asking(#","four_eyes":true"#)
    let bench = try JobBench(policy: policy)
    try bench.start(bench.worker())
    let job = try bench.ask {
      bench.jobs.submit(
        JobSubmit(.plan(try! bench.plan(#"{"id":"b","tool":"act","input":{}}"#))),
        caller: Self.caller(4_001),
        answer: $0
      )
    }.get().job.id
    let asked = try bench.asked()
    let asker = Caller(uid: 4_001, user: "u4001", role: .approver)
    #expect(try bench.decide(asked, .approve, by: asker).failureName == .forbidden)
    let other = Caller(uid: 4_002, user: "u4002", role: .approver)
    _ = try bench.decide(asked, .approve, by: other).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `only whom a rule names decides`() throws {
    let bench = try JobBench(
      policy: try Self.policy(
        #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m","approver":"user:u4002"}]}"#
      )
    )
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    let asked = try bench.asked()
    #expect(asked.approver == "user:u4002")
    #expect(
      try bench.decide(asked, .approve, by: Caller(uid: 4_003, user: "u4003", role: .approver)).failureName
        == .forbidden
    )
    _ = try bench.decide(asked, .approve, by: Caller(uid: 4_002, user: "u4002", role: .approver)).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `what nobody decides in time goes to somebody else once, then counts as denied`() throws {
    let bench = try JobBench(
      policy: try Self.policy(
        #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m","approver":"user:a","timeout":"1s","on_timeout":"escalate","escalate_to":"user:b"}]}"#
      )
    )
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    let number = try #require(Approvals.number(try bench.asked().id))
    let approvals = bench.coordinator.judge.approvals
    try bench.until("it is escalated") { approvals.pending(number).flatMap { Approval($0) }?.approver == "user:b" }
    let shown = try bench.finish(job)
    #expect(shown.job.reason?["name"] == "approval_denied")
    #expect(try bench.list(all: true).map(\.state) == ["expired"])
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `one approval is good for the other items where the approver says what may differ`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(
      #"{"id":"a","tool":"act","for_each":{"in":["x","y","z"],"concurrency":1},"input":{"file":"item:value","mode":"0644"}},"#
        + #"{"id":"b","tool":"act","input":{"file":"x","mode":"0777"},"depends_on":["a"]}"#
    )
    _ = try bench.decide(try bench.asked(), .approve) { $0.always = ["/file"] }.get()
    let other = try bench.asked()
    #expect(other.step == "b" && bench.lines().count == 3)
    _ = try bench.decide(other, .deny).get()
    try bench.finish(job)
    try bench.end()
  }

  @Test func `a client's own call waits as a step does`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    var result: Result<ToolResult, WireError>?
    let call = bench.coordinator.calls.call(ToolCall(tool: "act", input: ["n": 1]), caller: Self.caller(4_001)) {
      result = $0
    }
    #expect(call != nil)
    let asked = try bench.asked()
    #expect(asked.kind == "call" && asked.tool == "act")
    #expect(try bench.state(asked.job) == "waiting")
    _ = try bench.decide(asked, .approve) { $0.input = ["n": 2] }.get()
    try bench.until("it is answered") { result != nil }
    #expect(try result?.get().output == ["n": 2])
    #expect(try bench.state(asked.job) == "succeeded")
    try bench.end()
  }

  @Test func `a call that its client gives up waits for nobody`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    var result: Result<ToolResult, WireError>?
    let call = bench.coordinator.calls.call(ToolCall(tool: "act", input: ["n": 1]), caller: Self.caller(4_001)) {
      result = $0
    }
    let asked = try bench.asked()
    call?.cancel(.caller)
    try bench.until("it is answered") { result != nil }
    #expect(result?.failureName == .cancelled)
    #expect(try bench.decide(asked, .approve).failureName == .conflict)
    #expect(try bench.list(all: true).map(\.state) == ["withdrawn"])
    try bench.end()
  }

  @Test func `a cancelled job withdraws what it asked`() throws {
    let bench = try JobBench(policy: try Self.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    _ = try bench.asked()
    _ = try bench.ask { bench.jobs.cancel(JobCancel(job: job), by: .owner, answer: $0) }.get()
    try bench.finish(job)
    try bench.until("it is withdrawn") {
      bench.coordinator.judge.approvals.pendingCount == 0 && bench.coordinator.journal.backlog == 0
    }
    #expect(try bench.list(all: true).map(\.state) == ["withdrawn"])
    try bench.end()
  }
}

extension Result where Failure == WireError {
  var failure: WireError? { if case .failure(let error) = self { error } else { nil } }
  var failureName: WireError.Name? { if case .failure(let error) = self { error.name } else { nil } }
}

extension JobBench {
  func list(all: Bool = false) throws -> [Approval] {
    try ask { jobs.list(ApprovalsList(all: all), answer: $0) }.get().approvals
  }

  /// The one that waits.
  func asked(at location: SourceLocation = #_sourceLocation) throws -> Approval {
    try until("somebody is asked", at: location) {
      self.coordinator.judge.approvals.pendingCount > 0 && self.coordinator.journal.backlog == 0
    }
    let waiting = try list()
    #expect(waiting.count == 1, sourceLocation: location)
    return try #require(waiting.first, sourceLocation: location)
  }

  func decide(
    _ approval: Approval,
    _ decision: ApprovalsDecide.Decision,
    by caller: Caller = .owner,
    _ change: (inout ApprovalsDecide) -> Void = { _ in }
  ) throws -> Result<Approval, WireError> {
    var message = ApprovalsDecide(approval.id, decision, hash: approval.hash)
    change(&message)
    return try ask { answer in
      jobs.decide(message, by: caller, as: ApprovalTests.caller(4_000)) { answer($0.map(\.approval)) }
    }
  }
}
