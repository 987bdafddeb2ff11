internal import CLinux
internal import Glibc
internal import Jail
internal import Posix
internal import WorkerKit

/// Drives one run on the call's thread: sends its output on as it comes, and ends it when the call is cancelled.
struct RunDriver {
  /// Wakes the thread of a run from wherever the cancellation comes.
  final class Cancellation: Sendable {
    let event: Descriptor

    init() throws(PosixError) {
      event = Descriptor(owning: try posix("eventfd") { eventfd(0, Int32(EFD_CLOEXEC)) })
    }

    func signal() {
      var one: UInt64 = 1
      _ = write(event.raw, &one, 8)
    }
  }

  /// `start` gives the run, started; the call's `progress` tells its output.
  static func drive<Result>(
    _ call: Call,
    _ start: () throws -> JailRun,
    then finish: (JailRun, JailResult) throws -> Result
  ) async throws -> Result {
    let cancellation = try Cancellation()
    return try await withTaskCancellationHandler {
      let run = try start()
      let reporter = OutputReporter(call)
      run.onOutput = { reporter.take($1, isError: $0 == .error) }
      let result = wait(for: run, cancellation)
      reporter.finish()
      return try finish(run, result)
    } onCancel: {
      cancellation.signal()
    }
  }

  private static func wait(for run: JailRun, _ cancellation: Cancellation) -> JailResult {
    var waiting = [
      pollfd(fd: run.pollDescriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: cancellation.event.raw, events: Int16(POLLIN), revents: 0),
    ]
    while true {
      if let result = run.advance() { return result }
      guard poll(&waiting, nfds_t(waiting.count), -1) > 0 else { continue }
      if waiting.count > 1, waiting[1].revents != 0 {
        waiting.removeLast()
        run.cancel()
      }
    }
  }
}

/// Sends output on as text, never splitting a character; what is no UTF-8 becomes U+FFFD.
private final class OutputReporter {
  private let call: Call
  private var rests: [Bool: [UInt8]] = [:]

  init(_ call: Call) { self.call = call }

  func take(_ bytes: ArraySlice<UInt8>, isError: Bool) {
    let all = (rests[isError] ?? []) + bytes
    let open = Self.openEnd(all)
    rests[isError] = Array(all.suffix(open))
    report(all.dropLast(open), isError)
  }

  func finish() {
    for (isError, rest) in rests { report(rest[...], isError) }
    rests = [:]
  }

  private func report(_ bytes: ArraySlice<UInt8>, _ isError: Bool) {
    if bytes.isEmpty { return }
    call.progress(isError ? .stderr : .stdout, String(decoding: bytes, as: UTF8.self))
  }

  /// Bytes at the end that begin a character whose rest has not come.
  private static func openEnd(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back ? back : 0
    }
    return 0
  }
}
