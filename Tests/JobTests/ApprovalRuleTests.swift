import Engine
import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Whose word counts: with several rules, after an edit, under another policy, and of those who had a hand in the job.
@Suite struct ApprovalRuleTests {
  private static let ann = Caller(uid: 4_002, user: "u4002", role: .approver)
  private static let bob = Caller(uid: 4_003, user: "u4003", role: .approver)
  private static let admin = Caller(uid: 4_005, user: "u4005", role: .admin)

  private static func rule(_ name: String, _ approver: String, when: String = #"{"value":"tool","equals":"act"}"#)
    -> String
  {
    #"{"name":"\#(name)","effect":"require_approval","at":["invocation"],"when":\#(when),"message":"m","approver":"\#(approver)"}"#
  }

  private static func policy(_ rules: String..., more: String = "") throws -> Policy {
    try ApprovalTests.policy(#"{"guardrails":[\#(rules.joined(separator: ","))]\#(more)}"#)
  }

  private static let large = rule("large", "role:admin", when: #"{"value":"input.amount","gt":100}"#)

  private static func bench(_ policy: Policy, _ amount: Int = 1) throws -> (JobBench, job: String) {
    let bench = try JobBench(policy: policy)
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{"amount":\#(amount)}}"#)
    return (bench, job)
  }

  @Test func `where several rules ask, whoever decides is one whom each of them names`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("small", "user:u4002"), Self.large), 1_000)
    let asked = try bench.asked()
    #expect(asked.rules.map(\.approver) == ["user:u4002", "role:admin"])
    #expect(asked.approver == nil && asked.approvers == ["user:u4002", "role:admin"])
    guard case .failure(let error) = try bench.decide(asked, .approve, by: Self.ann) else {
      Issue.record("the weaker rule's approver was enough")
      return
    }
    #expect(error.name == .forbidden && error.data["approver"] == "role:admin")
    _ = try bench.decide(asked, .approve, by: Self.admin).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `one who is all of them is enough`() throws {
    let policy = try Self.policy(Self.rule("a", "role:approver"), Self.rule("b", "user:u4002"))
    let (bench, job) = try Self.bench(policy)
    let asked = try bench.asked()
    #expect(try bench.decide(asked, .approve, by: Self.bob).failureName == .forbidden)
    _ = try bench.decide(asked, .approve, by: Self.ann).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `nobody edits an input into one that is somebody else's to approve`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("small", "user:u4002"), Self.large))
    let asked = try bench.asked()
    #expect(asked.rules.map(\.name) == ["small"])
    let refused = try bench.decide(asked, .approve, by: Self.ann) { $0.input = ["amount": 1_000] }
    #expect(refused.failureName == .forbidden)
    let edited = try bench.decide(asked, .approve, by: Self.admin) { $0.input = ["amount": 1_000] }.get()
    #expect(edited.rules.map(\.name) == ["small", "large"], "what was agreed to is written down")
    #expect(try bench.finish(job).steps[0].input == ["amount": 1_000])
    try bench.end()
  }

