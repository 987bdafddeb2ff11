/// Steps that a job made of a request has beside those of its plan. Their ids are `planning`, `planning-2`, …
package enum Stage: String, Sendable {
  case planning, synthesis, verification

  /// What a planning step may take: a model on one's own machine reads slowly, and may be asked several times.
  static let planningMS: Int64 = 900_000

  /// The stage of a step with this id.
  package init?(id: String) {
    let parts = id.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard let stage = Stage(rawValue: String(parts[0])) else { return nil }
    if parts.count == 2, parts[1].isEmpty || !parts[1].utf8.allSatisfy({ (48...57).contains($0) }) { return nil }
    self = stage
  }

  /// The id of its n-th step.
  package func id(_ n: Int) -> String { n == 1 ? rawValue : "\(rawValue)-\(n)" }

  /// Tools of the planner that do the work.
  package var tool: String {
    switch self {
    case .planning: "make_plan"
    case .synthesis: "write_answer"
    case .verification: "verify_result"
    }
  }
}
