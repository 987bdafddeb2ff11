/// What was used of language models, as numbers that can be added up.
package struct UsageAmounts: Sendable, Equatable {
  package var calls: Int64 = 0
  package var inputTokens: Int64 = 0
  package var outputTokens: Int64 = 0
  package var cachedTokens: Int64 = 0
  package var reasoningTokens: Int64 = 0
  /// In billionths of a US dollar, of the calls whose price is known.
  package var costNanoUSD: Int64 = 0
  /// Of `calls`: those without a price, and those whose tokens were estimated.
  package var unpricedCalls: Int64 = 0
  package var estimatedCalls: Int64 = 0
  /// Of `calls`: those that small models answered.
  package var smallCalls: Int64 = 0
  /// How often a small model was not enough.
  package var escalatedCalls: Int64 = 0
  /// What the calls in `costNanoUSD` would have cost on the large model.
  package var baselineNanoUSD: Int64 = 0
  /// The large model's name; empty: there is none, `several`: there is more than one.
  package var baselineModel = ""

  package static let several = "*"

  package init() {}

  /// The columns of both tables, in the order of `init(_:from:)` and `bind(to:from:)`.
  static let columns = numbers.joined(separator: ", ") + ", baseline_model"

  static let numbers = [
    "calls", "input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cost_nano_usd", "unpriced_calls",
    "estimated_calls", "small_calls", "escalated_calls", "baseline_nano_usd",
  ]

  /// Sums of the columns. `total` never overflows as `sum` does, and is exact up to 2⁵³.
  static let sums =
    numbers.map { "CAST(min(total(\($0)), 9.0e18) AS INTEGER)" }.joined(separator: ", ")
    + ", coalesce(iif(min(nullif(baseline_model, '')) = max(baseline_model), max(baseline_model), "
    + "iif(max(baseline_model) > '', '\(several)', '')), '')"

  init(_ row: Statement, from column: Int32) {
    calls = row.integer(column)
    inputTokens = row.integer(column + 1)
    outputTokens = row.integer(column + 2)
    cachedTokens = row.integer(column + 3)
    reasoningTokens = row.integer(column + 4)
    costNanoUSD = row.integer(column + 5)
    unpricedCalls = row.integer(column + 6)
    estimatedCalls = row.integer(column + 7)
    smallCalls = row.integer(column + 8)
    escalatedCalls = row.integer(column + 9)
    baselineNanoUSD = row.integer(column + 10)
    baselineModel = row.text(column + 11) ?? ""
  }

  func bind(to statement: Statement, from position: Int32) {
    let values = [
      calls, inputTokens, outputTokens, cachedTokens, reasoningTokens, costNanoUSD, unpricedCalls, estimatedCalls,
      smallCalls, escalatedCalls, baselineNanoUSD,
    ]
    for (offset, value) in values.enumerated() { statement.bind(position + Int32(offset), value) }
    statement.bind(position + Int32(values.count), baselineModel)
  }
}

/// What one call used of one model.
package struct UsageRecord: Sendable, Equatable {
  package var job: Int64
  /// To which the call belongs, however deep it was made.
  package var step: StepKey
  /// Of the call's answer.
  package var at: Int64
  /// The one that was called.
  package var tool: String
  package var provider: String
  package var model: String
  package var amounts: UsageAmounts

  package init(
    job: Int64,
    step: StepKey,
    at: Int64,
    tool: String,
    provider: String,
    model: String,
    amounts: UsageAmounts
  ) {
    self.job = job
    self.step = step
    self.at = at
    self.tool = tool
    self.provider = provider
    self.model = model
    self.amounts = amounts
  }
}

extension Database {
  private static let dayMS: Int64 = 86_400_000

