internal import Jail
internal import Synchronization
internal import WorkerKit

/// What the tools share: what the worker was granted, told by `initialize`.
struct FilesWorker: Sendable {
  private static let grants = Mutex(Grants())

  static func start(_ granted: Grants) {
    // No other process of this user may read the worker's memory.
    OwnNamespaces.setDumpable(false)
    grants.withLock { $0 = granted }
  }

  static func call(_ call: Call, writes: Bool) async throws -> JSON {
    let roots = try Roots(call.needs, grants: grants.withLock { $0 }, writes: writes)
    let place = try roots.place(of: call.input["path"]?.stringValue ?? "")
    return try await JailedCall(call, place, writes: writes).run()
  }
}
