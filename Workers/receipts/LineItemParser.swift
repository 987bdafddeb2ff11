internal import ReceiptParsing
internal import WorkerKit

/// `line_item_parser`: what a receipt says, from its text or from what `receipt_ocr` gave.
enum LineItemParser {
  /// By rules alone.
  static func run(_ call: Call) throws -> JSON {
    ReceiptParser.parse(try ReceiptParser.readings(of: call.input), order(call)).json
  }

  /// By rules, and where they find no company, date or total, by a model.
  static func runWithModel(_ call: Call) async throws -> JSON {
    let readings = try ReceiptParser.readings(of: call.input)
    var receipt = ReceiptParser.parse(readings, order(call))
    let missing = receipt.missing
    if missing.isEmpty || call.input["model"] == "off" { return receipt.json }
    let answer = try await SmallModel.ask(
      "This is the text of a receipt, read by a machine. Copy from it \(missing.map(words).joined(separator: ", ")). "
        + "Answer null for what is not in it.\n\n\(SmallModel.excerpt(readings[0].map(\.text)))",
      schema: schema(missing),
      call
    )
    var taken: [JSON] = []
    let text = Grounding(readings)
    for field in missing where receipt.take(field, answer.value[field.rawValue], order(call), text) {
      taken.append(.string(field.rawValue))
    }
    var output = receipt.json.objectValue ?? JSONObject()
    output["model"] = answer.report(asked: missing.map { .string($0.rawValue) }, taken: taken)
    return .object(output)
  }

  private static func order(_ call: Call) -> ReceiptDate.Order {
    call.input["date_order"]?.stringValue.flatMap { ReceiptDate.Order(rawValue: $0) } ?? .dayFirst
  }

  private static func words(_ field: ParsedReceipt.Field) -> String {
    switch field {
    case .company: "the name of the shop (company)"
    case .date: "the date of the sale (date)"
    case .total: "the amount that was to be paid (total)"
    }
  }

  private static func schema(_ fields: [ParsedReceipt.Field]) -> JSON {
    let names = fields.map(\.rawValue)
    return [
      "type": "object",
      "properties": .object(JSONObject(names.map { ($0, ["type": ["string", "null"], "maxLength": 100]) })),
      "required": .array(names.map { .string($0) }),
      "additionalProperties": false,
    ]
  }
}
