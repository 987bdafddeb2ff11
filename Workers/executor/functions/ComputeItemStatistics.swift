internal import JSON

/// What a list of items comes to, as a whole and by category. Line totals are rounded and then added; averages and
/// shares are rounded once, at the end.
struct ComputeItemStatistics: Function {
  static let name = "compute_item_statistics"
  static let summary =
    "Counts and adds up items: total, average, smallest and largest line, and the share of each category."
  static let arguments = Schemas.object(["items": Schemas.items("What to count.")], optional: Schemas.money)

  private static let perhaps: JSON = ["type": ["number", "null"], "description": "null where there are no items."]
  static let output = Schemas.object([
    "count": Schemas.count, "quantity": Schemas.amount, "total": Schemas.amount, "average": perhaps,
    "minimum": perhaps, "maximum": perhaps,
    "by_category": [
      "type": "array",
      "items": Schemas.object([
        "category": Schemas.category, "count": Schemas.count, "quantity": Schemas.amount, "total": Schemas.amount,
        "share_percent": perhaps,
      ]),
    ],
  ])

  let items: [Item]
  let money: Money

  init(_ arguments: Arguments) throws {
    items = try arguments.items("items")
    money = try arguments.money()
  }

  func run() throws -> JSON {
    var all = Tally()
    var tallies: [String?: Tally] = [:]
    var order: [String?] = []
    var totals: [Decimal] = []
    for item in items {
      totals.append(try item.total(money))
      try all.add(item, money)
      if tallies[item.category] == nil { order.append(item.category) }
      try tallies[item.category, default: Tally()].add(item, money)
    }
    var categories: [JSON] = []
    for category in order {
      guard let tally = tallies[category] else { continue }
      categories.append([
        "category": category.map { .string($0) } ?? .null, "count": .integer(Int64(tally.count)),
        "quantity": try JSON(tally.quantity), "total": try money.json(tally.total),
        "share_percent": try share(of: tally.total, in: all.total),
      ])
    }
    return [
      "count": .integer(Int64(all.count)), "quantity": try JSON(all.quantity), "total": try money.json(all.total),
      "average": try average(all), "minimum": try totals.min().map { try money.json($0) } ?? .null,
      "maximum": try totals.max().map { try money.json($0) } ?? .null, "by_category": .array(categories),
    ]
  }

  /// Of one line.
  private func average(_ all: Tally) throws -> JSON {
    guard all.count > 0 else { return .null }
    return try money.json(
      all.total.divided(by: Decimal(all.count), fractionDigits: money.digits, money.rounding)
    )
  }

  /// Two places behind the point; null where the whole is nothing.
  private func share(of part: Decimal, in whole: Decimal) throws -> JSON {
    if whole.isZero { return .null }
    let percent = try part.multiplied(by: Decimal(100))
    return try JSON(percent.divided(by: whole, fractionDigits: 2, money.rounding), fractionDigits: 2)
  }
}