  func insert(_ usage: UsageRecord) throws(JournalError) {
    let statement = try statement(
      """
      INSERT INTO usage (job, step, at, tool, provider, model, calls, input_tokens, output_tokens, cached_tokens,
        reasoning_tokens, cost_nano_usd, unpriced_calls, estimated_calls, small_calls, escalated_calls,
        baseline_nano_usd, baseline_model)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    )
    statement.bind(1, usage.job)
    statement.bind(2, usage.step.row(of: usage.job))
    statement.bind(3, usage.at)
    statement.bind(4, usage.tool)
    statement.bind(5, usage.provider)
    statement.bind(6, usage.model)
    usage.amounts.bind(to: statement, from: 7)
    try statement.run()
  }

  /// Keeps what a job that is removed used as sums of its days.
  func foldUsage(of job: Int64) throws(JournalError) {
    // `total` and the bounds of `min` keep integers: a sum that could not be stored would keep the job.
    let sums = UsageAmounts.numbers.map { "\($0) = min(\($0) + excluded.\($0), 9000000000000000000)" }
    let name =
      "baseline_model = iif(excluded.baseline_model IN ('', baseline_model), baseline_model, "
      + "iif(baseline_model = '', excluded.baseline_model, '\(UsageAmounts.several)'))"
    let updates = (sums + [name]).joined(separator: ", ")
    let fold = try prepare(
      """
      INSERT INTO usage_days (day, tool, provider, model, \(UsageAmounts.columns))
      SELECT at / \(Self.dayMS) AS day, tool, provider, model, \(UsageAmounts.sums) FROM usage WHERE job = ?
      GROUP BY day, tool, provider, model
      ON CONFLICT (day, tool, provider, model) DO UPDATE SET \(updates)
      """
    )
    fold.bind(1, job)
    try fold.run()
    let remove = try statement("DELETE FROM usage WHERE job = ?")
    remove.bind(1, job)
    try remove.run()
  }

  /// Of each step and item of a job that used anything, in plan order.
  package func usage(of job: Int64) throws(JournalError) -> [(step: StepKey, amounts: UsageAmounts)] {
    let rows = try prepare("SELECT step, \(UsageAmounts.sums) FROM usage WHERE job = ? GROUP BY step ORDER BY step")
    rows.bind(1, job)
    var usage: [(step: StepKey, amounts: UsageAmounts)] = []
    while try rows.step() { usage.append((StepKey(row: rows.integer(0)), UsageAmounts(rows, from: 1))) }
    return usage
  }

  /// Of a whole job; nil: it used nothing.
  package func totalUsage(of job: Int64) throws(JournalError) -> UsageAmounts? {
    let rows = try prepare("SELECT \(UsageAmounts.sums), count(*) FROM usage WHERE job = ?")
    rows.bind(1, job)
    guard try rows.step(), rows.integer(Int32(UsageAmounts.numbers.count) + 1) > 0 else { return nil }
    return UsageAmounts(rows, from: 0)
  }

  /// What rows of a report stand for.
  package enum UsageKey: Sendable {
    case day, job, model, provider, tool
  }

  /// Sums of what was used from `since` on and before `until`, in milliseconds since 1970. Days come newest first,
  /// others dearest first; a nil key stands for all jobs that were removed.
  package func usage(
    by key: UsageKey,
    since: Int64,
    until: Int64,
    limit: Int
  ) throws(JournalError) -> [(key: String?, amounts: UsageAmounts)] {
    let (kept, folded, shown) =
      switch key {
      case .day: ("at / \(Self.dayMS)", "day", "date(k * 86400, 'unixepoch')")
      case .job: ("job", "NULL", "iif(k IS NULL, NULL, coalesce((SELECT id FROM jobs WHERE seq = k), 'call-' || k))")
      case .model: ("model", "model", "k")
      case .provider: ("provider", "provider", "k")
      case .tool: ("tool", "tool", "k")
      }
    let order = key == .day ? "k DESC" : "total(cost_nano_usd) DESC, total(input_tokens) DESC, k"
    let rows = try prepare(
      "SELECT \(shown), \(UsageAmounts.sums) FROM (\(Self.usageRows(kept, folded))) GROUP BY k ORDER BY \(order) LIMIT ?3"
    )
    Self.bind(rows, since, until)
    rows.bind(3, Int64(limit))
    var usage: [(key: String?, amounts: UsageAmounts)] = []
    while try rows.step() { usage.append((rows.text(0), UsageAmounts(rows, from: 1))) }
    return usage
  }

  /// The sum of all rows of such a report.
  package func usage(since: Int64, until: Int64) throws(JournalError) -> UsageAmounts {
    let rows = try prepare("SELECT \(UsageAmounts.sums) FROM (\(Self.usageRows("0", "0")))")
    Self.bind(rows, since, until)
    return try rows.step() ? UsageAmounts(rows, from: 0) : UsageAmounts()
  }

  /// Of removed jobs only the day is known: it counts when any of it is meant.
  private static func usageRows(_ kept: String, _ folded: String) -> String {
    """
    SELECT \(kept) AS k, \(UsageAmounts.columns) FROM usage WHERE at >= ?1 AND at < ?2
    UNION ALL
    SELECT \(folded), \(UsageAmounts.columns) FROM usage_days WHERE day >= ?1 / \(dayMS) AND day * \(dayMS) < ?2
    """
  }

  private static func bind(_ rows: Statement, _ since: Int64, _ until: Int64) {
    rows.bind(1, since)
    rows.bind(2, until)
  }
}
