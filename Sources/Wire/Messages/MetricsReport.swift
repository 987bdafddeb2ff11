package import JSON

/// Client → coordinator: how jobs, tools, models and rules of the policy did in a time.
package struct MetricsReport: WireRequest {
  package static let method = "metrics/report"
  /// Rows of each list of one answer.
  package static let rowLimit = 1_000

  /// Milliseconds since 1970; nil: from the first one on.
  package var since: Int64?
  /// Before this time; nil: up to now.
  package var until: Int64?

  package init(since: Int64? = nil, until: Int64? = nil) {
    self.since = since
    self.until = until
  }

  package init(from fields: inout Fields) throws(WireError) {
    since = try fields.integer("since")
    until = try fields.integer("until")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("since", since)
    writer.member("until", until)
  }

  package struct Response: WireBody {
    /// When it was made: milliseconds since 1970.
    package var at: Int64
    package var jobs: JobCounts
    /// How many approvals wait for a person now.
    package var waitingApprovals: Int64
    package var total: ExecutionSum
    /// Those with most executions first.
    package var tools: [Row]
    package var models: [Row]
    package var rules: [Rule]
    /// Raised now, in the policy's order.
    package var alerts: [RaisedAlert]
    /// There was more than one answer takes: only the newest jobs and executions are counted, or rows are left out.
    package var isAbridged: Bool

    package init(at: Int64, jobs: JobCounts = JobCounts(), total: ExecutionSum = ExecutionSum()) {
      self.at = at
      self.jobs = jobs
      waitingApprovals = 0
      self.total = total
      tools = []
      models = []
      rules = []
      alerts = []
      isAbridged = false
    }

    package init(from fields: inout Fields) throws(WireError) {
      at = try fields.requireInteger("at")
      jobs = try fields.requireBody("jobs")
      waitingApprovals = try fields.requireInteger("waiting_approvals")
      total = try fields.requireBody("total")
      tools = try fields.requireBodies("tools", limit: MetricsReport.rowLimit)
      models = try fields.requireBodies("models", limit: MetricsReport.rowLimit)
      rules = try fields.requireBodies("rules", limit: MetricsReport.rowLimit)
      alerts = try fields.requireBodies("alerts", limit: MetricsReport.rowLimit)
      isAbridged = try fields.optional("abridged") ?? false
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("at", at)
      writer.member("jobs", jobs)
      writer.member("waiting_approvals", waitingApprovals)
      writer.member("total", total)
      writer.member("tools", tools)
      writer.member("models", models)
      writer.member("rules", rules)
      writer.member("alerts", alerts)
      if isAbridged { writer.member("abridged", true) }
    }
  }

  /// A tool or a model.
  package struct Row: WireBody, Equatable {
    package var name: String
    package var sum: ExecutionSum

    package init(name: String, sum: ExecutionSum) {
      self.name = name
      self.sum = sum
    }

    package init(from fields: inout Fields) throws(WireError) {
      name = try fields.require("name")
      sum = try ExecutionSum(from: &fields)
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("name", name)
      sum.encode(into: &writer)
    }
  }

  /// A rule of the policy, and how often it did what it does.
  package struct Rule: WireBody, Equatable {
    package var name: String
    /// A person.
    package var asked: Int64
    package var blocked: Int64
    package var warned: Int64

    package init(name: String, asked: Int64 = 0, blocked: Int64 = 0, warned: Int64 = 0) {
      self.name = name
      self.asked = asked
      self.blocked = blocked
      self.warned = warned
    }

    package init(from fields: inout Fields) throws(WireError) {
      name = try fields.require("name")
      asked = try fields.requireInteger("asked")
      blocked = try fields.requireInteger("blocked")
      warned = try fields.requireInteger("warned")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("name", name)
      writer.member("asked", asked)
      writer.member("blocked", blocked)
      writer.member("warned", warned)
    }
  }
}
