import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct HealthTests {
  private static func check(
    _ bench: JobBench,
    deep: Bool = false,
    timeoutMS: Int64 = 5_000
  ) throws -> HealthCheck.Response {
    try result(bench, HealthCheck(isDeep: deep, timeoutMS: timeoutMS), by: .admin).get()
  }

  private static func result(
    _ bench: JobBench,
    _ message: HealthCheck,
    by role: Role?
  ) throws -> Result<HealthCheck.Response, WireError> {
    try bench.ask { bench.coordinator.check(message, by: role, caller: [:], answer: $0) }
  }

  private static func probe(_ response: HealthCheck.Response, _ name: String) throws -> HealthProbe {
    try #require(response.probes.first { $0.name == name })
  }

  @Test func `each part is asked, and all is well`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker { $0.instances = 2 })
    try bench.until("both are ready") { bench.supervisor.kinds["jobs"]?.instances.allSatisfy(\.isReady) == true }
    let entries = bench.coordinator.journal.entries
    let response = try Self.check(bench)
    #expect(response.status != .unhealthy)
    #expect(
      response.probes.map(\.name) == ["service", "journal", "disk", "artifacts", "worker jobs-1", "worker jobs-2"]
    )
    // How much the disk of this machine has left is not ours to say.
    #expect(response.probes.allSatisfy { $0.result == .ok || $0.name == "disk" }, "\(response.probes)")
    for name in ["journal", "disk", "artifacts", "worker jobs-1"] {
      #expect(try Self.probe(response, name).latencyMS ?? 0 > 0)
    }
    #expect(bench.coordinator.journal.entries == entries + 1, "a real commit")
    try bench.end()
  }

  @Test func `a worker that hangs fails in time, and the others are not held up`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("hangs", script: "hangs-idle"))
    let response = try Self.check(bench, timeoutMS: 300)
    let hung = try Self.probe(response, "worker hangs-1")
    #expect(hung.result == .failed && hung.hint?.contains("bulkhead logs hangs") == true)
    #expect(try Self.probe(response, "worker jobs-1").result == .ok)
    #expect(response.status == .unhealthy && response.tookMS >= 300 && response.tookMS < 30_000)
    try bench.end()
  }

  @Test func `a worker that is busy is not asked`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold","input":{}}"#)
    try bench.until("it is held") { !bench.lines().isEmpty }
    let busy = try Self.probe(try Self.check(bench), "worker jobs-1")
    #expect(busy.result == .ok && busy.message == "it has a call and was not asked")
    try bench.release()
    try bench.finish(job)
    try bench.end()
  }

  @Test func `a kind without a process has failed, and says why`() throws {
    let bench = try JobBench()
    _ = bench.supervisor.apply([
      "gone": bench.worker("gone", script: "dies-at-start") { $0.restart.throttleMS = 60_000 }
    ])
    try bench.until("it is throttled") {
      bench.supervisor.kinds["gone"]?.instances.allSatisfy { $0.pid == nil } == true
    }
    let response = try Self.check(bench)
    let gone = try Self.probe(response, "worker gone-1")
    #expect(response.status == .unhealthy && gone.result == .failed)
    #expect(gone.message?.isEmpty == false && gone.hint?.contains("logs gone") == true)
    try bench.end()
  }

  @Test func `a deep check runs programs as calls, and asks nobody`() throws {
    let text =
      #"{"guardrails":[{"name":"py","effect":"require_approval","at":["invocation"],"when":{"value":"input.language","equals":"python"},"message":"m"},"#
      + #"{"name":"js","effect":"block","at":["invocation"],"when":{"value":"input.language","equals":"javascript"},"message":"m"}]}"#
    let bench = try JobBench(policy: try ApprovalTests.policy(text))
    try bench.start(bench.worker(settings: ["tools": ["bash", "code_exec"]]))
    let response = try Self.check(bench, deep: true)
    #expect(try Self.probe(response, "run bash").result == .ok)
    let python = try Self.probe(response, "run python")
    #expect(python.result == .degraded && python.message?.contains("wait") == true)
    #expect(try Self.probe(response, "run javascript").result == .degraded)
    #expect(bench.lines().count { $0.hasPrefix("bash") } == 1 && !bench.lines().contains { $0.hasPrefix("code_exec") })
    try bench.until("nobody is asked any more") { bench.coordinator.judge.approvals.pendingCount == 0 }
    let none = try JobBench()
    #expect(try Self.probe(try Self.check(none, deep: true), "run bash").message?.contains("no worker") == true)
    try none.end()
    try bench.end()
  }

  @Test func `a viewer may check, and may not have programs run`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    for role: Role? in [.viewer, nil] {
      #expect(try Self.result(bench, HealthCheck(isDeep: true), by: role).failureName == .forbidden)
    }
    #expect(try Self.result(bench, HealthCheck(), by: .viewer).failureName == nil)
    #expect(try Self.result(bench, HealthCheck(isDeep: true), by: .submitter).failureName == nil)
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "health/check", "params": ["deep": true]])
    try client.send(["id": 2, "method": "health/check", "params": ["timeout_ms": 1]])
    try client.waitForReply(1, bench)
    try client.waitForReply(2, bench)
    // Whose service it is has every role.
    #expect(client.reply(1)?["result"]?["probes"] != nil)
    #expect(client.reply(2)?["error"]?["data"]?["path"] == "/timeout_ms")
    try bench.end()
  }

  @Test func `a raised alert makes it degraded`() throws {
    let policy = try ApprovalTests.policy(#"{"alerts":[{"name":"many","of":"failures","above":0,"over":"1h"}]}"#)
    let bench = try JobBench(policy: policy)
    try bench.start(bench.worker())
    #expect(try Self.probe(try Self.check(bench), "alerts").result == .ok)
    _ = try bench.call("fail")
    try bench.until("it is raised") { !bench.coordinator.judge.metrics.alerts.isEmpty }
    let response = try Self.check(bench)
    #expect(try Self.probe(response, "alerts").message == "raised: many" && response.status == .degraded)
    try bench.end()
  }
}
