import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Alerts of the policy, from what workers really did.
@Suite struct AlertTests {
  private static func policy(_ alerts: String) throws -> Policy {
    try ApprovalTests.policy(#"{"alerts":[\#(alerts)]}"#)
  }

  private static let failing =
    #"{"name":"failing","of":"success_rate","tool":"fail","below":0.5,"over":"1h","at_least":2}"#

  private static func untilRaised(_ bench: JobBench, _ names: [String]) throws {
    try bench.until("\(names) are raised") { bench.coordinator.judge.metrics.alerts.map(\.name) == names }
  }

  /// Kinds and names in the audit log, oldest first.
  private static func audited(_ bench: JobBench) throws -> [String] {
    try bench.until("all is written") { bench.coordinator.journal.backlog == 0 }
    var filter = AuditFilter()
    filter.kind = "alert"
    filter.isNewestFirst = false
    let wanted = filter
    return try bench.read { database in
      try database.audit(wanted).records.map { record in
        let line = try JSON(parsing: Array(record.text.utf8))
        return "\(line["kind"]?.stringValue ?? "") \(line["data"]?["alert"]?.stringValue ?? "")"
      }
    }
  }

  @Test func `one is raised when the bound is crossed and cleared when it no longer is, and both are audited`() throws {
    let bench = try JobBench(policy: try Self.policy(Self.failing))
    try bench.start(bench.worker())
    _ = try bench.call("fail")
    _ = try bench.call("echo")
    #expect(bench.coordinator.judge.metrics.alerts.isEmpty)
    _ = try bench.call("fail")
    try Self.untilRaised(bench, ["failing"])
    let alert = try #require(bench.coordinator.status.alerts.first)
    #expect(alert.value == 0 && alert.bound == 0.5 && alert.side == "below" && alert.tool == "fail")
    #expect(alert.since > WallTime.now - 60_000)
    let report = try bench.ask { bench.jobs.metrics(MetricsReport(), answer: $0) }.get()
    #expect(report.alerts == [alert])
    for _ in 0..<2 { _ = try bench.call("fail", ["until": 1]) }
    try Self.untilRaised(bench, [])
    #expect(try Self.audited(bench) == ["alert.raised failing", "alert.cleared failing"])
    try bench.end()
  }

  @Test func `after a restart the window is what the journal knows`() throws {
    let first = try JobBench(keepsFolder: true, policy: try Self.policy(Self.failing))
    try first.start(first.worker())
    for _ in 0..<2 { _ = try first.call("fail") }
    try Self.untilRaised(first, ["failing"])
    try first.end()
    let second = try JobBench(folder: first.folder, policy: try Self.policy(Self.failing))
    try Self.untilRaised(second, ["failing"])
    #expect(try Self.audited(second) == ["alert.raised failing", "alert.raised failing"])
    try second.end()
  }

  @Test func `another policy's alerts look back at once, and those that are gone are cleared`() throws {
    let bench = try JobBench(policy: try Self.policy(Self.failing))
    try bench.start(bench.worker())
    for _ in 0..<2 { _ = try bench.call("fail") }
    try Self.untilRaised(bench, ["failing"])
    let since = bench.coordinator.judge.metrics.alerts.first?.since
    let more = #"{"name":"many","of":"failures","above":1,"over":"1h"}"#
    bench.coordinator.take(try Self.policy("\(Self.failing),\(more)"), file: nil)
    try Self.untilRaised(bench, ["failing", "many"])
    #expect(bench.coordinator.judge.metrics.alerts.first?.since == since, "it goes on")
    bench.coordinator.take(try Self.policy(more), file: nil)
    try Self.untilRaised(bench, ["many"])
    bench.coordinator.take(.none, file: nil)
    #expect(bench.coordinator.judge.metrics.alerts.isEmpty && !bench.coordinator.judge.metrics.hasRules)
    #expect(
      try Self.audited(bench) == [
        "alert.raised failing", "alert.raised many", "alert.cleared failing", "alert.cleared many",
      ]
    )
    try bench.end()
  }

  @Test func `approvals that wait raise one, and its end is noticed`() throws {
    let text =
      #"{"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m"}],"#
      + #""alerts":[{"name":"waits","of":"waiting_approvals","above":0}]}"#
    let bench = try JobBench(policy: try ApprovalTests.policy(text))
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"a","tool":"act","input":{}}"#)
    let asked = try bench.asked()
    try Self.untilRaised(bench, ["waits"])
    _ = try bench.decide(asked, .approve).get()
    try bench.finish(job)
    try Self.untilRaised(bench, [])
    try bench.end()
  }

  @Test func `tokens and dollars of models are measured`() throws {
    let alerts =
      #"{"name":"dear","of":"usd","above":0.5,"over":"1h"},{"name":"wordy","of":"tokens","above":1000,"over":"1h"}"#
    let bench = try JobBench(policy: try Self.policy(alerts))
    try bench.start(bench.worker("m", script: "uses-model"))
    let uses =
      #"{"uses":{"provider":"p","model":"m","input_tokens":600,"output_tokens":0,"calls":1,"cost_nano_usd":400000000}}"#
    let input = try JSON(parsing: uses)
    _ = try bench.call("think", input).get()
    _ = try bench.call("think", input).get()
    try Self.untilRaised(bench, ["dear", "wordy"])
    #expect(bench.coordinator.judge.metrics.alerts.map(\.value) == [0.8, 1_200])
    try bench.end()
  }
}
