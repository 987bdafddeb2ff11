/// A number by its exact decimal value; integers compare without becoming decimals.
package enum ExactNumber: Sendable {
  case integer(Int64)
  case decimal(Decimal)

  /// nil for what is no number.
  package init?(_ value: JSON) {
    switch value {
    case .integer(let value): self = .integer(value)
    case .number(let number): self = .decimal(Decimal(number.text))
    default: return nil
    }
  }

  private var decimal: Decimal {
    switch self {
    case .integer(let value): Decimal(String(value))
    case .decimal(let value): value
    }
  }
}

extension ExactNumber: Comparable {
  package static func == (left: ExactNumber, right: ExactNumber) -> Bool {
    if case .integer(let a) = left, case .integer(let b) = right { return a == b }
    return left.decimal == right.decimal
  }

  package static func < (left: ExactNumber, right: ExactNumber) -> Bool {
    if case .integer(let a) = left, case .integer(let b) = right { return a < b }
    return left.decimal < right.decimal
  }
}
