internal import JSON

/// Items of one name and category become one line; lines stand in the order in which they first came.
struct MergeItems: Function {
  static let name = "merge_items"
  static let summary =
    "Merges lists of items into one line for each name and category, with quantities and totals added."
  static let arguments = Schemas.object(
    ["items": Schemas.items("What to merge.")],
    optional: Schemas.money.adding([
      "more": [
        "type": "array", "items": Schemas.items("Another list."), "maxItems": 1000,
        "description": "Further lists, as of other receipts.",
      ]
    ])
  )
  static let output = Schemas.object([
    "items": [
      "type": "array",
      "items": Schemas.object([
        "name": Schemas.text, "category": Schemas.category, "count": Schemas.count, "quantity": Schemas.amount,
        "total": Schemas.amount,
      ]),
    ],
    "count": Schemas.count, "quantity": Schemas.amount, "total": Schemas.amount,
  ])

  let items: [Item]
  let money: Money

  init(_ arguments: Arguments) throws {
    items = try arguments.items("items") + arguments.lists("more").flatMap { $0 }
    money = try arguments.money()
  }

  private struct Key: Hashable {
    let name: String
    let category: String?
  }

  func run() throws -> JSON {
    var lines: [Key: Tally] = [:]
    var order: [Key] = []
    var all = Tally()
    for item in items {
      let key = Key(name: item.name, category: item.category)
      if lines[key] == nil { order.append(key) }
      try lines[key, default: Tally()].add(item, money)
      try all.add(item, money)
    }
    var merged: [JSON] = []
    for key in order {
      guard let line = lines[key] else { continue }
      merged.append([
        "name": .string(key.name), "category": key.category.map { .string($0) } ?? .null,
        "count": .integer(Int64(line.count)), "quantity": try JSON(line.quantity), "total": try money.json(line.total),
      ])
    }
    return [
      "items": .array(merged), "count": .integer(Int64(merged.count)), "quantity": try JSON(all.quantity),
      "total": try money.json(all.total),
    ]
  }
}
