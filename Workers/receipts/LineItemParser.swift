internal import WorkerKit

/// `line_item_parser`: what a receipt says, from its text or from what `receipt_ocr` gave.
enum LineItemParser {
  /// More lines than any receipt has.
  static let lineLimit = 2000

  static func run(_ call: Call) throws -> JSON {
    let lines = try lines(of: call.input)
    let order = call.input["date_order"]?.stringValue.flatMap { ReceiptDate.Order(rawValue: $0) } ?? .dayFirst
    return parse(lines, order)
  }

  static func parse(text: String) -> JSON {
    parse(
      text.split(whereSeparator: \.isNewline).enumerated().map {
        ReceiptLine(index: $0.offset, text: String($0.element))
      },
      .dayFirst
    )
  }

  static func parse(_ lines: [ReceiptLine], _ order: ReceiptDate.Order) -> JSON {
    let roles = lines.map { LineRole.of($0) }
    let merchant = Merchant.find(in: lines)
    let date = ReceiptDate.find(in: lines, order)
    let items = ItemRows.find(in: lines, roles)
    let totals = TotalsSolver.solve(lines, roles, items)
    return json(merchant, date, time(of: date, in: lines), items, totals, currency: currency(in: lines))
  }

  // MARK: Input

  /// The layout's lines where there are any: their words carry how sure the OCR was of each.
  private static func lines(of input: JSON) throws(WireError) -> [ReceiptLine] {
    let page = input["ocr"] ?? input
    var lines: [ReceiptLine] = []
    if let layout = page["lines"]?.arrayValue, !layout.isEmpty {
      for line in RowLayout.rows(layout) {
        let words = (line["words"]?.arrayValue ?? []).map { word in
          (word["text"]?.stringValue ?? "", word["confidence"]?.doubleValue.map { Int(max(0, min(100, $0))) })
        }
        if words.isEmpty {
          lines.append(ReceiptLine(index: lines.count, text: line["text"]?.stringValue ?? ""))
        } else {
          lines.append(ReceiptLine(index: lines.count, words: words))
        }
      }
    } else {
      for line in (page["text"]?.stringValue ?? "").split(whereSeparator: \.isNewline).prefix(lineLimit + 1) {
        lines.append(ReceiptLine(index: lines.count, text: String(line)))
      }
    }
    if lines.count > lineLimit {
      throw WireError(.limitExceeded, "a receipt of more than \(lineLimit) lines", data: ["limit": "lines"])
    }
    guard lines.contains(where: { !$0.tokens.isEmpty }) else {
      throw WireError(.invalidInput, "there is no text to parse")
    }
    return lines
  }

  /// Beside the date, else the first that is said to be one, else the first.
  private static func time(of date: ReceiptDate?, in lines: [ReceiptLine]) -> TimeOfDay? {
    if let date, let time = TimeOfDay.find(in: lines[date.line], after: date.end) { return time }
    let named = lines.first { Keywords.contains($0.letters, "TIME") && TimeOfDay.find(in: $0, after: 0) != nil }
    let any = named ?? lines.first { TimeOfDay.find(in: $0, after: 0) != nil }
    return any.flatMap { TimeOfDay.find(in: $0, after: 0) }
  }

  /// The one that is named most often; a dollar sign says which dollar only with letters.
  private static func currency(in lines: [ReceiptLine]) -> String? {
    var counts: [String: Int] = [:]
    for line in lines {
      for token in line.ascii.split(whereSeparator: { !$0.isLetter && $0 != UInt8(ascii: "$") }) {
        switch String(decoding: token, as: UTF8.self) {
        case "RM", "MYR": counts["MYR", default: 0] += 1
        case "USD", "US$": counts["USD", default: 0] += 1
        case "EUR": counts["EUR", default: 0] += 1
        case "GBP": counts["GBP", default: 0] += 1
        case "SGD", "S$": counts["SGD", default: 0] += 1
        default: break
        }
      }
      if line.text.contains("€") { counts["EUR", default: 0] += 1 }
      if line.text.contains("£") { counts["GBP", default: 0] += 1 }
    }
    return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
  }

  // MARK: Output

  private static func json(
    _ merchant: Merchant,
    _ date: ReceiptDate?,
    _ time: TimeOfDay?,
    _ items: [ReceiptItem],
    _ totals: Totals,
    currency: String?
  ) -> JSON {
    func text(_ value: String?) -> JSON { value.map { .string($0) } ?? .null }
    func amount(_ value: Amount?) -> JSON { value?.json ?? .null }
    var receipt = JSONObject()
    receipt["company"] = text(merchant.company)
    receipt["address"] = text(merchant.address)
    receipt["date"] = text(date?.iso)
    receipt["time"] = text(time?.iso)
    receipt["items"] = .array(
      items.map { item in
        [
          "name": .string(item.name), "quantity": item.quantity.quantityJSON, "unit_price": amount(item.unitPrice),
          "price": item.price.json,
        ]
      }
    )
    receipt["subtotal"] = amount(totals.subtotal)
    receipt["service_charge"] = amount(totals.serviceCharge)
    receipt["discount"] = amount(totals.discount)
    receipt["tax"] = amount(totals.tax)
    receipt["rounding"] = amount(totals.rounding)
    receipt["total"] = amount(totals.total)
    receipt["cash"] = amount(totals.cash)
    receipt["change"] = amount(totals.change)
    receipt["currency"] = text(currency)
    let dateConfidence = date.map { max(0.1, min(0.99, 0.4 + 0.12 * $0.score)) } ?? 0
    receipt["confidence"] = [
      "company": rounded(merchant.confidence), "date": rounded(dateConfidence), "total": rounded(totals.confidence),
      "overall": rounded((merchant.confidence + dateConfidence + 2 * totals.confidence) / 4),
    ]
    receipt["checks"] = .array(
      totals.checks.map {
        ["name": .string($0.name), "holds": .bool($0.holds), "left": $0.left.json, "right": $0.right.json]
      }
    )
    return .object(receipt)
  }

  /// Two decimals.
  static func rounded(_ value: Double) -> JSON {
    JSONNumber(Amount(cents: Int64((value * 100).rounded())).text).map { .number($0) } ?? .null
  }
}
