internal import Posix

/// A server's standard error as lines, no more of them than somebody could read: what comes faster is counted.
struct ErrorLines {
  static let lineBytes = 2048
  /// Lines at once, and how many more each second.
  static let burst = 500
  static let perSecond: Int64 = 50

  private var partial: [UInt8] = []
  private var room = burst
  private var filledAt = BootTime.now
  private var dropped = 0

  mutating func append(_ bytes: UnsafeRawBufferPointer, _ emit: (String) -> Void) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        flush(emit)
      } else {
        partial.append(byte)
        if partial.count == Self.lineBytes { flush(emit) }
      }
    }
  }

  /// What is left without a line end, and how much was left out.
  mutating func finish(_ emit: (String) -> Void) {
    if !partial.isEmpty { flush(emit) }
    tellDropped(emit)
  }

  private mutating func flush(_ emit: (String) -> Void) {
    defer { partial.removeAll(keepingCapacity: true) }
    refill()
    guard room > 0 else {
      dropped += 1
      return
    }
    tellDropped(emit)
    room -= 1
    emit(String(decoding: partial, as: UTF8.self))
  }

  private mutating func refill() {
    let now = BootTime.now
    let earned = now.milliseconds(since: filledAt) * Self.perSecond / 1000
    guard earned > 0 else { return }
    room = Int(min(Int64(Self.burst), Int64(room) + earned))
    filledAt = now
  }

  private mutating func tellDropped(_ emit: (String) -> Void) {
    guard dropped > 0 else { return }
    emit("(\(dropped) lines were left out)")
    dropped = 0
  }
}
