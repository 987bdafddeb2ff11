internal import JSON

/// The items of one category, unchanged and in their order.
struct FilterItemsByCategory: Function {
  static let name = "filter_items_by_category"
  static let summary = "Keeps the items of one category."
  static let arguments = Schemas.object(
    [
      "items": Schemas.items("What to choose from."),
      "category": ["type": "string", "maxLength": 1024, "description": "Compared exactly, unless ignore_case."],
    ],
    optional: Schemas.money.adding([
      "ignore_case": ["type": "boolean", "default": false, "description": "Whether Food and food are the same."]
    ])
  )
  static let output = Schemas.object([
    "category": Schemas.text, "items": ["type": "array", "items": Schemas.item], "count": Schemas.count,
    "quantity": Schemas.amount, "total": Schemas.amount,
  ])

  let items: [Item]
  let category: String
  let ignoresCase: Bool
  let money: Money

  init(_ arguments: Arguments) throws {
    items = try arguments.items("items")
    category = try arguments.string("category")
    ignoresCase = try arguments.bool("ignore_case", default: false)
    money = try arguments.money()
  }

  func run() throws -> JSON {
    let wanted = ignoresCase ? category.lowercased() : category
    let kept = items.filter { item in
      guard let category = item.category else { return false }
      return (ignoresCase ? category.lowercased() : category) == wanted
    }
    var tally = Tally()
    for item in kept { try tally.add(item, money) }
    return [
      "category": .string(category), "items": .array(kept.map(\.json)), "count": .integer(Int64(kept.count)),
      "quantity": try JSON(tally.quantity), "total": try money.json(tally.total),
    ]
  }
}
