/// An exact decimal: sign, significant digits without zeros at either end, and a power of ten.
/// Zero has no digits, exponent 0 and no sign.
package struct Decimal: Hashable, Sendable {
  package private(set) var isNegative = false
  /// ASCII digits; value = 0.d₁d₂d₃… × 10^`pointPosition`.
  package private(set) var digits: [UInt8] = []
  package private(set) var pointPosition = 0

  /// `text` must match the JSON number grammar.
  package init(_ text: String) { self = withUTF8(text) { Decimal($0) } }

  init(_ text: UnsafeBufferPointer<UInt8>) {
    // Far beyond what `JSONNumber.largestExponent` lets through, so that saturated numbers are refused, never compared.
    let saturation = 1_000_000_000_000_000
    var exponent = 0
    var exponentIsNegative = false
    var seenPoint = false
    var inExponent = false
    var pointShift = 0
    for byte in text {
      switch byte {
      case UInt8(ascii: "-") where inExponent: exponentIsNegative = true
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): seenPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        if inExponent {
          exponent = min(exponent * 10 + Int(byte - UInt8(ascii: "0")), saturation)
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

  /// `digits` are ASCII digits, with zeros at either end or not; value as above.
  init(isNegative: Bool, digits: [UInt8], pointPosition: Int) {
    let zero = UInt8(ascii: "0")
    guard let first = digits.firstIndex(where: { $0 != zero }), let last = digits.lastIndex(where: { $0 != zero })
    else {
      return
    }
    self.isNegative = isNegative
    self.digits = Array(digits[first...last])
    self.pointPosition = pointPosition - first
  }

  /// Whether the exponent of the normalised form d.ddd × 10^n is within the limit of accepted numbers.
  var hasBoundedExponent: Bool { digits.isEmpty || (pointPosition - 1).magnitude <= JSONNumber.largestExponent }

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

  /// All digits of an integer of at most 40 of them, else nil; enough for 128 bits.
  var integerText: String? {
    guard !digits.isEmpty else { return "0" }
    guard isInteger, pointPosition <= 40 else { return nil }
    let zeros = String(repeating: "0", count: pointPosition - digits.count)
    return (isNegative ? "-" : "") + String(decoding: digits, as: UTF8.self) + zeros
  }

  /// Plain notation while the first digit stands within 21 places left or 6 places right of the point, as ECMAScript
  /// prints numbers; `d.ddde±n` otherwise. Always exact, and a JSON number again.
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
