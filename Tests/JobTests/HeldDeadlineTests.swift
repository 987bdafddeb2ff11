import Engine
import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// While a person is waited for within an invocation, its time stands still.
@Suite struct `Deadlines around an approval` {
  /// `nests` is a worker that makes the calls of its input, `outer` one that has `nests` make them.
  private static func start(_ bench: JobBench) throws {
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"), bench.worker("outer", script: "nests"))
  }

  private static func step(_ tool: String, _ calls: String, timeout: Int) -> String {
    #"{"id":"a","tool":"\#(tool)","timeout_ms":\#(timeout),"input":{"tells":true,"calls":[\#(calls)]}}"#
  }

  private static let act = #"{"tool":"act","input":{"n":1}}"#

  /// Runs the loop for a time.
  private static func pass(_ bench: JobBench, _ milliseconds: Int64) throws {
    let end = BootTime.now + Milliseconds(milliseconds)
    try bench.until("time has passed") { BootTime.now >= end }
  }

  @Test func `the invocation's own stands still until a person has decided, and then goes on`() throws {
    let bench = try JobBench(policy: try ApprovalTests.asking())
    try Self.start(bench)
    let job = try bench.submit(Self.step("nests", Self.act, timeout: 1_500))
    let asked = try bench.asked()
    let invocation = try #require(bench.jobs.active.values.first?.invocations.values.first)
    let remaining = invocation.remainingMS
    #expect(remaining > 0 && remaining <= 1_500)
    try Self.pass(bench, 2_500)
    #expect(invocation.remainingMS == remaining && invocation.state == .running)
    _ = try bench.decide(asked, .approve).get()
    let shown = try bench.finish(job)
    #expect(shown.job.state == "succeeded")
    #expect(invocation.heldMS >= 2_500 && invocation.heldSince == nil)
    #expect(shown.steps.last?.output?[0]?["remaining_ms"]?.integerValue.map { $0 <= remaining && $0 > 0 } == true)
    try bench.end()
  }

  @Test func `it goes on from where it stood, and passes`() throws {
    let bench = try JobBench(policy: try ApprovalTests.asking())
    try Self.start(bench)
    let hold = #"{"tool":"hold","input":{}}"#
    let job = try bench.submit(Self.step("nests", "\(Self.act),\(hold)", timeout: 1_000))
    let asked = try bench.asked()
    try Self.pass(bench, 1_500)
    #expect(try bench.state(job) == "running" || bench.state(job) == "waiting")
    _ = try bench.decide(asked, .approve).get()
    let shown = try bench.finish(job)
    #expect(bench.lines().contains { $0.hasPrefix("hold") }, "it went on until its deadline")
    #expect(shown.steps.last?.output?[1]?["error"] == "deadline_exceeded")
    let steps = try bench.events(job).map(\.at)
    #expect(try #require(steps.last) - #require(steps.first) < 30_000)
    try bench.end()
  }

  @Test func `all invocations around the call stand still`() throws {
    let bench = try JobBench(policy: try ApprovalTests.asking())
    try Self.start(bench)
    let inner = #"{"tool":"nests","input":{"tells":true,"calls":[\#(Self.act)]}}"#
    let job = try bench.submit(Self.step("outer", inner, timeout: 1_500))
    let asked = try bench.asked()
    try Self.pass(bench, 2_000)
    _ = try bench.decide(asked, .approve).get()
    let shown = try bench.finish(job)
    #expect(shown.job.state == "succeeded")
    let remaining = shown.steps.last?.output?[0]?["remaining_ms"]?.integerValue
    #expect(remaining.map { $0 > 0 && $0 <= 1_500 } == true)
    try bench.end()
  }

  @Test func `the approval's own deadline ends the wait, and the worker is told of both`() throws {
    let policy = try ApprovalTests.policy(
      #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"it acts","timeout":"2s","on_timeout":"deny"}]}"#
    )
    let bench = try JobBench(policy: policy)
    try Self.start(bench)
    let shown = try bench.run(Self.step("nests", Self.act, timeout: 1_000))
    let outcome = try #require(shown.steps.last?.output?[0])
    #expect(shown.job.state == "succeeded" && outcome["error"] == "approval_denied", "\(outcome)")
    #expect(outcome["remaining_ms"]?.integerValue.map { $0 > 0 && $0 <= 1_000 } == true)
    #expect(bench.lines().isEmpty)
    try bench.end()
  }

  @Test func `a cancel ends what stands still`() throws {
    let bench = try JobBench(policy: try ApprovalTests.asking())
    try Self.start(bench)
    let job = try bench.submit(Self.step("nests", Self.act, timeout: 60_000))
    _ = try bench.asked()
    let invocation = try #require(bench.jobs.active.values.first?.invocations.values.first)
    _ = try bench.ask { bench.jobs.cancel(JobCancel(job: job), by: .owner, answer: $0) }.get()
    #expect(try bench.finish(job).job.state == "cancelled")
    #expect(invocation.holds == 0 && invocation.timer == nil)
    try bench.until("it is withdrawn") {
      bench.coordinator.judge.approvals.pendingCount == 0 && bench.coordinator.journal.backlog == 0
    }
    #expect(try bench.list(all: true).map(\.state) == ["withdrawn"])
    try bench.end()
  }

  @Test func `time in which a person was waited for is in no limit`() throws {
    let policy = try ApprovalTests.policy(
      #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"it acts"}],"limits":[{"name":"time","of":"wall","at_most":"1h","per":"day"}]}"#
    )
    let bench = try JobBench(policy: policy)
    try Self.start(bench)
    let job = try bench.submit(Self.step("nests", Self.act, timeout: 60_000))
    let asked = try bench.asked()
    try Self.pass(bench, 3_000)
    _ = try bench.decide(asked, .approve).get()
    #expect(try bench.finish(job).job.state == "succeeded")
    let now = bench.coordinator.judge.meters.now
    let used = try bench.read { try $0.meters(at: now) }.filter { $0.rule.hasPrefix("time/") }.reduce(0) {
      $0 + $1.amount
    }
    #expect(used >= 0 && used < 3_000, "\(used) ms")
    try bench.end()
  }
}
