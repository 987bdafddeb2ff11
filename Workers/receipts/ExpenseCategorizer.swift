internal import WorkerKit

/// `expense_categorizer`: puts each item down to a category, with totals.
enum ExpenseCategorizer {
  static func run(_ call: Call) throws -> JSON { try categorize(call.input, CategoryRules.shared) }

  static func categorize(_ input: JSON, _ rules: CategoryRules) throws(WireError) -> JSON {
    let company = input["company"]?.stringValue
    var items: [JSON] = []
    var totals: [String: Amount] = [:]
    var sum = Amount.zero
    for (i, item) in (input["items"]?.arrayValue ?? []).enumerated() {
      let name = item["name"]?.stringValue ?? ""
      let found = rules.classify(name, company: company)
      var members = item.objectValue ?? JSONObject()
      members["category"] = .string(found.category)
      members["confidence"] = LineItemParser.rounded(found.confidence)
      members["reason"] = .string(found.reason)
      items.append(.object(members))
      guard let json = item["price"], !json.isNull else { continue }
      guard let price = Amount(json) else {
        throw WireError(
          .invalidInput,
          "'/items/\(i)/price' has more than four decimals or is beyond \(Amount.largest / Amount.scale)",
          data: ["path": .string("/items/\(i)/price")]
        )
      }
      totals[found.category, default: .zero] = totals[found.category, default: .zero] + price
      sum = sum + price
    }
    let sums = rules.categories.filter { totals[$0] != nil }.map { ($0, totals[$0]?.json ?? .null) }
    return ["items": .array(items), "totals": .object(JSONObject(sums)), "total": sum.json]
  }
}
