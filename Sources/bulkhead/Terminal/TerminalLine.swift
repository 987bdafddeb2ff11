internal import Glibc
internal import Posix

/// Lines that somebody types.
enum TerminalLine {
  enum Outcome: Sendable {
    /// Without its end and the blanks around it.
    case line(String)
    /// Nobody has typed a whole line yet.
    case nothing
    /// Ctrl-D: nobody will.
    case end
  }

  /// - Parameter milliseconds: how long it waits.
  static func read(within milliseconds: Int32) async -> Outcome {
    await withCheckedContinuation { continuation in
      startThread("bulkhead-answer") { continuation.resume(returning: wait(milliseconds)) }
    }
  }

  private static func wait(_ milliseconds: Int32) -> Outcome {
    var waiting = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&waiting, 1, milliseconds) == 1 else { return .nothing }
    // A terminal gives a line at a time.
    var bytes = [UInt8](repeating: 0, count: 4_096)
    let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
    if count < 0 { return errno == EINTR || errno == EAGAIN ? .nothing : .end }
    if count == 0 { return .end }
    let line = bytes[..<count].filter { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    let trimmed = line.drop { $0 == 0x20 || $0 == 0x09 }.reversed().drop { $0 == 0x20 || $0 == 0x09 }.reversed()
    return .line(String(decoding: Array(trimmed), as: UTF8.self))
  }
}
