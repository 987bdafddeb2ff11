/// How much of the jail a host can enforce. Enumerated, strongest first; a policy names the one it demands. What must hold
/// under each is the corpus of attacks, run once for every grade.
package enum JailGrade: String, Sendable, Hashable, CaseIterable, Comparable {
  /// Every wall.
  case full
  /// All but what Landlock gained after its first version: TCP rules, scoped signals and abstract sockets. Namespaces
  /// still hold these.
  case oldLandlock = "old-landlock"
  /// Landlock, seccomp and rlimits without private root, own processes, network and ids: no workspace, no /tmp, files
  /// refused instead of absent, processes counted by the watchdog alone. Landlock must scope signals, since nothing else
  /// keeps a program from the processes of its own user.
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

  /// Those that something can be run under.
  package static let usable = allCases.filter { $0 != .none }

  /// What is not enforced, in a few words for `doctor`.
  package var missing: String? {
    switch self {
    case .full: nil
    case .oldLandlock: "TCP, signals and abstract sockets are held by namespaces alone"
    case .noNamespaces:
      "no private root, workspace, process, network or id spaces: Landlock, seccomp, limits and the watchdog alone"
    case .none: "nothing is run"
    }
  }
}
