internal import Glibc
internal import Posix
internal import Synchronization

/// Holds up functions that report faster than the coordinator reads, so that the queue towards it stays bounded and no
/// amount of output ends the connection.
final class ProgressGate: Sendable {
  private struct State {
    /// Reported and not yet with the connection.
    var reported = 0
    /// Waiting in the connection, when it was last looked at.
    var queued = 0
  }

  private let state = Mutex(State())
  static let limit = 4 << 20

  /// Called on the function's own thread, which waits while too much is on its way. A function that was asked to stop
  /// waits no longer; false: what it reports is dropped.
  func enter(_ bytes: Int, mayWait: Bool) -> Bool {
    while true {
      let isOpen = state.withLock { state in
        guard state.reported + state.queued <= Self.limit else { return false }
        state.reported += bytes
        return true
      }
      if isOpen { return true }
      if !mayWait || Task.isCancelled { return false }
      usleep(1000)
    }
  }

  func isOpen(_ bytes: Int) -> Bool {
    state.withLock { $0.reported + $0.queued + bytes <= Self.limit }
  }

  /// Called on the loop: `bytes` are with the connection, in which `queued` wait.
  func leave(_ bytes: Int, queued: Int) {
    state.withLock { state in
      state.reported -= bytes
      state.queued = queued
    }
  }
}
