/// Builds ASCII strings of at most 15 bytes from two loaded words: 2 ns where the standard library's general way takes 13,
/// and most strings of a message, its keys above all, are that short.
///
/// Safety: this relies on how the standard library keeps such strings, in the value itself: the bytes in order, zeros, and
/// a last byte of 0xE0 + length. `layoutIsKnown` compares that with strings which the library made, once per process and
/// for every length; where they differ, nothing here is used.
enum ShortString {
  static let maximumLength = 15

  static let layoutIsKnown: Bool = {
    #if _endian(little) && _pointerBitWidth(_64)
      guard MemoryLayout<String>.size == 16 else { return false }
      let letters = Array("abcdefghijklmnop".utf8)
      return letters.withUnsafeBufferPointer { letters in
        guard let start = letters.baseAddress else { return false }
        return (0...maximumLength).allSatisfy { length in
          let made = String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
          return unsafeBitCast(made, to: SIMD2<UInt64>.self) == words(start, length)
        }
      }
    #else
      return false
    #endif
  }()

  /// The string of `length` ASCII bytes at `start`, behind which 16 bytes are readable. `layoutIsKnown` must hold.
  @inline(__always)
  static func make(_ start: UnsafePointer<UInt8>, _ length: Int) -> String {
    unsafeBitCast(words(start, length), to: String.self)
  }

  @inline(__always)
  private static func words(_ start: UnsafePointer<UInt8>, _ length: Int) -> SIMD2<UInt64> {
    let bits = UInt64(truncatingIfNeeded: length) &* 8
    var low = StringScan.load(start, 0)
    var high: UInt64 = 0
    if length >= 8 {
      high = StringScan.load(start, 8) & ((1 as UInt64) &<< (bits &- 64) &- 1)
    } else {
      low &= (1 as UInt64) &<< bits &- 1
    }
    return SIMD2(low, high | (0xE0 | UInt64(truncatingIfNeeded: length)) &<< 56)
  }
}