  @Test func `what waits is for those whom today's policy names`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("acts", "user:u4002")))
    let first = try bench.asked()
    bench.coordinator.take(try Self.policy(Self.rule("acts", "user:u4003")), file: nil)
    let second = try bench.asked()
    #expect(second.id != first.id && second.approvers == ["user:u4003"])
    #expect(try bench.decide(first, .approve, by: Self.ann).failureName == .conflict)
    #expect(try bench.decide(second, .approve, by: Self.ann).failureName == .forbidden)
    // Nothing that matters to whoever decides: it goes on waiting as it is.
    bench.coordinator.take(try Self.policy(Self.rule("acts", "user:u4003"), Self.large), file: nil)
    #expect(try bench.asked().id == second.id)
    _ = try bench.decide(second, .approve, by: Self.bob).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `a yes of the approver of before is none to a stricter rule`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("acts", "user:u4002")))
    let first = try bench.asked()
    _ = try bench.ask { bench.jobs.pause(JobPause(job: job), by: .owner, answer: $0) }.get()
    _ = try bench.decide(first, .approve, by: Self.ann).get()
    bench.coordinator.take(try Self.policy(Self.rule("acts", "role:admin")), file: nil)
    _ = try bench.ask { bench.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    let second = try bench.asked()
    #expect(second.id != first.id && bench.lines().isEmpty)
    _ = try bench.decide(second, .approve, by: Self.admin).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `an edited input runs though nobody asks any more`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("acts", "user:u4002")))
    let asked = try bench.asked()
    _ = try bench.ask { bench.jobs.pause(JobPause(job: job), by: .owner, answer: $0) }.get()
    _ = try bench.decide(asked, .approve, by: Self.ann) { $0.input = ["amount": 2] }.get()
    bench.coordinator.take(.none, file: nil)
    _ = try bench.ask { bench.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    #expect(try bench.finish(job).steps[0].input == ["amount": 2])
    try bench.end()
  }

  @Test func `an edited input that another rule asks about by now is asked about again`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("acts", "user:u4002")))
    let first = try bench.asked()
    _ = try bench.ask { bench.jobs.pause(JobPause(job: job), by: .owner, answer: $0) }.get()
    _ = try bench.decide(first, .approve, by: Self.ann) { $0.input = ["amount": 500] }.get()
    bench.coordinator.take(try Self.policy(Self.rule("acts", "user:u4002"), Self.large), file: nil)
    _ = try bench.ask { bench.jobs.resume(JobResume(job: job), by: .owner, answer: $0) }.get()
    let second = try bench.asked()
    #expect(second.rules.map(\.name) == ["acts", "large"] && bench.lines().isEmpty)
    #expect(try bench.decide(second, .approve, by: Self.ann).failureName == .forbidden)
    _ = try bench.decide(second, .approve, by: Self.admin) { $0.input = ["amount": 400] }.get()
    #expect(try bench.finish(job).steps[0].input == ["amount": 400])
    try bench.end()
  }

  @Test func `it goes to somebody else only where every rule says so, and then to all whom they name`() throws {
    func rule(_ name: String, _ more: String) -> String {
      #"{"name":"\#(name)","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m"\#(more)}"#
    }
    let escalate = #","on_timeout":"escalate","timeout":"1s","escalate_to""#
    let mixed = try Self.policy(rule("a", #"\#(escalate):"user:u1""#), rule("b", #","on_timeout":"deny""#))
    let (bench, job) = try Self.bench(mixed)
    let asked = try bench.asked()
    #expect(asked.onTimeout == "deny" && asked.escalation.isEmpty)
    bench.coordinator.take(
      try Self.policy(rule("a", #"\#(escalate):"user:u4002""#), rule("b", #"\#(escalate):"role:approver""#)),
      file: nil
    )
    let number = try #require(Approvals.number(try bench.asked().id))
    let approvals = bench.coordinator.judge.approvals
    try bench.until("it is escalated") {
      approvals.pending(number).flatMap { Approval($0) }?.approvers == ["user:u4002", "role:approver"]
    }
    let escalated = try bench.asked()
    #expect(try bench.decide(escalated, .approve, by: Self.bob).failureName == .forbidden)
    _ = try bench.decide(escalated, .approve, by: Self.ann).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `with four eyes whoever retried does not decide, after a start either`() throws {
    let policy = try Self.policy(Self.rule("acts", "role:approver"), more: #","four_eyes":true"#)
    let first = try JobBench(keepsFolder: true, policy: policy)
    try first.start(first.worker())
    let job = try Self.submit(first, #"{"id":"b","tool":"act","input":{}}"#)
    _ = try first.decide(try first.asked(), .deny, by: Self.ann).get()
    #expect(try first.finish(job).job.state == "failed")
    _ = try first.ask { first.jobs.retry(JobRetry(job: job), by: Self.admin, answer: $0) }.get()
    let asked = try first.asked()
    #expect(try first.decide(asked, .approve, by: Self.admin).failureName == .forbidden)
    try first.end()
    let second = try JobBench(folder: first.folder, policy: policy)
    try second.start(second.worker())
    try second.recover()
    #expect(try second.decide(try second.asked(), .approve, by: Self.admin).failureName == .forbidden)
    _ = try second.decide(try second.asked(), .approve, by: Self.ann).get()
    #expect(try second.finish(job).job.state == "succeeded")
    try second.end()
  }

  @Test func `with four eyes whoever said how a step ended does not decide about what follows`() throws {
    let bench = try JobBench(
      policy: try Self.policy(Self.rule("acts", "role:approver"), more: #","four_eyes":true"#)
    )
    try bench.start(bench.worker())
    let job = try Self.submit(bench, #"{"id":"a","tool":"die"},{"id":"b","tool":"act","input":{"x":"step:a"}}"#)
    try bench.untilWaiting()
    _ = try bench.ask { answer in
      bench.jobs.resolve(
        JobResolve(job: job, step: "a", outcome: .succeeded, output: 7),
        by: Self.admin,
        answer: answer
      )
    }.get()
    let asked = try bench.asked()
    #expect(asked.input == ["x": 7])
    #expect(try bench.decide(asked, .approve, by: Self.admin).failureName == .forbidden)
    _ = try bench.decide(asked, .approve, by: Self.bob).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  private static func submit(_ bench: JobBench, _ steps: String) throws -> String {
    let message = JobSubmit(.plan(try bench.plan(steps)))
    return try bench.ask { bench.jobs.submit(message, caller: ApprovalTests.caller(4_001), answer: $0) }.get().job.id
  }

  @Test func `with four eyes nobody puts in an input of their own`() throws {
    let (bench, job) = try Self.bench(try Self.policy(Self.rule("acts", "user:u4002"), more: #","four_eyes":true"#))
    let asked = try bench.asked()
    #expect(try bench.decide(asked, .approve, by: Self.ann) { $0.input = ["amount": 2] }.failureName == .forbidden)
    _ = try bench.decide(asked, .approve, by: Self.ann).get()
    #expect(try bench.finish(job).steps[0].input == ["amount": 1])
    try bench.end()
  }
}
