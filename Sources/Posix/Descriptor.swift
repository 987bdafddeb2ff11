internal import CLinux
internal import Glibc

/// An open file descriptor with one owner, closed exactly once.
package struct Descriptor: ~Copyable, Sendable {
  /// Valid while the descriptor lives; never store it beyond that.
  package let raw: Int32

  /// Takes ownership of `raw`, which must be open.
  package init(owning raw: Int32) { self.raw = raw }

  deinit {
    // EINTR: Linux has closed the descriptor all the same. EBADF would be our own bug.
    if Glibc.close(raw) == -1 { assert(errno != EBADF, "descriptor \(raw) was closed behind its owner") }
  }

  /// Gives up ownership without closing.
  package consuming func release() -> Int32 {
    let raw = self.raw
    discard self
    return raw
  }

  package func duplicate() throws(PosixError) -> Descriptor {
    let raw = self.raw
    return Descriptor(owning: try posix("fcntl") { fcntl(raw, F_DUPFD_CLOEXEC, 3) })
  }

  package func setNonBlocking(_ on: Bool = true) throws(PosixError) {
    let raw = self.raw
    let flags = try posix("fcntl") { fcntl(raw, F_GETFL) }
    try posix("fcntl") { fcntl(raw, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) }
  }

  /// Opens `path` close-on-exec. `flags` as for open(2).
  package static func open(_ path: String, _ flags: Int32, mode: UInt32 = 0o600) throws(PosixError) -> Descriptor {
    Descriptor(owning: try posix("open", path) { Glibc.open(path, flags | O_CLOEXEC, mode) })
  }

  /// Writes all of `bytes`, blocking. A descriptor in non-blocking mode is an error here.
  package func writeAll(_ bytes: some Sequence<UInt8>) throws(PosixError) {
    let raw = self.raw
    let buffer = ContiguousArray(bytes)
    var offset = 0
    while offset < buffer.count {
      let from = offset
      offset += try posix("write") { buffer.withUnsafeBytes { write(raw, $0.baseAddress! + from, $0.count - from) } }
    }
  }

  /// Reads until the end, at most `limit` bytes.
  package func readAll(limit: Int) throws(PosixError) -> [UInt8] {
    let raw = self.raw
    var result: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: min(65536, limit + 1))
    while true {
      let count = try posix("read") { chunk.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) } }
      if count == 0 { return result }
      result.append(contentsOf: chunk[..<count])
      if result.count > limit { throw PosixError("read", "more than \(limit) bytes", errno: EFBIG) }
    }
  }
}

/// The two ends of a pipe or of a socket pair, close-on-exec.
package struct DescriptorPair: ~Copyable {
  private var first: Descriptor?
  private var second: Descriptor?

  private init(_ first: Int32, _ second: Int32) {
    self.first = Descriptor(owning: first)
    self.second = Descriptor(owning: second)
  }

  /// Hands over the first end (of a pipe: the read end); once.
  package mutating func takeFirst() -> Descriptor { first.take()! }

  /// Hands over the second end (of a pipe: the write end); once.
  package mutating func takeSecond() -> Descriptor { second.take()! }

  /// `first` is the read end, `second` the write end.
  package static func pipe() throws(PosixError) -> DescriptorPair {
    var ends: (Int32, Int32) = (-1, -1)
    try posix("pipe2") {
      withUnsafeMutableBytes(of: &ends) { pipe2($0.assumingMemoryBound(to: Int32.self).baseAddress!, O_CLOEXEC) }
    }
    return DescriptorPair(ends.0, ends.1)
  }

  /// A connected pair of Unix stream sockets.
  package static func sockets() throws(PosixError) -> DescriptorPair { try pair(SOCK_STREAM) }

  /// The same of sockets that keep packets whole, in order.
  package static func packets() throws(PosixError) -> DescriptorPair { try pair(SOCK_SEQPACKET) }

  private static func pair(_ kind: __socket_type) throws(PosixError) -> DescriptorPair {
    var ends: (Int32, Int32) = (-1, -1)
    try posix("socketpair") {
      withUnsafeMutableBytes(of: &ends) {
        socketpair(
          AF_UNIX,
          Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue),
          0,
          $0.assumingMemoryBound(to: Int32.self).baseAddress!
        )
      }
    }
    return DescriptorPair(ends.0, ends.1)
  }
}
