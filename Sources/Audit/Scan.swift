internal import Digest
internal import JSON

/// Reads text of a fixed layout, byte by byte; whatever does not fit is nil or false, and never a trap.
struct Scan {
  private let bytes: UnsafeRawBufferPointer
  private(set) var position = 0

  /// `bytes` must outlive the scan.
  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var rest: Int { bytes.count - position }
  var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func skip(_ text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard rest >= count else { return false }
    for i in 0..<count where bytes[position + i] != text.utf8Start[i] { return false }
    position += count
    return true
  }

  /// A decimal number in its shortest form.
  mutating func integer() -> Int64? {
    let isNegative = skip("-")
    let start = position
    var value: Int64 = 0
    while let digit = next, digit >= 48, digit <= 57 {
      let (product, overflows) = value.multipliedReportingOverflow(by: 10)
      let (sum, exceeds) = product.addingReportingOverflow(Int64(digit - 48))
      if overflows || exceeds { return nil }
      value = sum
      position += 1
    }
    guard position > start, bytes[start] != 48 || position == start + 1, !isNegative || value > 0 else { return nil }
    return isNegative ? -value : value
  }

  /// A JSON string, quotes included.
  mutating func string() -> String? {
    let start = position
    guard skip("\"") else { return nil }
    var isEscaped = false
    while let byte = next {
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        let inner = UnsafeRawBufferPointer(rebasing: bytes[start + 1..<position - 1])
        if !isEscaped { return String(validating: inner, as: UTF8.self) }
        let whole = Array(bytes[start..<position])
        do { return try JSON(parsing: whole).stringValue } catch { return nil }
      case UInt8(ascii: "\\"):
        isEscaped = true
        guard next != nil else { return nil }
        position += 1
      case 0..<0x20: return nil
      default: break
      }
    }
    return nil
  }

  /// Passes over a JSON string; one that has escapes or other letters than those of ASCII is read as `string` reads it.
  mutating func skipString() -> Bool {
    let start = position
    guard skip("\"") else { return false }
    while let byte = next, byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") {
      position += 1
      if byte == UInt8(ascii: "\"") { return true }
    }
    position = start
    return string() != nil
  }

  /// A string of exactly `count` bytes as twice as many lower-case digits.
  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard skip("\""), rest > 2 * count else { return nil }
    let text = String(decoding: bytes[position..<position + 2 * count], as: UTF8.self)
    position += 2 * count
    guard skip("\"") else { return nil }
    return Hexadecimal.bytes(text)
  }
}
