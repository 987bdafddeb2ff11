internal import CLinux
internal import Glibc
internal import Posix

// A run on a task's own thread, which ends when the task is cancelled.
extension JailRun {
  /// Drives what `start` gives to its end; cancelling the task ends the jail, and the result then says so. Blocks the
  /// thread: for tasks with a thread of their own, as a worker's calls have.
  package static func drive<Outcome>(
    _ start: () throws -> JailRun,
    then finish: (JailRun, JailResult) throws -> Outcome
  ) async throws -> Outcome {
    let cancellation = try Cancellation()
    return try await withTaskCancellationHandler {
      let run = try start()
      return try finish(run, run.wait(cancelledBy: cancellation))
    } onCancel: {
      cancellation.signal()
    }
  }

  /// The same for runs of which nothing but the result is wanted.
  package static func drive(_ start: () throws -> JailRun) async throws -> JailResult {
    try await drive(start) { $1 }
  }

  /// Wakes the thread of a run from wherever the cancellation comes.
  private final class Cancellation: Sendable {
    let event: Descriptor

    init() throws(PosixError) {
      event = Descriptor(owning: try posix("eventfd") { eventfd(0, Int32(EFD_CLOEXEC)) })
    }

    func signal() {
      var one: UInt64 = 1
      _ = write(event.raw, &one, 8)
    }
  }

  private func wait(cancelledBy cancellation: Cancellation) -> JailResult {
    var waiting = [
      pollfd(fd: pollDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: cancellation.event.raw, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      if let result = advance() { return result }
      guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
      if waiting.count > 1, waiting[1].revents != 0 {
        waiting.removeLast()
        cancel()
      }
    }
  }
}
