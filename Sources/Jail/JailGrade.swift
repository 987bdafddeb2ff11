/// How much of the jail a host can enforce. Enumerated, strongest first; a policy names the one it demands.
package enum JailGrade: String, Sendable, Hashable, CaseIterable, Comparable {
  /// Every wall.
  case full
  /// All but what Landlock gained after its first version: TCP rules, scoped signals and abstract sockets. Namespaces
  /// still hold these.
  case oldLandlock = "old-landlock"
  /// Landlock, seccomp and rlimits without private root, own processes, network and ids.
  case noNamespaces = "no-namespaces"
  /// Less than any of these: nothing is run.
  case none

  private var rank: Int {
    switch self {
    case .none: 0
    case .noNamespaces: 1
    case .oldLandlock: 2
    case .full: 3
    }
  }

  package static func < (a: JailGrade, b: JailGrade) -> Bool { a.rank < b.rank }
}
