import JSON
import Journal
import Policy
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

@Suite struct `Usage of models` {
  /// `tokens` in, a tenth of it out; a nil price is unknown.
  private static func uses(_ tokens: Int, price: Int? = nil, model: String = "m", calls: Int = 1) -> String {
    let cost = price.map { #","cost_nano_usd":\#($0)"# } ?? ""
    return #""uses":{"provider":"p","model":"\#(model)","input_tokens":\#(tokens),"output_tokens":\#(tokens / 10),"#
      + #""calls":\#(calls)\#(cost)}"#
  }

  private static func report(_ bench: JobBench, _ by: UsageReport.Key) throws -> UsageReport.Response {
    try bench.ask { bench.jobs.usage(UsageReport(by: by), answer: $0) }.get()
  }

  private func bench(keepsFolder: Bool = false) throws -> JobBench {
    let bench = try JobBench(keepsFolder: keepsFolder)
    try bench.start(bench.worker("m", script: "uses-model"), bench.worker("nests", script: "nests"))
    return bench
  }

  @Test func `each attempt, item and call within a call is counted once, with its step and its job`() throws {
    let bench = try bench()
    // The first attempt of 'n' dies behind its first call, which the second one finds in the journal.
    let steps =
      #"{"id":"t","tool":"think","input":{\#(Self.uses(100, price: 7)),"fails_before":2},"#
      + #""retry":{"max_attempts":2,"backoff_ms":1}},"#
      + #"{"id":"n","tool":"nests","input":{"die_after":0,"calls":[{"tool":"think","input":{\#(Self.uses(1_000))}},"#
      + #"{"tool":"think","input":{\#(Self.uses(2_000)),"fails_before":9}}]}},"#
      + #"{"id":"l","tool":"think","for_each":[1,2],"input":{\#(Self.uses(10, price: 1)),"i":"item:value"}},"#
      + #"{"id":"q","tool":"think"}"#
    let shown = try bench.run(steps)
    #expect(shown.job.state == "succeeded")
    func used(_ id: String, _ item: Int64? = nil) -> UsageSum? {
      shown.steps.first { $0.id == id && $0.item == item }?.usage
    }
    #expect(used("t")?.inputTokens == 200 && used("t")?.costNanoUSD == 14 && used("t")?.calls == 2)
    #expect(used("n")?.inputTokens == 3_000 && used("n")?.outputTokens == 300)
    #expect(used("n")?.calls == 2 && used("n")?.unpricedCalls == 2 && used("n")?.costNanoUSD == 0)
    #expect(used("l")?.inputTokens == 20 && used("l", 0)?.inputTokens == 10 && used("l", 1)?.calls == 1)
    #expect(used("q") == nil)
    #expect(shown.usage?.inputTokens == 3_220 && shown.usage?.costNanoUSD == 16 && shown.usage?.calls == 6)
    #expect(try bench.show(shown.job.id, step: "t").usage == shown.usage, "the job's is the whole job's")
    #expect(try bench.show(shown.job.id, payloads: false).steps[0].usage == used("t"))
    #expect(try bench.read { try $0.calls(of: 1).map(\.receipt) }.contains { $0?.contains("\"model\"") == true })
    try bench.end()
  }

  @Test func `a call of a tool is counted whether the tool is pure or not, and so is what it called`() throws {
    let bench = try bench()
    let input = #"{\#(Self.uses(50, price: 3)),"failure":"no","calls":[]}"#
    let acted = try bench.call("think", try JSON(parsing: input)).get()
    let inner = #"{"calls":[{"tool":"embed","input":{\#(Self.uses(5))}}],\#(Self.uses(7))}"#
    // One slot for both would never do.
    try bench.start(bench.worker("m", script: "uses-model") { $0.instances = 2 })
    let pure = try bench.call("embed_all", try JSON(parsing: inner)).get()
    try bench.until("it is written") { bench.coordinator.journal.backlog == 0 }
    let first = try bench.show(try #require(acted.job))
    #expect(first.usage?.inputTokens == 50 && first.steps[0].usage == first.usage && first.steps[0].receipt != nil)
    let second = try bench.show(try #require(pure.job))
    #expect(second.usage?.inputTokens == 12 && second.usage?.calls == 2)
    #expect(second.steps[0].state == "succeeded" && second.steps[0].receipt?["model"]?["input_tokens"] == 7)
    #expect(second.steps[0].input?["calls"] != nil && second.steps[0].output == 1)
    try bench.end()
  }

  @Test func `two models of one call are counted apart, and compared with the large one`() throws {
    let bench = try bench()
    let base = #""baseline_model":"large","role":"worker","small":true"#
    let small = #""provider":"s","model":"phi","input_tokens":10,"output_tokens":1,"cost_nano_usd":5,\#(base)"#
    let large =
      #"{"provider":"l","model":"large","input_tokens":20,"output_tokens":2,"cost_nano_usd":400,"calls":1,"role":"planner","baseline_nano_usd":400}"#
    let good = #"{"uses":[{\#(small),"baseline_nano_usd":300,"calls":2}]}"#
    let escalated = #"{"uses":[{\#(small),"baseline_nano_usd":0,"escalated":true,"calls":1},\#(large)]}"#
    let unreached =
      #"{"uses":[{"provider":"s","model":"phi","input_tokens":0,"output_tokens":0,"cost_nano_usd":0,\#(base),"baseline_nano_usd":0,"escalated":true,"calls":0},\#(large)]}"#
    let unpriced =
      #"{"uses":{"provider":"u","model":"free","input_tokens":1,"output_tokens":1,"calls":1,"small":true,"baseline_nano_usd":9}}"#
    let shown = try bench.run(
      #"{"id":"a","tool":"think","input":\#(good)},{"id":"b","tool":"think","input":\#(escalated)},"#
        + #"{"id":"c","tool":"think","input":\#(unreached)},{"id":"d","tool":"think","input":\#(unpriced)}"#
    )
    func used(_ id: String) -> UsageSum? { shown.steps.first { $0.id == id }?.usage }
    #expect(used("a")?.smallCalls == 2 && used("a")?.escalatedCalls == 0 && used("a")?.baselineNanoUSD == 300)
    #expect(used("b")?.calls == 2 && used("b")?.smallCalls == 1 && used("b")?.escalatedCalls == 1)
    #expect(used("b")?.costNanoUSD == 405 && used("b")?.baselineNanoUSD == 400 && used("b")?.baselineModel == "large")
    #expect(used("c")?.calls == 1 && used("c")?.smallCalls == 0 && used("c")?.escalatedCalls == 1)
    #expect(used("d")?.unpricedCalls == 1 && used("d")?.baselineNanoUSD == 0, "as much as is in the cost")
    let usage = try #require(shown.usage)
    #expect(usage.smallCalls == 4 && usage.escalatedCalls == 2 && usage.calls == 6)
    #expect(usage.costNanoUSD == 810 && usage.baselineNanoUSD == 1_100 && usage.baselineModel == "large")
    let models = try Self.report(bench, .model)
    #expect(models.total == usage)
    #expect(models.rows.map(\.key) == ["large", "phi", "free"])
    #expect(models.rows[1].sum.smallCalls == 3 && models.rows[1].sum.escalatedCalls == 2)
    #expect(shown.steps[1].receipt?["models"]?[1]?["role"] == "planner")
    try bench.end()
  }

  @Test func `what was answered from a cache or taken over from another job used nothing`() throws {
    let bench = try bench()
    let steps =
      #"{"id":"e","tool":"embed","input":{\#(Self.uses(10))}},{"id":"t","tool":"think","input":{\#(Self.uses(3))}}"#
    let first = try bench.run(steps)
    #expect(first.usage?.inputTokens == 13)
    #expect(try bench.run(steps).usage?.inputTokens == 3)
    let fork = try bench.ask { bench.jobs.fork(JobFork(job: first.job.id, from: "t"), caller: [:], answer: $0) }.get()
    #expect(try bench.finish(fork.job.id).usage?.inputTokens == 3)
    // Another generation is paid again.
    let again = try bench.ask { bench.jobs.retry(JobRetry(job: first.job.id, from: "t"), by: .owner, answer: $0) }.get()
    #expect(try bench.finish(again.job.id).usage?.inputTokens == 16)
    try bench.end()
  }

  @Test func `a report sums by day, job, model, provider and tool, and all agree`() throws {
    let bench = try bench()
    let dear = try bench.run(#"{"id":"a","tool":"think","input":{\#(Self.uses(100, price: 9, model: "dear"))}}"#)
    let nested = #"{"calls":[{"tool":"think","input":{\#(Self.uses(10, model: "free", calls: 2))}}]}"#
    _ = try bench.run(#"{"id":"b","tool":"nests","input":\#(nested)}"#)
    let call = try bench.call("think", try JSON(parsing: #"{\#(Self.uses(1, price: 1, model: "dear"))}"#)).get()
    var totals: [UsageSum] = []
    for key in UsageReport.Key.allCases {
      let report = try Self.report(bench, key)
      var sum = UsageSum()
      for row in report.rows { sum += row.sum }
      #expect(sum == report.total && !report.isAbridged)
      totals.append(report.total)
    }
    #expect(Set(totals).count == 1 && totals[0].inputTokens == 111 && totals[0].calls == 4)
    #expect(totals[0].costNanoUSD == 10 && totals[0].unpricedCalls == 2)
    #expect(try Self.report(bench, .job).rows.map(\.key) == [dear.job.id, call.job, "job-2"], "dearest first")
    #expect(try Self.report(bench, .model).rows.map(\.key) == ["dear", "free"])
    #expect(try Self.report(bench, .provider).rows.map(\.key) == ["p"])
    #expect(try Self.report(bench, .tool).rows.map(\.key) == ["think"], "the tool that was called")
    let day = try #require(try Self.report(bench, .day).rows.first?.key)
    #expect(day.wholeMatch(of: /\d{4}-\d\d-\d\d/) != nil)
    let now = WallTime.now
    for (since, until, count) in [(now + 60_000, nil, 0), (nil, now + 60_000, 1), (nil, 1, 0)]
      as [(Int64?, Int64?, Int)]
    {
      let message = UsageReport(since: since, until: until)
      #expect(try bench.ask { bench.jobs.usage(message, answer: $0) }.get().rows.count == count)
    }
    try bench.end()
  }

  @Test func `what a removed job used stays in the sums`() throws {
    let bench = try bench()
    let job = try bench.run(#"{"id":"a","tool":"think","input":{\#(Self.uses(100, price: 9))}}"#).job
    let before = try Self.report(bench, .model)
    let day = try Self.report(bench, .day)
    try bench.until("some time has passed") { WallTime.now > (job.endedAt ?? 0) + 2 }
    let message = JournalCollect(olderThanMS: 0)
    #expect(try bench.ask { bench.jobs.collect(message, bench.coordinator.blobs, answer: $0) }.get().jobs == 1)
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM usage") } == 0)
    #expect(try Self.report(bench, .model).rows.map(\.sum) == before.rows.map(\.sum))
    #expect(try Self.report(bench, .day).rows.map(\.key) == day.rows.map(\.key))
    #expect(try Self.report(bench, .job).rows.map(\.key) == [nil])
    // More of the same day goes into the same sums.
    let next = try bench.run(#"{"id":"a","tool":"think","input":{\#(Self.uses(11))}}"#).job
    try bench.until("some time has passed") { WallTime.now > (next.endedAt ?? 0) + 2 }
    _ = try bench.ask { bench.jobs.collect(message, bench.coordinator.blobs, answer: $0) }.get()
    #expect(try Self.report(bench, .provider).total.inputTokens == 111)
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM usage_days") } <= 2)
    try bench.end()
  }

  @Test func `a client asks for a report over its socket`() throws {
    let bench = try bench()
    _ = try bench.run(#"{"id":"a","tool":"think","input":{\#(Self.uses(100, price: 9))}}"#)
    let client = try SocketClient(bench)
    try client.send(["id": 1, "method": "usage/report", "params": ["by": "tool"]])
    try client.send(["id": 2, "method": "usage/report", "params": ["by": "mood"]])
    try client.waitForReply(1, bench)
    try client.waitForReply(2, bench)
    #expect(client.reply(1)?["result"]?["rows"]?[0]?["key"] == "think")
    #expect(client.reply(1)?["result"]?["total"]?["cost_nano_usd"] == 9)
    #expect(client.reply(2)?["error"]?["data"]?["path"] == "/by")
    try bench.end()
  }

  @Test func `an error that a worker hands on is not counted as its own`() throws {
    let error = WireError(.toolFailed, "no", data: ["receipt": ["wall_ms": 1], "more": 2])
    #expect(error.counted.data == ["used": ["wall_ms": 1], "more": 2])
    #expect(WireError(.toolFailed, "no").counted == WireError(.toolFailed, "no"))
  }
}
