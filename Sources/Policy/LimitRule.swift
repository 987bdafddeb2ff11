/// How much of something there may be in a span of time.
package struct LimitRule: Sendable, Equatable {
  /// What is counted.
  package enum Measure: String, Sendable, CaseIterable {
    /// Jobs that were submitted.
    case tasks
    /// Attempts of tools.
    case executions
    /// Jobs that run at the same time; the only one without a period.
    case concurrentJobs = "concurrent_jobs"
    /// What models cost.
    case usd
    /// What went into models and came out of them.
    case tokens
    /// Processor time and time on the clock of executions.
    case cpu, wall
  }

  package enum Period: String, Sendable, CaseIterable {
    case minute, hour, day
    /// Within each job by itself.
    case job

    /// nil for `job`.
    package var milliseconds: Int64? {
      switch self {
      case .minute: 60_000
      case .hour: 3_600_000
      case .day: 86_400_000
      case .job: nil
      }
    }
  }

  /// Who shares it.
  package enum Sharing: String, Sendable, CaseIterable {
    /// All callers together.
    case everyone
    /// Each user has their own.
    case caller
  }

  /// What happens to what would go over it.
  package enum Overrun: String, Sendable, CaseIterable {
    case wait, fail
  }

  /// Unique within the policy.
  package var name: String
  package var of: Measure
  /// Only what this tool does; nil: whatever does it.
  package var tool: String?
  /// Counts as they are; `usd` in billionths of a dollar; `cpu` and `wall` in milliseconds.
  package var atMost: Int64
  /// nil: of `concurrent_jobs`, which is no span.
  package var per: Period?
  package var sharing: Sharing
  package var over: Overrun

  package init(
    name: String,
    of: Measure,
    tool: String? = nil,
    atMost: Int64,
    per: Period? = nil,
    sharing: Sharing = .everyone,
    over: Overrun = .wait
  ) {
    self.name = name
    self.of = of
    self.tool = tool
    self.atMost = atMost
    self.per = per
    self.sharing = sharing
    self.over = over
  }
}
