internal import Journal
internal import Wire

/// What `metrics/report` is made of, read on the thread of long searches.
///
/// The newest million jobs and executions of the time are counted, exactly; a 95th percentile is exact up to 100,000
/// durations of a row, and beyond that it is of a sample of so many.
struct MetricsReading: Sendable {
  private static let scanLimit = 1_000_000

  private var jobs = JobCounts()
  private var jobTimes = DurationSample()
  private var total = ExecutionTally()
  private var tools: [String: ExecutionTally] = [:]
  private var models: [String: ExecutionTally] = [:]
  private var rules: [MetricsReport.Rule] = []
  private var usage: [UsageReport.Key: [String: UsageAmounts]] = [:]
  private var totalUsage = UsageAmounts()
  private var isAbridged = false

  init(_ database: Database, since: Int64, until: Int64) throws(JournalError) {
    try readJobs(database, since, until)
    var (total, tools, models) = (total, tools, models)
    let hasMore = try database.executions(since: since, until: until, limit: Self.scanLimit) { execution in
      total.add(execution)
      tools[execution.tool, default: ExecutionTally()].add(execution)
      if let model = execution.model { models[model, default: ExecutionTally()].add(execution) }
    }
    (self.total, self.tools, self.models) = (total, tools, models)
    isAbridged = isAbridged || hasMore
    for hit in try database.ruleHits(since: since, until: until, limit: MetricsReport.rowLimit) {
      rules.append(
        MetricsReport.Rule(
          name: hit.rule,
          asked: hit.counts[.asked] ?? 0,
          blocked: hit.counts[.blocked] ?? 0,
          warned: hit.counts[.warned] ?? 0
        )
      )
    }
    usage[.tool] = try Self.usage(database, .tool, since, until)
    usage[.model] = try Self.usage(database, .model, since, until)
    totalUsage = try database.usage(since: since, until: until)
  }

  private mutating func readJobs(_ database: Database, _ since: Int64, _ until: Int64) throws(JournalError) {
    let open = try database.openJobStates()
    jobs.queued = open[.queued] ?? 0
    jobs.running = open[.running] ?? 0
    jobs.waiting = open[.waiting] ?? 0
    jobs.paused = open[.paused] ?? 0
    jobs.cancelling = open[.cancelling] ?? 0
    var (jobs, times) = (jobs, jobTimes)
    isAbridged = try database.endedJobs(since: since, until: until, limit: Self.scanLimit) { state, took in
      switch state {
      case .succeeded: jobs.succeeded += 1
      case .failed: jobs.failed += 1
      default:
        jobs.cancelled += 1
        return
      }
      if let took { times.add(max(0, took)) }
    }
    jobs.averageMS = times.average
    jobs.p95MS = times.p95.map { Double($0) }
    (self.jobs, jobTimes) = (jobs, times)
  }

  private static func usage(
    _ database: Database,
    _ key: Database.UsageKey,
    _ since: Int64,
    _ until: Int64
  ) throws(JournalError) -> [String: UsageAmounts] {
    let rows = try database.usage(by: key, since: since, until: until, limit: MetricsReport.rowLimit)
    return Dictionary(
      rows.compactMap { row in row.key.map { ($0, row.amounts) } },
      uniquingKeysWith: { first, _ in first }
    )
  }

  func response(at now: Int64, waitingApprovals: Int, _ alerts: [RaisedAlert]) -> MetricsReport.Response {
    var response = MetricsReport.Response(at: now, jobs: jobs, total: total.sum)
    response.total.add(totalUsage)
    response.waitingApprovals = Int64(waitingApprovals)
    response.tools = rows(tools, usage[.tool] ?? [:])
    response.models = rows(models, usage[.model] ?? [:])
    response.rules = rules
    response.alerts = Array(alerts.prefix(MetricsReport.rowLimit))
    response.isAbridged = isAbridged || max(response.tools.count, response.models.count) > MetricsReport.rowLimit
    response.tools = Array(response.tools.prefix(MetricsReport.rowLimit))
    response.models = Array(response.models.prefix(MetricsReport.rowLimit))
    return response
  }

  /// Of what was executed, and of what has used something though nothing is kept of its executions.
  private func rows(_ tallies: [String: ExecutionTally], _ usage: [String: UsageAmounts]) -> [MetricsReport.Row] {
    let rows = Set(tallies.keys).union(usage.keys).map { name in
      var sum = tallies[name]?.sum ?? ExecutionSum()
      if let used = usage[name] { sum.add(used) }
      return MetricsReport.Row(name: name, sum: sum)
    }
    return rows.sorted { ($1.sum.executions, $0.name) < ($0.sum.executions, $1.name) }
  }
}

extension ExecutionSum {
  fileprivate mutating func add(_ used: UsageAmounts) {
    let (tokens, overflow) = used.inputTokens.addingReportingOverflow(used.outputTokens)
    self.tokens = overflow ? .max : tokens
    costNanoUSD = used.costNanoUSD
    unpricedCalls = used.unpricedCalls
  }
}

extension Jobs {
  func metrics(_ message: MetricsReport, answer: @escaping Answer<MetricsReport.Response>) {
    let now = WallTime.now
    // What ended in this very millisecond is in it.
    let (since, until) = (message.since ?? 0, message.until ?? now + 1)
    journal.auditReader.read { database in
      try MetricsReading(database, since: since, until: until)
    } then: { [weak self] result in
      guard let self else { return }
      let (waiting, alerts) = (judge.approvals.pendingCount, judge.metrics.alerts)
      answer(
        result.mapError(Self.storage).map { $0.response(at: now, waitingApprovals: waiting, alerts) }
      )
    }
  }
}
