import Testing

@testable import Journal

@Suite struct `Usage` {
  private static let day: Int64 = 86_400_000

  private static func used(_ job: Int64, at: Int64, tokens: Int64, model: String = "m", step: Int = 0) -> Change {
    var amounts = UsageAmounts()
    amounts.calls = 1
    amounts.inputTokens = tokens
    return .usage(
      UsageRecord(job: job, step: StepKey(step), at: at, tool: "t", provider: "p", model: model, amounts: amounts)
    )
  }

  @Test func `it is kept by day when its job goes, and a time means the whole day then`() throws {
    let bench = try JournalBench()
    let at = 20_000 * Self.day
    try bench.write(
      .insertJob(job(1, .succeeded, endedAt: 1)),
      Self.used(1, at: at + 5, tokens: 10),
      Self.used(1, at: at + 6, tokens: 20),
      Self.used(1, at: at + Self.day, tokens: 40)
    )
    func tokens(_ since: Int64, _ until: Int64) throws -> [Int64] {
      try bench.read { try $0.usage(by: .day, since: since, until: until, limit: 9).map(\.amounts.inputTokens) }
    }
    #expect(try tokens(0, .max) == [40, 30], "newest first")
    #expect(try tokens(at + 6, at + Self.day) == [20])
    #expect(try bench.write(.deleteJobs([1])) == nil)
    #expect(try bench.read { try $0.integer("SELECT count(*) FROM usage") } == 0)
    #expect(try tokens(0, .max) == [40, 30])
    #expect(try tokens(at + 6, at + Self.day) == [30])
    #expect(try tokens(at + Self.day, .max) == [40] && tokens(0, at) == [] && tokens(0, 0) == [])
    let keys = try bench.read { try $0.usage(by: .day, since: 0, until: .max, limit: 1).map(\.key) }
    #expect(keys == ["2024-10-05"])
  }

  @Test func `what small models spared is summed, and the large model's name stays as long as it is one`() throws {
    let bench = try JournalBench()
    try bench.write(.insertJob(job(1, .succeeded, endedAt: 1)), .insertJob(job(2, .succeeded, endedAt: 1)))
    func used(_ job: Int64, _ large: String) throws {
      var amounts = UsageAmounts()
      (amounts.calls, amounts.smallCalls, amounts.escalatedCalls) = (3, 2, 1)
      (amounts.costNanoUSD, amounts.baselineNanoUSD, amounts.baselineModel) = (10, 90, large)
      let record = UsageRecord(
        job: job,
        step: StepKey(0),
        at: 5,
        tool: "t",
        provider: "p",
        model: "m",
        amounts: amounts
      )
      try bench.write(.usage(record))
    }
    func sum() throws -> UsageAmounts { try bench.read { try $0.usage(since: 0, until: .max) } }
    #expect(try sum() == UsageAmounts(), "of nothing")
    try used(1, "large")
    try used(1, "")
    #expect(try sum().baselineModel == "large")
    #expect(try sum().smallCalls == 4 && sum().escalatedCalls == 2 && sum().baselineNanoUSD == 180)
    try used(2, "large")
    let before = try sum()
    #expect(try bench.write(.deleteJobs([1])) == nil)
    #expect(try sum() == before)
    #expect(try bench.write(.deleteJobs([2])) == nil)
    #expect(try sum() == before && before.baselineModel == "large")
    // Another one, into the same day.
    try bench.write(.insertJob(job(3, .succeeded, endedAt: 1)))
    try used(3, "other")
    #expect(try sum().baselineModel == UsageAmounts.several)
    #expect(try bench.write(.deleteJobs([3])) == nil)
    #expect(try sum().baselineModel == UsageAmounts.several && sum().baselineNanoUSD == 360)
  }

  @Test func `sums beyond 64 bits stay at the most, and keep no job`() throws {
    let bench = try JournalBench()
    for seq in 1...2 as ClosedRange<Int64> {
      try bench.write(.insertJob(job(seq, .succeeded, endedAt: 1)))
      for _ in 1...3 { try bench.write(Self.used(seq, at: 5, tokens: .max)) }
    }
    #expect(try bench.read { try $0.usage(since: 0, until: .max).inputTokens } == 9_000_000_000_000_000_000)
    #expect(try bench.write(.deleteJobs([1])) == nil)
    #expect(try bench.write(.deleteJobs([2])) == nil)
    #expect(try bench.read { try $0.usage(since: 0, until: .max).inputTokens } == 9_000_000_000_000_000_000)
    #expect(try bench.read { try $0.usage(by: .model, since: 0, until: .max, limit: 5).map(\.amounts.calls) } == [6])
  }

  @Test func `a job that stays keeps its own`() throws {
    let bench = try JournalBench()
    try bench.write(
      .insertJob(job(1)),
      Self.used(1, at: 5, tokens: 1, step: 2),
      Self.used(1, at: 6, tokens: 2, step: 1)
    )
    try bench.write(.deleteJobs([1]))
    let kept = try bench.read { try $0.usage(of: 1) }
    #expect(kept.map(\.step) == [StepKey(1), StepKey(2)] && kept.map(\.amounts.inputTokens) == [2, 1])
  }

  @Test func `a number that only usage names is not given again`() throws {
    let bench = try JournalBench()
    try bench.write(Self.used(7, at: 5, tokens: 1))
    #expect(try bench.read { try $0.usage(by: .job, since: 0, until: .max, limit: 5).map(\.key) } == ["call-7"])
    try bench.reopen()
    #expect(bench.journal.takeSeq() == 8)
  }

  @Test func `a report of a while and a job's sums are found by an index`() throws {
    let bench = try JournalBench()
    let plans = try bench.read { database in
      try ["SELECT total(calls) FROM usage WHERE at >= 5 AND at < 9", "SELECT step FROM usage WHERE job = 1"].map {
        sql in
        try database.prepare("EXPLAIN QUERY PLAN \(sql)")
      }.map { rows in try rows.step() ? rows.text(3) ?? "" : "" }
    }
    #expect(plans[0].contains("INDEX usage_in_time") && plans[1].contains("INDEX usage_of_job"), "\(plans)")
  }
}
