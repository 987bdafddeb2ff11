/// What a line of figures is, by the words in it.
enum LineRole: Sendable, Equatable {
  /// What is to be paid; the more certain the wording, the higher the weight.
  case total(weight: Double)
  case subtotal
  case tax
  case rounding
  case serviceCharge
  case discount
  case payment(isCard: Bool)
  case change
  /// How many things were bought.
  case count
  /// Heads a table of taxes; what follows is no total.
  case taxSummary
  /// Says something else that looks like one of these.
  case other

  /// nil for a line that says none of these.
  static func of(_ line: ReceiptLine) -> LineRole? {
    guard line.letters.count >= 2 else { return nil }
    let label = Label(line)
    if label.has(.tax), label.has(.table) { return .taxSummary }
    let role = label.hasTotal ? withTotal(label) : withoutTotal(label)
    // Adjustments by fractions of a coin, whatever they are called.
    if let value = line.amounts.last?.value, value.magnitude < Amount(cents: 10), label.has(.rounding) {
      return .rounding
    }
    return role
  }

  /// The last words that settle it come first.
  private static func withTotal(_ label: Label) -> LineRole? {
    if label.has(.points) || label.has(.saving) { return .other }
    if label.has(.discount) { return .discount }
    if label.has(.count), !label.has(.amount) { return .count }
    if label.has(.inTotal) { return .tax }
    if label.has(.change), !label.has(.due) { return .change }
    if label.has(.subtotal) { return .subtotal }
    if label.has(.beforeRounding) { return .total(weight: 1.8) }
    if label.isExcluding { return .subtotal }
    if label.has(.rounded) || label.has(.rounding) { return .total(weight: 2.5) }
    if label.has(.includes) { return .total(weight: 0.9) }
    if label.has(.including) { return .total(weight: 2.5) }
    if label.has(.tax), !label.has(.grand), !label.has(.with) { return .tax }
    if label.has(.paid), !label.has(.due) { return .payment(isCard: false) }
    if label.has(.grand) || label.has(.due) || label.has(.with) { return .total(weight: 2.5) }
    if label.has(.supplies) { return .total(weight: 1) }
    return .total(weight: label.has(.amount) ? 2 : 1.8)
  }

  private static func withoutTotal(_ label: Label) -> LineRole? {
    if label.has(.document) || label.has(.points) || label.has(.saving) { return .other }
    if label.has(.counted) { return .count }
    if label.has(.rounding) { return .rounding }
    if label.isExcluding, label.has(.tax) || label.has(.amount) { return .subtotal }
    if label.has(.service) { return .serviceCharge }
    if label.has(.tax) {
      return label.has(.amount) && label.has(.including) && !label.has(.taxAmount) ? .total(weight: 2) : .tax
    }
    if label.has(.due) { return .total(weight: 2.3) }
    if label.has(.change) { return .change }
    if label.has(.net) { return .total(weight: 2) }
    if label.has(.discount) { return .discount }
    if label.has(.card) { return .payment(isCard: true) }
    if label.has(.paid) { return .payment(isCard: false) }
    return label.isAmountAlone ? .total(weight: 1.2) : nil
  }
}
