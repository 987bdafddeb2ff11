internal import Wire

/// What is around the workers of one kind, for people to read.
package struct WorkerWalls: Sendable, Equatable {
  /// What keeps a worker from executing programs.
  package enum ExecWall: String, Sendable {
    /// Nothing: it may.
    case none
    /// All but its own program and its loader are refused.
    case landlock
    /// Every exec is refused. The second half is the worker's own doing, and its own word.
    case landlockAndSeccomp = "landlock+seccomp"
  }

  /// Name of the grade; a worker whose jail would be less is not started.
  package var grade: String
  /// Name of the set of permitted system calls.
  package var profile: String
  /// May it open connections to other machines?
  package var reachesNetwork: Bool
  /// `cgroup` or `watchdog`: what limits its memory, or that of the jails that it builds.
  package var limitsBy: String
  package var execWall: ExecWall
  /// Paths beside its own folder and the system's libraries.
  package var readable: Int
  package var writable: Int
}

extension WorkerKind {
  /// Nil when its processes are not jailed. The exec wall is that of the weakest process which is ready.
  package var walls: WorkerWalls? {
    guard var walls = supervisor.launcher.walls(around: manifest) else { return nil }
    let hellos = instances.compactMap(\.hello)
    if walls.execWall == .landlock, !hellos.isEmpty, hellos.allSatisfy(\.hasGivenUpExec) {
      walls.execWall = .landlockAndSeccomp
    }
    return walls
  }
}
