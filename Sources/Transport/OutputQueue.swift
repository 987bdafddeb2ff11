internal import Glibc
internal import Posix

/// Bytes that wait to be written, in order. Small frames that are queued together leave in one system call.
struct OutputQueue {
  private var bytes: [UInt8] = []
  private var written = 0

  var count: Int { bytes.count - written }
  var isEmpty: Bool { written == bytes.count }

  mutating func append(_ frame: [UInt8]) {
    if bytes.isEmpty { bytes = frame } else { bytes.append(contentsOf: frame) }
  }

  /// Writes until the descriptor takes no more. The result says whether anything was taken.
  mutating func write(to descriptor: Int32, isSocket: Bool) -> Result<Bool, PosixError> {
    var progressed = false
    while !isEmpty {
      let from = written
      let count = bytes.withUnsafeBytes { buffer -> Int in
        let start = buffer.baseAddress! + from
        let length = buffer.count - from
        // A closed socket must be an error, not a signal; for pipes the process ignores SIGPIPE.
        return isSocket
          ? send(descriptor, start, length, Int32(MSG_NOSIGNAL)) : Glibc.write(descriptor, start, length)
      }
      if count >= 0 {
        written += count
        progressed = progressed || count > 0
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        return .failure(.current("write"))
      }
    }
    if isEmpty {
      bytes = []
      written = 0
    } else if written > 1 << 16 {
      bytes.removeSubrange(..<written)
      written = 0
    }
    return .success(progressed)
  }
}
