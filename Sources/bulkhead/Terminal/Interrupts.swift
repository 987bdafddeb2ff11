internal import Glibc
internal import Posix
internal import Synchronization

/// Ctrl-C: the first asks the running command to stop, the second ends the program at once, unless a command has its own
/// idea of both.
enum Interrupts {
  private static let count = Atomic<Int>(0)
  private static let task = Mutex<Task<Void, Never>?>(nil)
  private static let handler = Mutex<(@Sendable (Int) -> Void)?>(nil)

  static var happened: Bool { count.load(ordering: .acquiring) > 0 }

  /// Call before any thread starts, so that all of them leave the signals to the one that waits here.
  static func watch(_ first: @escaping @Sendable () -> Void) {
    var set = signals
    pthread_sigmask(SIG_BLOCK, &set, nil)
    startThread("interrupts") {
      var set = signals
      while true {
        var number: Int32 = 0
        guard sigwait(&set, &number) == 0 else { continue }
        let nth = count.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue
        if let handler = handler.withLock({ $0 }) {
          handler(nth)
          continue
        }
        if nth > 1 { _exit(ExitCode.interrupted) }
        first()
        task.withLock { $0?.cancel() }
      }
    }
  }

  /// Names the task that the first one cancels.
  static func cancels(_ running: Task<Void, Never>) {
    task.withLock { $0 = running }
    if happened { running.cancel() }
  }

  /// From here on `body` is told each one with its number, 1, 2, …, also the one that has been before. It runs on a thread
  /// of its own and should not take long. The command's task is not cancelled any more.
  static func take(_ body: @escaping @Sendable (Int) -> Void) {
    handler.withLock { $0 = body }
    if happened { body(count.load(ordering: .acquiring)) }
  }

  private static var signals: sigset_t {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGINT)
    sigaddset(&set, SIGTERM)
    return set
  }
}
