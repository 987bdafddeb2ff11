import Engine
import JSON
import Journal
import Plan
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What a person has not seen does not run: through restarts, generations, and plans that grow.
@Suite struct ApprovalHoldTests {
  private static func asks(_ points: String, when: String) throws -> Policy {
    try ApprovalTests.policy(
      #"{"guardrails":[{"name":"r","effect":"require_approval","at":[\#(points)],"when":\#(when),"message":"m"}]}"#
    )
  }

  private static func planner(_ bench: JobBench, _ steps: String...) throws -> WorkerManifest {
    let answers = try steps.map { step -> JSON in
      ["decision": "plan", "plan": ["steps": try JSON(parsing: "[\(step)]")]]
    }
    return bench.worker("planner", script: "plans", settings: ["answers": .array(answers)]) {
      $0.permissions.planning = true
    }
  }

  private static func request(_ bench: JobBench) throws -> String {
    try bench.ask { answer in
      bench.jobs.submit(JobSubmit(.request(TaskRequest("x"))), caller: [:], answer: answer)
    }.get().job.id
  }

  @Test func `what waits in another generation of a request waits after a start, too`() throws {
    let first = try JobBench(keepsFolder: true)
    let failing = (1...4).map { #"{"id":"f\#($0)","tool":"fail"}"# }
    try first.start(first.worker(), try Self.planner(first, failing[0], failing[1], failing[2], failing[3]))
    let job = try Self.request(first)
    #expect(try first.finish(job).job.state == "failed")
    let policy = try Self.asks(#""request""#, when: #"{"value":"task.description","exists":true}"#)
    first.coordinator.take(policy, file: nil)
    _ = try first.ask { first.jobs.retry(JobRetry(job: job), by: .owner, answer: $0) }.get()
    let asked = try first.asked()
    #expect(asked.kind == "plan" && asked.generation == 2)
    try first.end()
    let second = try JobBench(folder: first.folder, policy: policy)
    // Before any worker is there, as at a start.
    try second.recover()
    try second.start(second.worker(), try Self.planner(second, failing[0]))
    #expect(try second.asked().id == asked.id)
    #expect(try second.state(job) == "waiting" && second.lines().isEmpty, "nothing ran unasked")
    _ = try second.decide(asked, .approve).get()
    try second.finish(job)
    #expect(second.lines().count == 1, "what did not succeed ran once it was approved")
    try second.end()
  }

  @Test func `a rule about workers holds a plan after a start, before any worker is there`() throws {
    let policy = try Self.asks(#""plan""#, when: #"{"value":"worker","equals":"jobs"}"#)
    let first = try JobBench(keepsFolder: true, policy: policy)
    try first.start(first.worker())
    let job = try first.submit(#"{"id":"b","tool":"act","input":{"n":1}}"#)
    let asked = try first.asked()
    try first.end()
    let second = try JobBench(folder: first.folder, policy: policy)
    try second.recover()
    try second.start(second.worker())
    let again = try second.asked()
    #expect(again.id == asked.id && again.hash == asked.hash && second.lines().isEmpty)
    _ = try second.decide(again, .approve).get()
    #expect(try second.finish(job).job.state == "succeeded")
    try second.end()
  }

  @Test func `a limit on jobs holds after a start, and counts what has grown`() throws {
    let policy = try ApprovalTests.policy(#"{"limits":[{"name":"one","of":"concurrent_jobs","at_most":1}]}"#)
    let first = try JobBench(keepsFolder: true, policy: policy)
    try first.start(first.worker(), try Self.planner(first, #"{"id":"h","tool":"hold"}"#))
    let job = try Self.request(first)
    try first.until("it holds") { first.lines().contains { $0.hasPrefix("hold") } }
    first.coordinator.journal.close()
    first.supervisor.stopNow()
    let second = try JobBench(folder: first.folder, policy: policy)
    try second.recover()
    #expect(second.coordinator.judge.runningJobs.count == 1)
    try second.start(second.worker(), try Self.planner(second, #"{"id":"h","tool":"hold"}"#))
    let other = try second.submit(#"{"id":"b","tool":"act"}"#)
    try second.untilWaiting()
    #expect(try second.show(other).job.reason?["data"]?["limit"] == "one")
    try second.until("it holds") { second.lines().contains { $0.hasPrefix("hold") } }
    try second.release()
    try second.finish(job)
    try second.finish(other)
    try second.end()
  }

  @Test func `an approved request is no yes to the steps that it grows by`() throws {
    let policy = try Self.asks(#""request","invocation""#, when: #"{"value":"point","in":["request","invocation"]}"#)
    let bench = try JobBench(policy: policy)
    try bench.start(bench.worker(), try Self.planner(bench, #"{"id":"a","tool":"act","input":{"n":1}}"#))
    let job = try Self.request(bench)
    let request = try bench.asked()
    #expect(request.kind == "plan" && request.input?.arrayValue?.count == 1)
    _ = try bench.decide(request, .approve).get()
    try bench.until("it has grown") { bench.jobs.active.values.contains { $0.machine.plan.steps.count == 2 } }
    let step = try bench.asked()
    #expect(step.kind == "step" && step.step == "a" && step.input == ["n": 1] && bench.lines().isEmpty)
    _ = try bench.decide(step, .approve).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    try bench.end()
  }

  @Test func `an approved plan covers its own steps, in its own generation`() throws {
    let both = try Self.asks(#""plan","invocation""#, when: #"{"value":"tool","equals":"fail"}"#)
    let bench = try JobBench(policy: both)
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"a","tool":"fail","input":{"n":1}}"#)
    let plan = try bench.asked()
    #expect(plan.kind == "plan")
    _ = try bench.decide(plan, .approve).get()
    #expect(try bench.finish(job).job.state == "failed")
    #expect(bench.lines().count == 1, "whoever read the plan has read the step")
    let one = try Self.asks(#""invocation""#, when: #"{"value":"tool","equals":"fail"}"#)
    bench.coordinator.take(one, file: nil)
    _ = try bench.ask { bench.jobs.retry(JobRetry(job: job), by: .owner, answer: $0) }.get()
    let step = try bench.asked()
    #expect(step.kind == "step" && step.generation == 2 && bench.lines().count == 1)
    _ = try bench.decide(step, .deny).get()
    try bench.finish(job)
    try bench.end()
  }

  @Test func `a decision that cannot be written leaves what waits with its deadline`() throws {
    let bench = try JobBench(policy: try ApprovalTests.asking())
    try bench.start(bench.worker())
    _ = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    let asked = try bench.asked()
    bench.coordinator.journal.close()
    #expect(try bench.decide(asked, .approve).failureName == .storageFailed)
    #expect(bench.coordinator.judge.approvals.pendingCount == 1)
    bench.supervisor.stopNow()
  }
}
