/// `mantissa` × 10^`exponent`: the exact value of a number of everyday size, without memory from the heap.
///
/// Everything else goes through `Decimal`; the two never disagree.
struct ScaledInteger: Sendable {
  let mantissa: Int64
  /// Within ±18.
  let exponent: Int

  init(_ value: Int64) {
    mantissa = value
    exponent = 0
  }

  /// `text` must match the JSON number grammar; nil beyond 18 digits or an exponent beyond ±18.
  init?(_ text: String) {
    var value: Int64 = 0
    var digits = 0
    var scale = 0
    var written = 0
    var isNegative = false
    var exponentIsNegative = false
    var seenPoint = false
    var inExponent = false
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "-"): if inExponent { exponentIsNegative = true } else { isNegative = true }
      case UInt8(ascii: "."): seenPoint = true
      case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let digit = Int64(byte - UInt8(ascii: "0"))
        if inExponent {
          written = written * 10 + Int(digit)
          if written > 36 { return nil }
        } else {
          if digits > 0 || digit > 0 { digits += 1 }
          if digits > 18 { return nil }
          value = value * 10 + digit
          if seenPoint { scale -= 1 }
        }
      default: break
      }
    }
    let exponent = scale + (exponentIsNegative ? -written : written)
    guard exponent >= -18, exponent <= 18 else { return nil }
    mantissa = isNegative ? -value : value
    self.exponent = exponent
  }

  var isInteger: Bool { exponent >= 0 || mantissa % powersOfTen[-exponent] == 0 }

  /// Negative, zero or positive as `self` is below, equal to or above `other`; nil when 128 bits may not hold the answer.
  func compare(_ other: ScaledInteger) -> Int? {
    let shift = exponent - other.exponent
    guard shift >= -18, shift <= 18 else { return nil }
    let left = Int128(mantissa) * (shift > 0 ? Int128(powersOfTen[shift]) : 1)
    let right = Int128(other.mantissa) * (shift < 0 ? Int128(powersOfTen[-shift]) : 1)
    return left < right ? -1 : left == right ? 0 : 1
  }
}

private let powersOfTen: [Int64] = (0...18).map { (0..<$0).reduce(1) { product, _ in product * 10 } }

extension JSONNumber {
  /// Whether the value is an integer of any size.
  var isInteger: Bool { ScaledInteger(text)?.isInteger ?? Decimal(text).isInteger }
}

/// A bound of `minimum` and its kin.
struct NumberBound: Sendable {
  let json: JSON
  private let scaled: ScaledInteger?

  /// nil when `json` is no number.
  init?(_ json: JSON) {
    switch json {
    case .integer(let value): scaled = ScaledInteger(value)
    case .number(let number): scaled = ScaledInteger(number.text)
    default: return nil
    }
    self.json = json
  }

  /// The order of `value`, a number, relative to the bound.
  func compare(_ value: JSON) -> Int {
    if let scaled {
      let other: ScaledInteger? =
        switch value {
        case .integer(let integer): ScaledInteger(integer)
        case .number(let number): ScaledInteger(number.text)
        default: nil
        }
      if let order = other?.compare(scaled) { return order }
    }
    guard let left = Decimal(json: value), let right = Decimal(json: json) else { return 0 }
    return left < right ? -1 : left == right ? 0 : 1
  }
}

extension Decimal {
  /// nil when `json` is no number.
  package init?(json: JSON) {
    switch json {
    case .integer(let value): self.init(String(value))
    case .number(let number): self.init(number.text)
    default: return nil
    }
  }
}

/// The divisor of `multipleOf`: `digits` × 10^`exponent`, where `digits` does not end in zero.
struct Divisor: Sendable {
  let json: JSON
  private let digits: UInt64
  private let exponent: Int
  /// The divisor itself when it is an `Int64`.
  private let integer: Int64?

  /// nil unless `json` is a number above zero of at most 18 significant digits.
  init?(_ json: JSON) {
    guard let decimal = Decimal(json: json), !decimal.isNegative, !decimal.digits.isEmpty, decimal.digits.count <= 18
    else { return nil }
    self.json = json
    digits = decimal.digits.reduce(0) { $0 * 10 + UInt64($1 - UInt8(ascii: "0")) }
    exponent = decimal.pointPosition - decimal.digits.count
    integer = decimal.int64
  }

  /// Whether `value`, a number, is an exact multiple.
  func divides(_ value: JSON) -> Bool {
    switch value {
    case .integer(let integer):
      if let divisor = self.integer { return integer % divisor == 0 }
      return divides(mantissa: integer.magnitude, exponent: 0) ?? divides(Decimal(String(integer)))
    case .number(let number):
      if let scaled = ScaledInteger(number.text),
        let answer = divides(mantissa: scaled.mantissa.magnitude, exponent: scaled.exponent)
      {
        return answer
      }
      return divides(Decimal(number.text))
    default: return true
    }
  }

  /// nil when the answer needs the long way.
  private func divides(mantissa: UInt64, exponent other: Int) -> Bool? {
    guard mantissa > 0 else { return true }
    let shift = other - exponent
    if shift == 0 { return mantissa % digits == 0 }
    if shift > 0 { return multiply(mantissa % digits, powerOfTen(shift)) == 0 }
    guard shift >= -18 else { return nil }
    let (high, low) = digits.multipliedFullWidth(by: powersOfTen[-shift].magnitude)
    return high == 0 && mantissa % low == 0
  }

  private func divides(_ value: Decimal) -> Bool {
    guard !value.digits.isEmpty else { return true }
    // Neither side's digits end in zero: below the divisor's last place nothing is a multiple. A saturated exponent
    // (see `Decimal`) is not the sender's, so it is never computed with.
    let shift = value.pointPosition - value.digits.count - exponent
    guard shift >= 0, value.pointPosition < Int(Int32.max) / 2 else { return false }
    var rest: UInt64 = 0
    for digit in value.digits {
      rest = (multiply(rest, 10) + UInt64(digit - UInt8(ascii: "0"))) % digits
    }
    return multiply(rest, powerOfTen(shift)) == 0
  }

  /// 10^`exponent` modulo `digits`.
  private func powerOfTen(_ exponent: Int) -> UInt64 {
    var result = 1 % digits
    var base = 10 % digits
    var rest = exponent
    while rest > 0 {
      if rest & 1 == 1 { result = multiply(result, base) }
      base = multiply(base, base)
      rest >>= 1
    }
    return result
  }

  /// `a` × `b` modulo `digits`.
  private func multiply(_ a: UInt64, _ b: UInt64) -> UInt64 {
    let product = (a % digits).multipliedFullWidth(by: b % digits)
    return digits.dividingFullWidth(product).remainder
  }
}
