internal import ReceiptParsing
internal import WorkerKit

/// `expense_categorizer`: puts each item down to a category, with totals.
enum ExpenseCategorizer {
  /// By rules alone.
  static func run(_ call: Call) throws -> JSON { try categorize(call.input, ReceiptsSettings.shared.rules) }

  /// Items that a model is asked about at once.
  private static let modelItems = 40

  /// By rules, and what they put down to nothing by a model.
  static func runWithModel(_ call: Call) async throws -> JSON {
    let rules = ReceiptsSettings.shared.rules
    let known = try categorize(call.input, rules)
    let names = (known["items"]?.arrayValue ?? []).filter { $0["category"] == .string(CategoryTable.other) }
      .compactMap { $0["name"]?.stringValue }
    var asked: [String] = []
    for name in names where !asked.contains(name) && asked.count < modelItems { asked.append(name) }
    if asked.isEmpty || call.input["model"] == "off" { return known }
    let list = asked.enumerated().map { "\($0.offset + 1). \($0.element.prefix(80))" }.joined(separator: "\n")
    let shop = call.input["company"]?.stringValue.map { " of \($0.prefix(80))" } ?? ""
    let answer = try await SmallModel.ask(
      "These were bought, on a receipt\(shop). Give the category of each, in the same order: "
        + "\(rules.categories.joined(separator: ", ")).\n\n\(list)",
      schema: schema(asked.count, rules.categories),
      call
    )
    var proposals: [String: String] = [:]
    for (name, category) in zip(asked, answer.value["categories"]?.arrayValue ?? []) {
      // The answer fits the schema; a model that knows nothing better takes nothing away.
      if let category = category.stringValue, category != CategoryTable.other, rules.categories.contains(category) {
        proposals[name] = category
      }
    }
    var output = try categorize(call.input, rules, proposals).objectValue ?? JSONObject()
    output["model"] = answer.report(
      asked: asked.map { .string($0) },
      taken: asked.filter { proposals[$0] != nil }.map { .string($0) }
    )
    return .object(output)
  }

  private static func schema(_ count: Int, _ categories: [String]) -> JSON {
    [
      "type": "object",
      "properties": [
        "categories": [
          "type": "array", "minItems": .integer(Int64(count)), "maxItems": .integer(Int64(count)),
          "items": ["enum": .array(categories.map { .string($0) })],
        ]
      ],
      "required": ["categories"],
      "additionalProperties": false,
    ]
  }

  /// `proposals`: categories by name for items of which the rules know nothing.
  static func categorize(_ input: JSON, _ rules: CategoryRules, _ proposals: [String: String] = [:]) throws(WireError)
    -> JSON
  {
    let company = input["company"]?.stringValue
    var items: [JSON] = []
    var totals: [String: Amount] = [:]
    var sum = Amount.zero
    for (i, item) in (input["items"]?.arrayValue ?? []).enumerated() {
      let name = item["name"]?.stringValue ?? ""
      var found = rules.classify(name, company: company)
      var members = item.objectValue ?? JSONObject()
      if found.category == CategoryTable.other, let proposal = proposals[name] {
        found = Classification(category: proposal, confidence: 0.4, reason: "a model says so")
        members["source"] = "model"
      }
      members["category"] = .string(found.category)
      members["confidence"] = Amount.hundredths(found.confidence)
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
    let present = rules.categories.filter { totals[$0] != nil }
    let sums = present.map { ($0, totals[$0]?.json ?? .null) }
    return [
      "items": .array(items), "totals": .object(JSONObject(sums)), "total": sum.json,
      "summary": .string(present.map { summary($0, totals[$0] ?? .zero, items) }.joined(separator: "\n")),
    ]
  }

  private static func summary(_ category: String, _ total: Amount, _ items: [JSON]) -> String {
    let lines = items.filter { $0["category"] == .string(category) }.map { item in
      "  \(item["name"]?.stringValue ?? ""): \(Amount(item["price"])?.text ?? "no price")"
    }
    return (["\(category) \(total.text)"] + lines).joined(separator: "\n")
  }
}
