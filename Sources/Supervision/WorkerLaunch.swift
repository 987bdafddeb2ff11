package import Jail
package import Posix

/// How a manifest becomes a process.
package protocol WorkerLauncher: Sendable {
  /// Called on the spawner's thread.
  func launch(_ manifest: WorkerManifest) throws -> WorkerLaunch
  /// What is put around the worker; nil: nothing. Reads no file.
  func walls(around manifest: WorkerManifest) -> WorkerWalls?
}

extension WorkerLauncher {
  package func walls(around manifest: WorkerManifest) -> WorkerWalls? { nil }
}

/// What starts one worker.
package enum WorkerLaunch: Sendable {
  /// An ordinary process.
  case process(SpawnPlan)
  case jail(PreparedJail)
}
