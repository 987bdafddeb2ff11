internal import JSON

/// How amounts are rounded and written.
struct Money: Sendable {
  /// Places behind the point.
  let digits: Int
  let rounding: Decimal.Rounding

  /// `digits` wins over what `currency` (ISO 4217) implies; 2, and half up, unless said.
  init(currency: String?, digits: Int?, rounding: Decimal.Rounding?) {
    self.digits = digits ?? currency.flatMap { Self.minorDigits[$0] } ?? 2
    self.rounding = rounding ?? .halfUp
  }

  func rounded(_ value: Decimal) -> Decimal { value.rounded(fractionDigits: digits, rounding) }

  /// An amount as output: rounded, with all of its places.
  func json(_ value: Decimal) throws(Decimal.ArithmeticError) -> JSON {
    try JSON(rounded(value), fractionDigits: digits)
  }

  /// Currencies that have not two minor digits, ISO 4217 list one.
  private static let minorDigits: [String: Int] = {
    var digits: [String: Int] = [:]
    let none = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    for code in none.split(separator: " ") { digits[String(code)] = 0 }
    for code in "BHD IQD JOD KWD LYD OMR TND".split(separator: " ") { digits[String(code)] = 3 }
    for code in "CLF UYW".split(separator: " ") { digits[String(code)] = 4 }
    return digits
  }()
}
