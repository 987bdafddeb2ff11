/// A number as a receipt prints it.
struct PrintedNumber: Sendable, Hashable {
  /// How sure the reading is, apart from the OCR's own confidence.
  enum Reading: Sendable {
    /// As printed.
    case exact
    /// One character was taken for the digit that it looks like, or a letter after the number for a digit of it.
    case repaired
    /// Three or more digits without a point, where one may have been lost.
    case pointless
  }

  var value: Amount
  /// Of the bytes in the line, sign and currency left out.
  var range: Range<Int>
  var decimals: Int
  var reading: Reading
  /// A minus or brackets were printed.
  var isNegative = false
  var isPercent = false
  /// A unit of measure follows.
  var isMeasure = false

  /// Two decimals: a price, not a quantity or a code.
  var isMoney: Bool { decimals == 2 && !isPercent && !isMeasure && reading != .pointless }

  /// What evidence from it weighs.
  var weight: Double {
    switch reading {
    case .exact: 1
    case .repaired: 0.6
    case .pointless: 0.4
    }
  }

  /// The value as an amount whose point was lost.
  var withPoint: PrintedNumber {
    var number = self
    number.value = Amount(units: value.units / 100)
    number.decimals = 2
    return number
  }
}
