internal import Glibc
internal import Posix
internal import WorkerKit

/// What is told of a server on the worker's standard error: bounded in length and number, without secrets, and never at
/// the cost of waiting: a line that finds no room is dropped and counted.
final class ServerNotes {
  private let redact: Redactor
  private var own = LineAllowance()
  private var logs = LineAllowance()
  private var dropped = 0

  init(_ redact: Redactor) { self.redact = redact }

  /// A line of the server's standard error, which is bounded already.
  func server(_ line: String) { write("server: \(line)") }

  /// A line of its log.
  func log(_ line: String) {
    if logs.take() { write("log: \(line)") }
  }

  /// The bridge's own remark.
  func remark(_ line: String) {
    if own.take() { write(line) }
  }

  private func write(_ text: String) {
    if dropped > 0 {
      let count = dropped
      dropped = 0
      put("(\(count) lines were dropped)")
    }
    put(text)
  }

  private func put(_ text: String) {
    // As many bytes as a pipe takes at once whenever it takes any (PIPE_BUF).
    var line = Array(shortened(redact(text), 4000).utf8.map { $0 < 0x20 && $0 != 0x09 ? 0x20 : $0 })
    line.append(UInt8(ascii: "\n"))
    var room = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
    guard poll(&room, 1, 0) == 1, room.revents & Int16(POLLOUT) != 0,
      Glibc.write(STDERR_FILENO, line, line.count) == line.count
    else {
      dropped += 1
      return
    }
  }
}

/// So many lines at once, and a few more each second.
struct LineAllowance {
  static let burst: Int64 = 500
  static let perSecond: Int64 = 50

  private var room = burst
  private var filledAt = BootTime.now

  mutating func take() -> Bool {
    let now = BootTime.now
    let earned = now.milliseconds(since: filledAt) * Self.perSecond / 1000
    if earned > 0 {
      room = min(Self.burst, room + earned)
      filledAt = now
    }
    guard room > 0 else { return false }
    room -= 1
    return true
  }
}
