internal import JSON

/// The tax on a net amount: `tax` = round(`amount` × `tax_rate`), `total` = `amount` + `tax`.
struct ComputeTax: Function {
  static let name = "compute_tax"
  static let summary = "Computes the tax on a net amount and the total with it."
  static let arguments = Schemas.object(
    [
      "amount": Schemas.number("Net amount."),
      "tax_rate": Schemas.number("As a fraction: 0.08 is 8 %.", minimum: 0, maximum: 1),
    ],
    optional: Schemas.money
  )
  static let output = Schemas.object([
    "amount": Schemas.amount, "tax_rate": Schemas.amount, "tax": Schemas.amount, "total": Schemas.amount,
  ])

  let amount: Decimal
  let rate: Decimal
  let money: Money

  init(_ arguments: Arguments) throws {
    amount = try arguments.decimal("amount")
    rate = try arguments.decimal("tax_rate")
    money = try arguments.money()
  }

  func run() throws -> JSON {
    let tax = money.rounded(try amount.multiplied(by: rate))
    return [
      "amount": try JSON(amount, fractionDigits: money.digits), "tax_rate": try JSON(rate),
      "tax": try money.json(tax), "total": try money.json(amount.adding(tax)),
    ]
  }
}
