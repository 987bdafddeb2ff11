internal import JSON

/// A percentage off: `discount` = round(`amount` × `discount_percent` ÷ 100), `total` = `amount` − `discount`.
struct ApplyDiscount: Function {
  static let name = "apply_discount"
  static let summary = "Takes a percentage off an amount."
  static let arguments = Schemas.object(
    [
      "amount": Schemas.number("Before the discount."),
      "discount_percent": Schemas.number("In percent: 15 is 15 %.", minimum: 0, maximum: 100),
    ],
    optional: Schemas.money
  )
  static let output = Schemas.object([
    "amount": Schemas.amount, "discount_percent": Schemas.amount, "discount": Schemas.amount, "total": Schemas.amount,
  ])

  let amount: Decimal
  let percent: Decimal
  let money: Money

  init(_ arguments: Arguments) throws {
    amount = try arguments.decimal("amount")
    percent = try arguments.decimal("discount_percent")
    money = try arguments.money()
  }

  func run() throws -> JSON {
    let discount = money.rounded(try amount.multiplied(by: percent).multiplied(by: Decimal("0.01")))
    return [
      "amount": try JSON(amount, fractionDigits: money.digits), "discount_percent": try JSON(percent),
      "discount": try money.json(discount), "total": try money.json(amount.subtracting(discount)),
    ]
  }
}
