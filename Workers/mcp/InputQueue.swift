internal import Glibc
internal import Posix

/// What waits to be written to a server's standard input, which is closed with it. Lives on the loop; never blocks.
final class InputQueue: ReadinessHandler {
  /// Beyond so many unread bytes nothing more is taken.
  static let limit = 16 << 20

  private let loop: EventLoop
  private let descriptor: Descriptor
  private var pieces: [[UInt8]] = []
  private var offset = 0
  private(set) var count = 0
  private var isWatching = false
  /// Nobody reads any more: what is written is lost, and the end of the process says so.
  private var isBroken = false

  init(_ descriptor: consuming Descriptor, on loop: EventLoop) throws(PosixError) {
    try descriptor.setNonBlocking()
    self.descriptor = descriptor
    self.loop = loop
  }

  deinit { if isWatching { loop.unwatch(descriptor.raw) } }

  func append(_ bytes: [UInt8]) -> Bool {
    if count + bytes.count > Self.limit { return false }
    if isBroken { return true }
    pieces.append(bytes)
    count += bytes.count
    if pieces.count == 1 { flush() }
    return true
  }

  func ready(_ readiness: Readiness) { flush() }

  private func flush() {
    while let piece = pieces.first {
      let written = piece.withUnsafeBytes { write(descriptor.raw, $0.baseAddress! + offset, $0.count - offset) }
      if written < 0 {
        if errno == EINTR { continue }
        if errno != EAGAIN { fail() }
        break
      }
      offset += written
      count -= written
      if offset == piece.count {
        pieces.removeFirst()
        offset = 0
      }
    }
    watch(!pieces.isEmpty)
  }

  private func fail() {
    isBroken = true
    pieces = []
    (offset, count) = (0, 0)
  }

  private func watch(_ wanted: Bool) {
    guard wanted != isWatching else { return }
    isWatching = wanted
    guard wanted else { return loop.unwatch(descriptor.raw) }
    do throws(PosixError) { try loop.watch(descriptor.raw, for: .writable, handler: self) } catch { fail() }
  }
}
