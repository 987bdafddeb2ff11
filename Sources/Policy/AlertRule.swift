/// When somebody wants to be told that something goes wrong.
package struct AlertRule: Sendable, Equatable {
  package enum Measure: String, Sendable, CaseIterable {
    /// Of attempts that ended, between 0 and 1.
    case successRate = "success_rate"
    case averageMS = "average_ms"
    case p95MS = "p95_ms"
    case usd
    case tokens
    case failures
    /// How many wait now.
    case waitingApprovals = "waiting_approvals"
  }

  package enum Side: String, Sendable, CaseIterable {
    case above, below
  }

  /// Unique within the policy.
  package var name: String
  package var of: Measure
  /// Only what this tool does; nil: whatever does it.
  package var tool: String?
  /// The side of `bound` on which it fires; the bound itself is on neither.
  package var side: Side
  package var bound: Double
  /// The span that is looked back on.
  package var overMS: Int64
  /// Attempts in the span below which it says nothing.
  package var atLeast: Int64

  package init(
    name: String,
    of: Measure,
    tool: String? = nil,
    _ side: Side,
    _ bound: Double,
    overMS: Int64 = 900_000,
    atLeast: Int64 = 1
  ) {
    self.name = name
    self.of = of
    self.tool = tool
    self.side = side
    self.bound = bound
    self.overMS = overMS
    self.atLeast = atLeast
  }
}
