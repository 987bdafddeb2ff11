package import Posix
internal import Transport
package import Wire

/// What asking an instance whether it is there came to.
package enum InstanceProbe: Sendable, Equatable {
  /// It answered `ping`.
  case answered
  /// It has so many calls and need not answer until they have ended, so it was not asked.
  case busy(Int)
  /// It has a process that does not take calls yet, or takes none any more: `initializing` and the like.
  case passing(String)
  /// It has none; with the latest error, and when it is tried again.
  case gone(String?, restartsInMS: Int64?)
  case failed(WireError)
}

extension WorkerInstance {
  /// Asks the process behind it for a sign of life; `then` is called once, after `timeout` at the latest.
  package func probe(timeout: Milliseconds, then: @escaping (InstanceProbe) -> Void) {
    guard let connection, let state = stateName else {
      return then(.gone(lastError, restartsInMS: restartsInMS))
    }
    guard isReady else { return then(.passing(state)) }
    if runningCount > 0, hello?.alwaysAnswersPing != true { return then(.busy(runningCount)) }
    connection.request(Ping(), timeout: timeout) { result in
      switch result {
      case .success: then(.answered)
      case .failure(let error): then(.failed(error))
      }
    }
  }
}
