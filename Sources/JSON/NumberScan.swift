/// The extent and shape of a number, read by the grammar of RFC 8259 section 6.
struct NumberScan {
  private(set) var isNegative = false
  /// Whether there is neither a fraction nor an exponent.
  private(set) var isPlain = true
  /// Digits before the point.
  private(set) var integerDigits = 0
  /// The integer part modulo 2^64; exact up to 19 digits.
  private(set) var magnitude: UInt64 = 0
  /// Offset behind the last byte.
  private(set) var end: Int

  /// Scans the number at `start`, which is below `count`.
  @inline(__always)
  init(_ base: UnsafePointer<UInt8>, at start: Int, count: Int) throws(JSONError) {
    end = start
    if base[end] == UInt8(ascii: "-") {
      isNegative = true
      end &+= 1
    }
    let firstDigit = end
    while end < count, let digit = Self.digit(base[end]) {
      magnitude = magnitude &* 10 &+ digit
      end &+= 1
    }
    integerDigits = end &- firstDigit
    if integerDigits == 0 { throw Self.missingDigit(base, end, count, "after '-'", start) }
    if integerDigits > 1, base[firstDigit] == UInt8(ascii: "0") {
      throw JSONError(.invalidNumber, at: start, "number with a leading zero")
    }
    guard end < count else { return }
    let next = base[end]
    if next == UInt8(ascii: ".") || next | 0x20 == UInt8(ascii: "e") { try scanRest(base, at: start, count: count) }
  }

  @inline(never)
  private mutating func scanRest(_ base: UnsafePointer<UInt8>, at start: Int, count: Int) throws(JSONError) {
    isPlain = false
    if base[end] == UInt8(ascii: ".") {
      end += 1
      if skipDigits(base, count) == 0 { throw Self.missingDigit(base, end, count, "after '.'", start) }
    }
    guard end < count, base[end] | 0x20 == UInt8(ascii: "e") else { return }
    end += 1
    if end < count, base[end] == UInt8(ascii: "+") || base[end] == UInt8(ascii: "-") { end += 1 }
    let digits = skipDigits(base, count)
    if digits == 0 { throw Self.missingDigit(base, end, count, "in the exponent", start) }
    // Fewer digits cannot reach the limit, whatever precedes them in a text of this length.
    if digits >= 9 || end - start > 500_000_000 {
      let decimal = Decimal(UnsafeBufferPointer(start: base + start, count: end - start))
      if !decimal.hasBoundedExponent {
        throw JSONError(
          .exponentExceeded,
          at: start,
          "number whose decimal exponent is beyond the limit of \(JSONNumber.largestExponent)"
        )
      }
    }
  }

  private mutating func skipDigits(_ base: UnsafePointer<UInt8>, _ count: Int) -> Int {
    let start = end
    while end < count, Self.digit(base[end]) != nil { end += 1 }
    return end - start
  }

  @inline(__always)
  private static func digit(_ byte: UInt8) -> UInt64? {
    let value = byte &- UInt8(ascii: "0")
    return value < 10 ? UInt64(value) : nil
  }

  private static func missingDigit(
    _ base: UnsafePointer<UInt8>,
    _ end: Int,
    _ count: Int,
    _ place: String,
    _ start: Int
  ) -> JSONError {
    end < count
      ? JSONError(.invalidNumber, at: start, "number with \(byteName(base[end])) where a digit is due \(place)")
      : JSONError(.truncated, at: end, "text ends where a digit is due \(place)")
  }
}
