import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct MetricsTests {
  private static func report(
    _ bench: JobBench,
    since: Int64? = nil,
    until: Int64? = nil
  ) throws -> MetricsReport.Response {
    try bench.until("all is written") { bench.coordinator.journal.backlog == 0 }
    return try bench.ask { bench.jobs.metrics(MetricsReport(since: since, until: until), answer: $0) }.get()
  }

  private static func row(_ rows: [MetricsReport.Row], _ name: String) throws -> ExecutionSum {
    try #require(rows.first { $0.name == name }).sum
  }

  @Test func `every attempt and call that a worker had is counted once, by tool and as a whole`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"))
    // Three attempts of which two fail, a cached repetition, two items, and a call within a call.
    _ = try bench.run(
      #"{"id":"f","tool":"fail","input":{"until":3},"retry":{"max_attempts":3,"backoff_ms":1}}"#
    )
    _ = try bench.run(#"{"id":"a","tool":"pure","input":{"n":1}}"#)
    _ = try bench.run(#"{"id":"a","tool":"pure","input":{"n":1}},{"id":"l","tool":"echo","for_each":[1,2],"input":{}}"#)
    _ = try bench.run(#"{"id":"n","tool":"nests","input":{"calls":[{"tool":"echo","input":{}}]}}"#)
    #expect(try bench.call("fail").failureName == .toolFailed)
    let report = try Self.report(bench)
    let fail = try Self.row(report.tools, "fail")
    #expect(fail.executions == 4 && fail.succeeded == 1 && fail.failed == 3 && fail.successRate == 0.25)
    #expect(try Self.row(report.tools, "pure").executions == 1, "a cached result was executed by nobody")
    #expect(try Self.row(report.tools, "echo").executions == 3)
    #expect(try Self.row(report.tools, "nests").succeeded == 1)
    #expect(report.tools.map(\.name) == ["fail", "echo", "nests", "pure"], "most first")
    #expect(report.total.executions == 9 && report.total.failed == 3)
    #expect(report.jobs.succeeded == 4 && report.jobs.failed == 1 && report.jobs.successRate == 0.8)
    let average = try #require(fail.averageMS)
    #expect(average > 0 && (fail.p95MS ?? 0) > 0 && (report.jobs.averageMS ?? -1) >= 0)
    #expect(report.models.isEmpty && report.rules.isEmpty && report.alerts.isEmpty && !report.isAbridged)
    try bench.end()
  }

  @Test func `what was cancelled is neither success nor failure, and jobs are told by state`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"h","tool":"hold","input":{}}"#)
    try bench.until("it runs") { !bench.lines().isEmpty }
    #expect(try Self.report(bench).jobs.running == 1)
    _ = try bench.ask { bench.jobs.cancel(JobCancel(job: job), by: .owner, answer: $0) }.get()
    try bench.finish(job)
    let report = try Self.report(bench)
    let hold = try Self.row(report.tools, "hold")
    #expect(hold.cancelled == 1 && hold.executions == 1 && hold.successRate == nil && hold.averageMS == nil)
    #expect(report.jobs.running == 0 && report.jobs.cancelled == 1 && report.jobs.successRate == nil)
    try bench.end()
  }

  @Test func `models have rows with their tokens and cost, also when their jobs are gone`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker("m", script: "uses-model"))
    func uses(_ model: String, price: Int) -> String {
      #"{"uses":{"provider":"p","model":"\#(model)","input_tokens":100,"output_tokens":10,"calls":1,"cost_nano_usd":\#(price)}}"#
    }
    let job = try bench.run(
      #"{"id":"a","tool":"think","input":\#(uses("dear", price: 900))},{"id":"b","tool":"think","input":\#(uses("dear", price: 100))},"#
        + #"{"id":"c","tool":"think","input":\#(uses("free", price: 0))}"#
    ).job
    let before = try Self.report(bench)
    let dear = try Self.row(before.models, "dear")
    #expect(dear.executions == 2 && dear.succeeded == 2 && dear.tokens == 220 && dear.costNanoUSD == 1_000)
    #expect(try Self.row(before.models, "free").tokens == 110)
    #expect(before.total.tokens == 330 && before.total.costNanoUSD == 1_000)
    #expect(try Self.row(before.tools, "think").costNanoUSD == 1_000)
    try bench.until("some time has passed") { WallTime.now > (job.endedAt ?? 0) + 2 }
    let message = JournalCollect(olderThanMS: 0)
    #expect(try bench.ask { bench.jobs.collect(message, bench.coordinator.blobs, answer: $0) }.get().jobs == 1)
    let after = try Self.report(bench)
    #expect(after.models == before.models && after.tools == before.tools && after.total == before.total)
    #expect(after.jobs.succeeded == 0)
    try bench.end()
  }

  @Test func `since and until bound what is counted, and what is old is forgotten`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    _ = try bench.run(#"{"id":"a","tool":"echo","input":{}}"#)
    let middle = WallTime.now + 1
    try bench.until("a millisecond has passed") { WallTime.now > middle }
    _ = try bench.run(#"{"id":"a","tool":"echo","input":{}},{"id":"b","tool":"echo","input":{}}"#)
    #expect(try Self.report(bench, until: middle).total.executions == 1)
    let later = try Self.report(bench, since: middle)
    #expect(later.total.executions == 2 && later.jobs.succeeded == 1)
    #expect(try Self.report(bench, since: .max, until: .max).total.executions == 0)
    bench.coordinator.journal.commit([.removeMetrics(before: middle)])
    #expect(try Self.report(bench).total.executions == 2)
    try bench.end()
  }

  @Test func `many executions of one millisecond keep apart`() throws {
    let bench = try JobBench()
    let record = ExecutionRecord(job: 1, at: 1_767_344_400_000, tool: "t", outcome: .succeeded, tookUS: 5)
    bench.coordinator.journal.commit(Array(repeating: .execution(record), count: 5_000))
    let report = try Self.report(bench)
    #expect(report.total.succeeded == 5_000 && report.total.p95MS == 0.005)
    #expect(try Self.report(bench, since: 1_767_344_400_001).total.executions == 0)
    try bench.end()
  }

  @Test func `rules are counted when they ask, block and warn`() throws {
    let text = """
      {"guardrails":[
        {"name":"asks","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"a"},
        {"name":"blocks","effect":"block","at":["invocation"],"when":{"value":"input","contains":"secret"},"message":"b"},
        {"name":"warns","effect":"warn","at":["invocation"],"when":{"value":"tool","equals":"echo"},"message":"w"}]}
      """
    let bench = try JobBench(policy: try ApprovalTests.policy(text))
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"a","tool":"act","input":{}}"#)
    let asked = try bench.asked()
    #expect(try Self.report(bench).waitingApprovals == 1)
    _ = try bench.decide(asked, .approve).get()
    try bench.finish(job)
    _ = try bench.run(#"{"id":"e","tool":"echo","input":{}},{"id":"f","tool":"echo","input":{}}"#)
    #expect(try bench.call("echo", ["x": "secret"]).failureName == .blocked)
    let report = try Self.report(bench)
    #expect(
      report.rules == [
        MetricsReport.Rule(name: "warns", warned: 2), MetricsReport.Rule(name: "asks", asked: 1),
        MetricsReport.Rule(name: "blocks", blocked: 1),
      ]
    )
    #expect(report.waitingApprovals == 0 && report.tools.contains { $0.name == "act" })
    try bench.end()
  }

  @Test func `what a rule refuses before there is a job is counted, once for each submission`() throws {
    let text = """
      {"guardrails":[
        {"name":"words","effect":"block","at":["request"],"when":{"value":"task","contains":"secret"},"message":"b"},
        {"name":"steps","effect":"block","at":["plan"],"when":{"value":"tool","equals":"act"},"message":"b"}],
       "privileges":{"forbid":{"read":["/root"]}}}
      """
    let bench = try JobBench(policy: try ApprovalTests.policy(text))
    try bench.start(bench.worker(), bench.worker("planner", script: "plans", settings: ["answers": []]))
    let request = JobSubmit(.request(TaskRequest("tell me the secret")))
    #expect(try bench.ask { bench.jobs.submit(request, caller: [:], answer: $0) }.failureName == .blocked)
    let two = #"{"id":"a","tool":"act"},{"id":"b","tool":"act"}"#
    for _ in 0..<2 { #expect(try bench.attempt(two).failureName == .invalidPlan) }
    let forbidden = #"{"id":"a","tool":"echo","needs":{"read":["/root/x"]}}"#
    #expect(try bench.attempt(forbidden).failureName == .invalidPlan)
    // To look costs nothing.
    _ = bench.jobs.check(try bench.plan(two))
    let rules = try Self.report(bench).rules.sorted { $0.name < $1.name }
    #expect(
      rules == [
        MetricsReport.Rule(name: "privileges/forbid", blocked: 1), MetricsReport.Rule(name: "steps", blocked: 2),
        MetricsReport.Rule(name: "words", blocked: 1),
      ]
    )
    #expect(try bench.ask { bench.jobs.list(JobList(), answer: $0) }.get().jobs.isEmpty)
    try bench.end()
  }

  @Test func `ended jobs come in the order of their ends, page by page, with what they used`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("m", script: "uses-model"))
    let first = try bench.submit(#"{"id":"h","tool":"hold","input":{}}"#, id: "first-in")
    try bench.until("it is held") { !bench.lines().isEmpty }
    let uses =
      #"{"uses":{"provider":"p","model":"m","input_tokens":100,"output_tokens":10,"calls":1,"cost_nano_usd":7}}"#
    let paid = try bench.run(#"{"id":"t","tool":"think","input":\#(uses)}"#).job
    let failed = try bench.run(#"{"id":"f","tool":"fail","input":{}}"#).job
    func list(_ change: (inout JobList) -> Void) throws -> [JobSummary] {
      var message = JobList(kind: "plan")
      message.order = .ended
      change(&message)
      return try bench.ask { bench.jobs.list(message, answer: $0) }.get().jobs
    }
    #expect(try list { _ in }.map(\.id) == [failed.id, paid.id], "what runs has not ended")
    try bench.until("a millisecond has passed") { WallTime.now > (failed.endedAt ?? 0) + 1 }
    try bench.release()
    try bench.finish(first)
    let all = try list { $0.wantsUsage = true }
    #expect(all.map(\.id) == [first, failed.id, paid.id])
    #expect(all[2].usage?.costNanoUSD == 7 && all[1].usage == nil && all[1].reason != nil)
    var pages: [String] = []
    var last: JobSummary?
    while let job = try list({ message in
      (message.limit, message.until, message.before) = (1, last?.endedAt, last?.sequence)
    }).first {
      pages.append(job.id)
      last = job
    }
    #expect(pages == all.map(\.id))
    #expect(try list { $0.states = ["failed"] }.map(\.id) == [failed.id])
    #expect(try list { $0.tool = "think" }.map(\.id) == [paid.id])
    #expect(try list { $0.tool = "pure" }.isEmpty)
    let end = try #require(failed.endedAt)
    #expect(try list { $0.since = end }.map(\.id).contains(failed.id))
    #expect(try !list { $0.until = end }.map(\.id).contains(failed.id))
    try bench.end()
  }

  @Test func `a client asks for metrics and for a list in an order that does not exist`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker())
    _ = try bench.run(#"{"id":"a","tool":"echo","input":{}}"#)
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "metrics/report"])
    try client.send(["id": 2, "method": "job/list", "params": ["order": "random"]])
    try client.waitForReply(1, bench)
    try client.waitForReply(2, bench)
    #expect(client.reply(1)?["result"]?["tools"]?[0]?["name"] == "echo")
    #expect(client.reply(1)?["result"]?["jobs"]?["success_rate"] == 1)
    #expect(client.reply(2)?["error"]?["data"]?["path"] == "/order")
    try bench.end()
  }
}
