/// One attempt at a step, or one call, that a worker had and that ended: what metrics are made of.
package struct ExecutionRecord: Sendable, Equatable {
  package enum Outcome: Int64, Sendable {
    case failed = 0
    case succeeded = 1
    case cancelled = 2
  }

  /// Seq of the job.
  package var job: Int64
  /// When it ended: wall time, milliseconds since 1970.
  package var at: Int64
  package var tool: String
  /// The language model that it used; of several the last one. nil: none.
  package var model: String?
  package var outcome: Outcome
  /// In the worker's hands, microseconds.
  package var tookUS: Int64
  /// Read and written, of all models that it used.
  package var tokens: Int64
  package var costNanoUSD: Int64

  package init(
    job: Int64,
    at: Int64,
    tool: String,
    model: String? = nil,
    outcome: Outcome,
    tookUS: Int64,
    tokens: Int64 = 0,
    costNanoUSD: Int64 = 0
  ) {
    self.job = job
    self.at = at
    self.tool = tool
    self.model = model
    self.outcome = outcome
    self.tookUS = tookUS
    self.tokens = tokens
    self.costNanoUSD = costNanoUSD
  }
}

/// Rules of the policy that did something at a time.
package struct RuleHits: Sendable, Equatable {
  package enum Effect: String, Sendable, CaseIterable {
    case asked, blocked, warned
  }

  package var at: Int64
  package var effect: Effect
  package var rules: [String]

  package init(at: Int64, _ effect: Effect, _ rules: [String]) {
    self.at = at
    self.effect = effect
    self.rules = rules
  }
}

extension Database {
  /// Of an id's bits, those that number the executions of one millisecond.
  private static let withinBits: Int64 = 20
  private static let minuteMS: Int64 = 60_000
  /// What one entry removes at most, so that nobody waits for it.
  private static let removalLimit = 20_000

  private static func id(at time: Int64) -> Int64 { min(max(time, 0), 1 << 42) << withinBits }

  func insert(_ execution: ExecutionRecord) throws(JournalError) {
    // The next free number of its millisecond.
    let statement = try statement(
      """
      INSERT INTO executions (id, job, tool, model, outcome, took_us, tokens, cost_nano_usd)
      VALUES (coalesce((SELECT max(id) + 1 FROM executions WHERE id >= ?1 AND id < ?1 + 1048575), ?1),
        ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """
    )
    statement.bind(1, Self.id(at: execution.at))
    statement.bind(2, execution.job)
    statement.bind(3, execution.tool)
    statement.bind(4, execution.model)
    statement.bind(5, execution.outcome.rawValue)
    statement.bind(6, execution.tookUS)
    statement.bind(7, execution.tokens)
    statement.bind(8, execution.costNanoUSD)
    try statement.run()
  }

  func add(_ hits: RuleHits) throws(JournalError) {
    for rule in hits.rules {
      let statement = try statement(
        """
        INSERT INTO rule_minutes (minute, rule, effect, count) VALUES (?, ?, ?, 1)
        ON CONFLICT (minute, rule, effect) DO UPDATE SET count = count + 1
        """
      )
      statement.bind(1, hits.at / Self.minuteMS)
      statement.bind(2, rule)
      statement.bind(3, hits.effect.rawValue)
      try statement.run()
    }
  }

  /// Forgets the oldest of what ended before `time`, a bounded number at once.
  func removeMetrics(before time: Int64) throws(JournalError) {
    let executions = try prepare(
      "DELETE FROM executions WHERE id IN (SELECT id FROM executions WHERE id < ? ORDER BY id LIMIT \(Self.removalLimit))"
    )
    executions.bind(1, Self.id(at: time))
    try executions.run()
    let hits = try prepare(
      """
      DELETE FROM rule_minutes WHERE (minute, rule, effect) IN
        (SELECT minute, rule, effect FROM rule_minutes WHERE minute < ? LIMIT \(Self.removalLimit))
      """
    )
    hits.bind(1, time / Self.minuteMS)
    try hits.run()
  }

  // MARK: Reading

  /// Hands over what ended from `since` on and before `until`, the newest first, at most `limit`; gives whether there is
  /// more.
  package func executions(
    since: Int64,
    until: Int64,
    limit: Int,
    _ body: (ExecutionRecord) -> Void
  ) throws(JournalError) -> Bool {
    let rows = try prepare(
      """
      SELECT id, job, tool, model, outcome, took_us, tokens, cost_nano_usd FROM executions
      WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT ?
      """
    )
    rows.bind(1, Self.id(at: since))
    rows.bind(2, Self.id(at: until))
    rows.bind(3, Int64(limit) + 1)
    var count = 0
    while try rows.step() {
      count += 1
      if count > limit { return true }
      body(
        ExecutionRecord(
          job: rows.integer(1),
          at: rows.integer(0) >> Self.withinBits,
          tool: rows.text(2) ?? "",
          model: rows.text(3),
          outcome: ExecutionRecord.Outcome(rawValue: rows.integer(4)) ?? .failed,
          tookUS: rows.integer(5),
          tokens: rows.integer(6),
          costNanoUSD: rows.integer(7)
        )
      )
    }
    return false
  }

  /// Hands over state and duration of the jobs that ended then, as `executions` does; nil: it was over before it began.
  package func endedJobs(
    since: Int64,
    until: Int64,
    limit: Int,
    _ body: (JobState, Int64?) -> Void
  ) throws(JournalError) -> Bool {
    let rows = try prepare(
      """
      SELECT state, ended_at - started_at FROM jobs WHERE ended_at >= ? AND ended_at < ?
      ORDER BY ended_at DESC LIMIT ?
      """
    )
    rows.bind(1, since)
    rows.bind(2, until)
    rows.bind(3, Int64(limit) + 1)
    var count = 0
    while try rows.step() {
      count += 1
      if count > limit { return true }
      guard let state = rows.text(0).flatMap(JobState.init(rawValue:)) else { continue }
      body(state, rows.optionalInteger(1))
    }
    return false
  }

  /// How many jobs are in each of the states of those that have not ended.
  package func openJobStates() throws(JournalError) -> [JobState: Int64] {
    let rows = try prepare(
      "SELECT state, count(*) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled') GROUP BY state"
    )
    var states: [JobState: Int64] = [:]
    while try rows.step() {
      if let state = rows.text(0).flatMap(JobState.init(rawValue:)) { states[state] = rows.integer(1) }
    }
    return states
  }

  /// How often rules did what they do, those that did most first. Whole minutes: of `since` and `until` those in which
  /// they are.
  package func ruleHits(
    since: Int64,
    until: Int64,
    limit: Int
  ) throws(JournalError) -> [(rule: String, counts: [RuleHits.Effect: Int64])] {
    let rows = try prepare(
      """
      SELECT rule, total(count) FILTER (WHERE effect = 'asked'), total(count) FILTER (WHERE effect = 'blocked'),
        total(count) FILTER (WHERE effect = 'warned')
      FROM rule_minutes WHERE minute >= ? AND minute <= ? GROUP BY rule ORDER BY total(count) DESC, rule LIMIT ?
      """
    )
    rows.bind(1, since / Self.minuteMS)
    rows.bind(2, until / Self.minuteMS)
    rows.bind(3, Int64(limit))
    var hits: [(rule: String, counts: [RuleHits.Effect: Int64])] = []
    while try rows.step() {
      hits.append(
        (rows.text(0) ?? "", [.asked: rows.integer(1), .blocked: rows.integer(2), .warned: rows.integer(3)])
      )
    }
    return hits
  }
}
