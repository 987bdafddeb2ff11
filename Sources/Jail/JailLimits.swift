/// What one run may use. Nil: no limit of this kind.
package struct JailLimits: Sendable, Hashable {
  package var wallMilliseconds: UInt64?
  /// Processor time of the whole tree.
  package var cpuMilliseconds: UInt64?
  /// Memory of the whole tree, the workspace included.
  package var memoryBytes: UInt64?
  /// Processes and threads at one time, the program included.
  package var processes: UInt32?
  package var fileSizeBytes: UInt64?
  /// Open descriptors per process.
  package var openFiles: UInt32?
  /// Of standard output and standard error, each.
  package var outputBytes: Int
  /// Artifacts: how many, and all of their bytes.
  package var artifacts: Int
  package var artifactBytes: Int
  /// How often the tree is looked at for `cpu` and `memory`; the overshoot is what a tree can use in this time.
  package var tickMilliseconds: UInt32

  package init(
    wallMilliseconds: UInt64? = 30_000,
    cpuMilliseconds: UInt64? = 30_000,
    memoryBytes: UInt64? = 512 << 20,
    processes: UInt32? = 64,
    fileSizeBytes: UInt64? = 64 << 20,
    openFiles: UInt32? = 256,
    outputBytes: Int = 1 << 20,
    artifacts: Int = 64,
    artifactBytes: Int = 16 << 20,
    tickMilliseconds: UInt32 = 20
  ) {
    self.wallMilliseconds = wallMilliseconds
    self.cpuMilliseconds = cpuMilliseconds
    self.memoryBytes = memoryBytes
    self.processes = processes
    self.fileSizeBytes = fileSizeBytes
    self.openFiles = openFiles
    self.outputBytes = outputBytes
    self.artifacts = artifacts
    self.artifactBytes = artifactBytes
    self.tickMilliseconds = tickMilliseconds
  }

  /// For a worker that lives as long as the coordinator: nothing ends it by itself.
  package static let longLived = JailLimits(
    wallMilliseconds: nil,
    cpuMilliseconds: nil,
    memoryBytes: nil,
    processes: 256,
    fileSizeBytes: nil,
    openFiles: 1024
  )
}
