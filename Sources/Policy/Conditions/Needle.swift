internal import Glibc

/// Bytes to look for in many texts. Linear in both whatever they are: no byte of a text is looked at again (Knuth, Morris
/// and Pratt 1977), and memchr(3) leads from one place where it may begin to the next.
struct Needle: Sendable {
  let bytes: ContiguousArray<UInt8>
  /// For each prefix the length of the longest shorter prefix that it ends with.
  private let borders: ContiguousArray<Int32>
  /// Pairs of bytes that a text must have: the first, one in the middle, and the last.
  private let pairs: (UInt16, UInt16, UInt16)?

  init(_ bytes: ContiguousArray<UInt8>) {
    self.bytes = bytes
    var borders = ContiguousArray<Int32>(repeating: 0, count: bytes.count)
    var length = 0
    for i in bytes.indices.dropFirst() {
      while length > 0, bytes[i] != bytes[length] { length = Int(borders[length - 1]) }
      if bytes[i] == bytes[length] { length += 1 }
      borders[i] = Int32(length)
    }
    self.borders = borders
    func pair(_ i: Int) -> UInt16 { BytePairs.pair(bytes[i], bytes[i + 1]) }
    pairs = bytes.count < 2 ? nil : (pair(0), pair((bytes.count - 1) / 2), pair(bytes.count - 2))
  }

  /// Whether a text of these pairs may hold it.
  @inline(__always)
  func mayBeContained(in text: BytePairs) -> Bool {
    guard let pairs else { return true }
    return text.holds(pairs.0) && text.holds(pairs.1) && text.holds(pairs.2)
  }

  func isContained(in text: ContiguousArray<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    return text.withUnsafeBufferPointer { text in
      bytes.withUnsafeBufferPointer { part in
        guard let base = text.baseAddress, text.count >= part.count else { return false }
        var matched = 0
        var i = 0
        while i < text.count {
          if matched == 0 {
            guard let found = memchr(base + i, Int32(first), text.count - i) else { return false }
            i = UnsafeRawPointer(found) - UnsafeRawPointer(base)
            guard text.count - i >= part.count else { return false }
            matched = 1
          } else {
            while matched > 0, text[i] != part[matched] { matched = Int(borders[matched - 1]) }
            if text[i] == part[matched] { matched += 1 }
          }
          if matched == part.count { return true }
          i += 1
        }
        return false
      }
    }
  }
}
