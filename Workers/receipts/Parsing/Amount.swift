package import JSON

/// An exact amount of money, a unit price or a quantity: whole ten-thousandths, so that sums and products of what a
/// receipt prints carry no rounding of their own.
package struct Amount: Hashable, Comparable, Sendable {
  package static let scale: Int64 = 10_000
  /// Beyond it nothing is an amount; sums of as many lines as are read stay within 64 bits.
  package static let largest: Int64 = 1_000_000_000 * scale
  package static let zero = Amount(units: 0)

  /// Ten-thousandths.
  package let units: Int64

  package init(units: Int64) { self.units = units }
  package init(cents: Int64) { units = cents * 100 }

  /// Plain decimal notation with at most four decimals, within `largest`; nil for everything else.
  package init?(_ text: String) {
    var digits = text.utf8[...]
    let isNegative = digits.first == UInt8(ascii: "-")
    if isNegative { digits = digits.dropFirst() }
    var value: Int64 = 0
    var decimals: Int?
    guard let first = digits.first, first.isDigit, digits.count <= 15 else { return nil }
    for byte in digits {
      if byte == UInt8(ascii: "."), decimals == nil {
        decimals = 0
      } else if byte.isDigit, decimals ?? 0 < 4 {
        value = value * 10 + Int64(byte - UInt8(ascii: "0"))
        decimals = decimals.map { $0 + 1 }
      } else {
        return nil
      }
    }
    if decimals == 0 { return nil }
    for _ in (decimals ?? 0)..<4 { value *= 10 }
    guard value <= Self.largest else { return nil }
    units = isNegative ? -value : value
  }

  /// A JSON number that is one exactly. Numbers with an exponent are read by their value.
  package init?(_ json: JSON?) {
    switch json {
    case .integer(let value)? where value.magnitude <= UInt64(Self.largest / Self.scale):
      units = value * Self.scale
    case .number(let number)?:
      guard let amount = Amount(number.text) ?? Amount(number.canonicalText) else { return nil }
      self = amount
    default: return nil
    }
  }

  /// At least two decimals, as money is written: `9.00`, `2.045`.
  package var text: String {
    let magnitude = units.magnitude
    var decimals = String(magnitude % 10_000)
    decimals = String(repeating: "0", count: 4 - decimals.count) + decimals
    while decimals.count > 2, decimals.last == "0" { decimals.removeLast() }
    return (units < 0 ? "-" : "") + "\(magnitude / 10_000).\(decimals)"
  }

  /// Keeps its decimals on the wire.
  package var json: JSON { JSONNumber(text).map { .number($0) } ?? .null }

  /// A share or a score with two decimals; NaN and what is beyond `largest` are null.
  package static func hundredths(_ value: Double) -> JSON {
    Int64(exactly: (value * 100).rounded()).map { Amount(cents: $0).json } ?? .null
  }

  /// Without decimals where it has none: quantities.
  package var quantityJSON: JSON { units % Self.scale == 0 ? .integer(units / Self.scale) : json }

  var isWhole: Bool { units % Self.scale == 0 }
  var magnitude: Amount { Amount(units: abs(units)) }

  package static func < (a: Amount, b: Amount) -> Bool { a.units < b.units }
  package static func + (a: Amount, b: Amount) -> Amount { Amount(units: a.units + b.units) }
  package static func - (a: Amount, b: Amount) -> Amount { Amount(units: a.units - b.units) }
  package static prefix func - (a: Amount) -> Amount { Amount(units: -a.units) }

  /// Quantity times unit price, rounded half away from zero to whole cents, as tills do; nil beyond `largest`.
  package static func * (a: Amount, b: Amount) -> Amount? {
    let (product, overflow) = a.units.multipliedReportingOverflow(by: b.units)
    let cent = scale * scale / 100
    guard !overflow, product.magnitude <= UInt64(Int64.max - cent) else { return nil }
    let cents = (product + (product < 0 ? -cent / 2 : cent / 2)) / cent
    guard cents.magnitude <= UInt64(largest / 100) else { return nil }
    return Amount(cents: cents)
  }
}

extension UInt8 {
  package var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  package var isUpper: Bool { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") }
  package var isLower: Bool { self >= UInt8(ascii: "a") && self <= UInt8(ascii: "z") }
  package var isLetter: Bool { isUpper || isLower }
  package var isBlank: Bool { self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") }
}
