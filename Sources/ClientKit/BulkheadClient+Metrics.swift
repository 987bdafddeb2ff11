internal import Posix
public import Wire

/// How jobs, tools, models and rules of the policy did in a time.
public struct MetricsSummary: Sendable, Equatable {
  /// A tool or a model.
  public struct Row: Sendable, Equatable {
    public let name: String
    public let sum: ExecutionSum
  }

  /// A rule of the policy: how often it asked a person, blocked and warned.
  public struct Rule: Sendable, Equatable {
    public let name: String
    public let asked: Int64
    public let blocked: Int64
    public let warned: Int64
  }

  /// When it was made: milliseconds since 1970.
  public let at: Int64
  public let jobs: JobCounts
  /// How many approvals wait for a person now.
  public let waitingApprovals: Int64
  public let total: ExecutionSum
  /// Those with most executions first.
  public let tools: [Row]
  public let models: [Row]
  public let rules: [Rule]
  /// Raised now.
  public let alerts: [RaisedAlert]
  /// There was more than one answer takes: only the newest is counted, or rows are left out.
  public let isAbridged: Bool

  init(_ response: MetricsReport.Response) {
    at = response.at
    jobs = response.jobs
    waitingApprovals = response.waitingApprovals
    total = response.total
    tools = response.tools.map { Row(name: $0.name, sum: $0.sum) }
    models = response.models.map { Row(name: $0.name, sum: $0.sum) }
    rules = response.rules.map { Rule(name: $0.name, asked: $0.asked, blocked: $0.blocked, warned: $0.warned) }
    alerts = response.alerts
    isAbridged = response.isAbridged
  }
}

/// What trying out every part came to.
public struct HealthReport: Sendable, Equatable {
  public let status: HealthStatus
  /// How long all of it took, in milliseconds.
  public let tookMS: Double
  public let probes: [HealthProbe]
}

/// Which ended jobs are wanted.
public struct JobHistorySearch: Sendable, Equatable {
  /// Milliseconds since 1970: those that ended from `since` on, and before `until`.
  public var since: Int64?
  public var until: Int64?
  /// `succeeded`, `failed` or `cancelled`; none: all.
  public var states: [String] = []
  /// Only those in which this tool was executed.
  public var tool: String?

  public init() {}
}

extension BulkheadClient {
  /// - Parameters:
  ///   - since: milliseconds since 1970; nil: from the first one on.
  ///   - until: before this time; nil: up to now.
  public func metrics(since: Int64? = nil, until: Int64? = nil) async throws(ClientError) -> MetricsSummary {
    MetricsSummary(try await request(MetricsReport(since: since, until: until)))
  }

  /// As it travels, for a document that is the protocol's.
  package func metricsReport(since: Int64?, until: Int64?) async throws(ClientError) -> MetricsReport.Response {
    try await request(MetricsReport(since: since, until: until))
  }

  /// Has the coordinator try out every part that work needs, each for at most `timeout`; with `deep` programs are run in the
  /// jail, too.
  public func health(deep: Bool = false, timeout: Duration = .seconds(5)) async throws(ClientError) -> HealthReport {
    let range = HealthCheck.timeoutRange
    let limit = min(max(Milliseconds(timeout).count, range.lowerBound), range.upperBound)
    let response = try await request(
      HealthCheck(isDeep: deep, timeoutMS: limit),
      timeout: .milliseconds(limit + 10_000)
    )
    return HealthReport(status: response.status, tookMS: response.tookMS, probes: response.probes)
  }

  /// Ended jobs, the one that ended last first, with what they used of language models: those behind `last`, at most `limit`
  /// (1 to 1,000). Fewer may come while there are more; an empty page is the end.
  public func endedJobs(
    _ search: JobHistorySearch = JobHistorySearch(),
    behind last: JobSummary? = nil,
    limit: Int = 100
  ) async throws(ClientError) -> [JobSummary] {
    var message = JobList(states: search.states, limit: Int64(min(max(limit, 1), 1_000)))
    message.order = .ended
    message.since = search.since
    message.until = last?.endedAt ?? search.until
    message.before = last?.sequence
    message.tool = search.tool
    message.wantsUsage = true
    return try await request(message).jobs
  }
}
