/// What somebody may do with a coordinator; each role may do what those before it may.
public enum Role: String, Sendable, CaseIterable, Comparable {
  /// Sees jobs, plans, logs and reports.
  case viewer
  /// Has work done, and stops their own.
  case submitter
  /// Decides what waits for a person.
  case approver
  /// Changes what the coordinator is: policy, workers, retention, and other people's jobs.
  case admin

  public static func < (left: Role, right: Role) -> Bool { left.rank < right.rank }

  private var rank: Int {
    switch self {
    case .viewer: 0
    case .submitter: 1
    case .approver: 2
    case .admin: 3
    }
  }
}
