/// The figures at the end of a receipt, and what they say about each other.
struct Totals: Sendable {
  var total: Amount?
  /// 0 … 1.
  var confidence = 0.0
  var subtotal: Amount?
  var tax: Amount?
  var rounding: Amount?
  var serviceCharge: Amount?
  var discount: Amount?
  var cash: Amount?
  var change: Amount?
  var checks: [Check] = []

  /// How many of the sums hold, less those that do not.
  var agreement: Double { checks.reduce(0) { $0 + ($1.holds ? 1 : $1.name == "items_sum" ? -0.25 : -0.5) } }

  /// An equation between figures that were read. One that does not hold means that a figure was misread, or that the
  /// receipt counts otherwise.
  struct Check: Sendable {
    /// `items_sum`, `subtotal_tax_rounding`, `cash_change` or `rounding_step`.
    var name: String
    var holds: Bool
    var left: Amount
    var right: Amount
  }
}
