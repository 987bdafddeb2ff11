/// A JSON number with the text it was written in.
///
/// Equality, hashing and the canonical form use the exact decimal value, never a rounded double.
public struct JSONNumber: Sendable {
  /// The source text; always matches the number grammar of RFC 8259 section 6.
  public let text: String

  /// Text already known to match the grammar.
  @inline(__always)
  init(validated text: String) { self.text = text }

  /// nil when `text` is not a JSON number.
  public init?(_ text: String) {
    guard case .number(let number)? = try? JSON(parsing: text) else {
      guard case .integer? = try? JSON(parsing: text), text.utf8.allSatisfy({ $0 > 0x20 }) else { return nil }
      self.text = text
      return
    }
    guard number.text == text else { return nil }
    self = number
  }

  /// The shortest text that reads back as `value`; nil for infinities and NaN.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    let text = value.description
    self.text = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// The nearest double; nil when it is not finite (`1e400`).
  public var double: Double? {
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The exact value when it is an integer within 64 bits (`3.0`, `1e3`), else nil.
  public var int64: Int64? { Decimal(text).int64 }

  /// The one text that all spellings of this value share; see `Decimal`.
  public var canonicalText: String { Decimal(text).canonicalText }
}

extension JSONNumber: Hashable {
  public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    left.text == right.text || Decimal(left.text) == Decimal(right.text)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(canonicalText) }
}

/// An exact decimal: sign, significant digits without zeros at either end, and a power of ten.
/// Zero has no digits, exponent 0 and no sign.
package struct Decimal: Equatable {
  package private(set) var isNegative = false
  /// ASCII digits; value = 0.d₁d₂d₃… × 10^`pointPosition`.
  package private(set) var digits: [UInt8] = []
  /// Exponents beyond ±2^31 saturate: such numbers are compared as written but never computed with.
  package private(set) var pointPosition = 0

  /// `text` must match the JSON number grammar.
  package init(_ text: String) {
    var exponent = 0
    var exponentIsNegative = false
    var seenPoint = false
    var inExponent = false
    var pointShift = 0
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-") where inExponent: exponentIsNegative = true
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): seenPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if inExponent {
          exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), Int(Int32.max))
        } else if digits.isEmpty && byte == UInt8(ascii: "0") {
          if seenPoint { pointShift -= 1 }
        } else {
          digits.append(byte)
          if !seenPoint { pointShift += 1 }
        }
      default: break
      }
    }
    while digits.last == UInt8(ascii: "0") { digits.removeLast() }
    if digits.isEmpty {
      isNegative = false
    } else {
      pointPosition = pointShift + (exponentIsNegative ? -exponent : exponent)
    }
  }

  /// nil unless the value is an integer within 64 bits.
  package var int64: Int64? {
    guard !digits.isEmpty else { return 0 }
    guard pointPosition >= digits.count, pointPosition <= 19 else { return nil }
    var value: Int64 = 0
    for i in 0..<pointPosition {
      let digit = i < digits.count ? Int64(digits[i] - UInt8(ascii: "0")) : 0
      let (product, overflow) = value.multipliedReportingOverflow(by: 10)
      let (sum, carry) =
        isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
      if overflow || carry { return nil }
      value = sum
    }
    return value
  }

  /// Whether the value is an integer of any size.
  package var isInteger: Bool { digits.isEmpty || pointPosition >= digits.count }

  /// Plain notation while the point stands within 21 places right or 6 places left of the first digit, as ECMAScript
  /// prints numbers; `d.ddde±n` otherwise.
  package var canonicalText: String {
    guard !digits.isEmpty else { return "0" }
    var out: [UInt8] = isNegative ? [UInt8(ascii: "-")] : []
    let count = digits.count
    let zero = UInt8(ascii: "0")
    if pointPosition >= count, pointPosition <= 21 {
      out += digits
      out += repeatElement(zero, count: pointPosition - count)
    } else if pointPosition > 0, pointPosition <= 21 {
      out += digits[..<pointPosition]
      out.append(UInt8(ascii: "."))
      out += digits[pointPosition...]
    } else if pointPosition <= 0, pointPosition > -6 {
      out += [zero, UInt8(ascii: ".")]
      out += repeatElement(zero, count: -pointPosition)
      out += digits
    } else {
      out.append(digits[0])
      if count > 1 {
        out.append(UInt8(ascii: "."))
        out += digits[1...]
      }
      out += Array((pointPosition > 0 ? "e+" : "e").utf8)
      out += Array(String(pointPosition - 1).utf8)
    }
    return String(decoding: out, as: UTF8.self)
  }
}

extension Decimal: Comparable {
  package static func < (left: Decimal, right: Decimal) -> Bool {
    if left.isNegative != right.isNegative { return left.isNegative }
    return left.isNegative ? right.magnitudeIsLess(than: left) : left.magnitudeIsLess(than: right)
  }

  private func magnitudeIsLess(than other: Decimal) -> Bool {
    if digits.isEmpty || other.digits.isEmpty { return digits.isEmpty && !other.digits.isEmpty }
    if pointPosition != other.pointPosition { return pointPosition < other.pointPosition }
    return digits.lexicographicallyPrecedes(other.digits)
  }
}
