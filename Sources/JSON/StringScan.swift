internal import Glibc

/// Looks at eight bytes of a JSON string at once. Borrows travel upwards only, so the lowest flag is always exact.
enum StringScan {
  static let ones: UInt64 = 0x0101_0101_0101_0101
  static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// The top bit of every byte that is a quote, a backslash or a control character; exact up to the lowest set bit.
  @inline(__always)
  static func specials(in word: UInt64) -> UInt64 {
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5C)
    let quoteFlags = (quotes &- ones) & ~quotes
    let slashFlags = (slashes &- ones) & ~slashes
    let controlFlags = (word &- ones &* 0x20) & ~word
    return (quoteFlags | slashFlags | controlFlags) & highBits
  }

  @inline(__always)
  static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
  }

  @inline(__always)
  static func load(_ base: UnsafePointer<UInt8>, _ offset: Int) -> UInt64 {
    UInt64(littleEndian: UnsafeRawPointer(base).loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }
}

/// Whether two strings are the same bytes. Swift's `==` is Unicode canonical equivalence, which is both too coarse for
/// JSON and slow on hostile text.
@inline(__always)
func sameBytes(_ a: String, _ b: String) -> Bool {
  // The same representation is the same text; short strings carry theirs in these two words.
  if unsafeBitCast(a, to: StringWords.self) == unsafeBitCast(b, to: StringWords.self) { return true }
  guard a.utf8.count == b.utf8.count else { return false }
  return compareBytes(a, b)
}

private typealias StringWords = SIMD2<UInt64>

@inline(never)
private func compareBytes(_ a: String, _ b: String) -> Bool {
  withUTF8(a) { left in withUTF8(b) { right in sameBytes(left, right) } }
}

@inline(__always)
func sameBytes(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
  guard a.count == b.count else { return false }
  guard let left = a.baseAddress, let right = b.baseAddress else { return true }
  return memcmp(left, right, a.count) == 0
}

/// Order of the UTF-8 bytes, which is also the order of Unicode scalar values.
func bytesPrecede(_ a: String, _ b: String) -> Bool {
  withUTF8(a) { left in
    withUTF8(b) { right in
      let common = min(left.count, right.count)
      guard common > 0, let leftBase = left.baseAddress, let rightBase = right.baseAddress else {
        return right.count > 0 && left.count == 0
      }
      let order = memcmp(leftBase, rightBase, common)
      return order != 0 ? order < 0 : left.count < right.count
    }
  }
}

/// `string`'s bytes without a copy where it has contiguous storage, which every native string has.
@inline(__always)
func withUTF8<Result>(_ string: String, _ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
  if let result = string.utf8.withContiguousStorageIfAvailable(body) { return result }
  return ContiguousArray(string.utf8).withUnsafeBufferPointer(body)
}
