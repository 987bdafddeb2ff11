package import Jail
package import Posix

/// How a manifest becomes a process.
package protocol WorkerLauncher: Sendable {
  /// Called on the spawner's thread.
  func launch(_ manifest: WorkerManifest) throws -> WorkerLaunch
}

/// What starts one worker: the plan, the descriptors that go with it beyond the three streams, and, for a jailed one,
/// our end of its jail's status socket.
package final class WorkerLaunch: Sendable {
  let plan: SpawnPlan
  private let owned: [SharedDescriptor]
  let status: JailStatus?

  /// An ordinary process.
  package init(_ plan: SpawnPlan) {
    self.plan = plan
    owned = []
    status = nil
  }

  package init(_ jail: consuming JailLaunch) {
    plan = jail.plan
    status = jail.status
    let (policy, innerStatus) = jail.handOver()
    owned = [SharedDescriptor(policy), SharedDescriptor(innerStatus)]
  }

  /// In the order in which the process gets them, after its streams.
  var descriptors: [Int32] { owned.map { $0.descriptor.raw } }

  private final class SharedDescriptor: Sendable {
    let descriptor: Descriptor
    init(_ raw: Int32) { descriptor = Descriptor(owning: raw) }
  }
}
