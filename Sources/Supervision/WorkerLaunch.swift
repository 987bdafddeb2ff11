package import Jail
package import Posix

/// How a manifest becomes a process.
package protocol WorkerLauncher: Sendable {
  /// Called on the spawner's thread.
  func launch(_ manifest: WorkerManifest) throws -> WorkerLaunch
}

/// What starts one worker.
package enum WorkerLaunch: Sendable {
  /// An ordinary process.
  case process(SpawnPlan)
  case jail(PreparedJail)
}
