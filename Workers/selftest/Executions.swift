internal import Glibc
internal import JSON
internal import Posix
internal import WorkerKit

/// The file that says what was executed: one line of JSON for each execution, written before its result is.
enum Executions {
  private static let file = Guarded<Int32>(-1)

  static func open(_ path: String) throws {
    let raw = Glibc.open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard raw >= 0 else { throw PosixError("open", path, errno: errno) }
    file.withLock { $0 = raw }
  }

  /// One write(2) to a file opened for appending: lines of several processes do not mix.
  static func note(_ call: Call) throws {
    let line: JSON = [
      "tool": .string(call.tool), "key": .string(call.idempotencyKey), "job": .string(call.job),
      "step": .string(call.step), "attempt": .integer(call.attempt), "add": call.input["add"] ?? .null,
    ]
    let bytes = line.serialized() + [UInt8(ascii: "\n")]
    let count = file.withLock { raw in write(raw, bytes, bytes.count) }
    guard count == bytes.count else { throw PosixError("write", "executions", errno: errno) }
  }
}
