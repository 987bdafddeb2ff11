/// A server's standard error as lines, no more of them than somebody could read: what comes faster is counted.
struct ErrorLines {
  static let lineBytes = 2048

  private var partial: [UInt8] = []
  private var allowance = LineAllowance()
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
    guard allowance.take() else {
      dropped += 1
      return
    }
    tellDropped(emit)
    emit(String(decoding: partial, as: UTF8.self))
  }

  private mutating func tellDropped(_ emit: (String) -> Void) {
    guard dropped > 0 else { return }
    emit("(\(dropped) lines were left out)")
    dropped = 0
  }
}
