internal import Glibc
internal import Jail
internal import Posix

/// A started worker, jailed or not.
protocol WorkerProcess: AnyObject {
  /// Of the process that we wait for; a jailed worker's own pid is known inside its jail only.
  var pid: Int32 { get }
  /// Readable when the process has ended.
  var exitDescriptor: Int32 { get }
  /// How it ended; nil when it has not.
  func reap() -> ProcessExit?
  /// Asks it to end, as politely as signals can.
  func terminate()
  /// Ends it, and whatever it has started.
  func kill()
  /// What is known of its end beyond its exit.
  var cause: String? { get }
}

/// A worker that leads a session and a process group of its own.
final class OrdinaryProcess: WorkerProcess {
  let pid: Int32
  let cause: String? = nil
  private let pidfd: Descriptor

  init(_ child: consuming ChildProcess) {
    pid = child.pid
    pidfd = child.takePidfd()
  }

  var exitDescriptor: Int32 { pidfd.raw }

  func reap() -> ProcessExit? {
    // Whatever it left behind in its group ends with it; before the reaping, after which its number may be another's.
    Glibc.kill(-pid, SIGKILL)
    do throws(PosixError) {
      return try ChildProcess.reap(pidfd: pidfd.raw)
    } catch {
      // Somebody else reaped our child: its status is lost, but not that it ended.
      return .code(-1)
    }
  }

  func terminate() { signal(SIGTERM) }
  func kill() { signal(SIGKILL) }

  private func signal(_ number: Int32) {
    if Glibc.kill(-pid, number) != 0 { ChildProcess.signal(pidfd: pidfd.raw, number) }
  }
}

extension JailProcess: WorkerProcess {
  func reap() -> ProcessExit? {
    guard reaped() else { return nil }
    return exit ?? (setupFailure == nil ? .signal(SIGKILL) : .code(125))
  }

  /// Pid 1 of the jail takes no signal but the last one, so there is nothing milder.
  func terminate() {}

  var cause: String? {
    if let failure = setupFailure {
      let path = failure.path.map { " '\($0)'" } ?? ""
      return "its jail could not be built: stage '\(failure.stage)'\(path): \(errnoMessage(failure.errno))"
    }
    return endedBy.map { "it reached a limit: \($0.rawValue)" }
  }
}
