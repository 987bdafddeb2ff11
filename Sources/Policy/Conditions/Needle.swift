internal import Glibc

/// Bytes to look for in many texts. Linear in both whatever they are: no byte of a text is looked at again (Knuth, Morris
/// and Pratt 1977), and memchr(3) leads from one place where it may begin to the next.
struct Needle: Sendable {
  let bytes: ContiguousArray<UInt8>
  /// For each prefix the length of the longest shorter prefix that it ends with.
  private let borders: ContiguousArray<Int32>

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
