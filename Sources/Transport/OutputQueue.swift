internal import Glibc
internal import Posix

/// Bytes that wait to be written, in order. Small frames that are queued together leave in one system call; large ones
/// are neither copied nor moved, so that what waits costs its own size and no more.
struct OutputQueue {
  private var chunks: [[UInt8]] = []
  /// Chunks before this one have been written.
  private var head = 0
  /// Bytes of the chunk at `head` that have been written.
  private var written = 0
  private(set) var count = 0

  private static let joinBytes = 1 << 16

  var isEmpty: Bool { count == 0 }

  mutating func append(_ frame: [UInt8]) {
    count += frame.count
    let last = chunks.count - 1
    if last >= head, chunks[last].count + frame.count <= Self.joinBytes {
      chunks[last].append(contentsOf: frame)
    } else {
      chunks.append(frame)
    }
  }

  mutating func removeAll() { self = OutputQueue() }

  /// Writes until the descriptor takes no more. The result says whether anything was taken.
  mutating func write(to descriptor: Int32, isSocket: Bool) -> Result<Bool, PosixError> {
    var progressed = false
    while !isEmpty {
      let from = written
      let count = chunks[head].withUnsafeBytes { buffer -> Int in
        let rest = UnsafeRawBufferPointer(rebasing: buffer[from...])
        // A closed socket must be an error, not a signal; for pipes the process ignores SIGPIPE.
        return isSocket
          ? send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
          : Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if count >= 0 {
        advance(by: count)
        progressed = progressed || count > 0
      } else if errno == EAGAIN {
        break
      } else if errno != EINTR {
        return .failure(.current("write"))
      }
    }
    return .success(progressed)
  }

  private mutating func advance(by bytes: Int) {
    count -= bytes
    written += bytes
    guard written == chunks[head].count else { return }
    chunks[head] = []
    written = 0
    head += 1
    if head == chunks.count {
      chunks.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 64, head > chunks.count / 2 {
      chunks.removeSubrange(..<head)
      head = 0
    }
  }
}
