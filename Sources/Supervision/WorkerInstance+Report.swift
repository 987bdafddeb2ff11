internal import Posix
package import Wire

// What others may know of an instance.

extension WorkerInstance {
  /// The running invocation whose `tool/invoke` has this id on this instance's connection.
  package func invocation(_ id: RequestID) -> Invocation? { running[id] }

  /// As `workers/list` names it; nil while there is no process.
  package var stateName: String? {
    switch lifecycle.state {
    case .down, .starting, .waiting: nil
    case .initializing: "initializing"
    case .ready: isCondemned ? "draining" : "ready"
    case .draining: "draining"
    case .stopping: pid == nil ? nil : "stopping"
    }
  }

  package var isThrottled: Bool { if case .waiting = lifecycle.state { true } else { false } }
  package var isDown: Bool { lifecycle.state == .down }

  /// How long until it is started again; nil when that is not planned.
  package var restartsInMS: Int64? {
    guard case .waiting = lifecycle.state else { return nil }
    return restartsAt?.milliseconds(since: .now)
  }

}
