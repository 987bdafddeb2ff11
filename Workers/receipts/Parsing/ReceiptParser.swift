package import JSON
package import Wire

/// What a receipt says, from its text or from an OCR's page; from several readings of the same image what they agree on.
package enum ReceiptParser {
  /// More lines than any receipt has.
  package static let lineLimit = 2000
  /// Readings of one image.
  package static let readingLimit = 4

  package static func parse(text: String) -> ParsedReceipt {
    let lines = text.split(whereSeparator: \.isNewline).prefix(lineLimit).enumerated()
    return parse([lines.map { ReceiptLine(index: $0.offset, text: String($0.element)) }], .dayFirst)
  }

  package static func parse(_ readings: [[ReceiptLine]], _ order: ReceiptDate.Order) -> ParsedReceipt {
    let readings = readings.map { Reading($0) }
    let total = TotalsSolver.best(of: readings.map(\.solver))
    // The reading whose figures agree best with the total that all of them speak for.
    var best = (reading: readings[0], totals: readings[0].solver.totals(for: total))
    for reading in readings.dropFirst() {
      let totals = reading.solver.totals(for: total)
      if totals.agreement > best.totals.agreement { best = (reading, totals) }
    }
    let merchants = readings.map { Merchant.find(in: $0.lines) }
    let date = ReceiptDate.find(in: readings.map(\.lines), order)
    return ParsedReceipt(
      merchant: merchants.reduce(merchants[0]) { $1.confidence > $0.confidence ? $1 : $0 },
      date: date,
      time: time(of: date, in: readings.map(\.lines)),
      items: best.reading.items,
      totals: best.totals,
      currency: readings.lazy.compactMap(\.currency).first,
      agreement: agreement(readings, total?.value, date, order)
    )
  }

  /// Whether another reading of the image is worth its time, after these pages.
  package static func isDoubtful(_ pages: [JSON]) -> Bool {
    let readings = pages.map { lines(of: $0) }.filter { $0.contains { !$0.tokens.isEmpty } && $0.count <= lineLimit }
    return readings.isEmpty || parse(readings, .dayFirst).isDoubtful
  }

  private struct Reading {
    let lines: [ReceiptLine]
    let items: [ReceiptItem]
    let currency: String?
    let solver: TotalsSolver

    init(_ lines: [ReceiptLine]) {
      let roles = lines.map { LineRole.of($0) }
      self.lines = lines
      items = ItemRows.find(in: lines, roles)
      currency = ReceiptParser.currency(in: lines)
      solver = TotalsSolver(lines, roles, items, currency: currency)
    }
  }

  /// In how many readings total and date would be the same alone.
  private static func agreement(
    _ readings: [Reading],
    _ total: Amount?,
    _ date: ReceiptDate?,
    _ order: ReceiptDate.Order
  ) -> (readings: Int, total: Int, date: Int) {
    if readings.count == 1 { return (1, 1, 1) }
    return (
      readings.count,
      readings.count { TotalsSolver.best(of: [$0.solver])?.value == total },
      readings.count { ReceiptDate.find(in: [$0.lines], order)?.iso == date?.iso }
    )
  }

  // MARK: Input

  /// The lines of each reading: the layout's where there are any, since their words carry how sure the OCR was.
  package static func readings(of input: JSON) throws(WireError) -> [[ReceiptLine]] {
    let page = input["ocr"] ?? input
    var readings = [lines(of: page)]
    for again in (page["readings"]?.arrayValue ?? []).prefix(readingLimit - 1) { readings.append(lines(of: again)) }
    if readings.contains(where: { $0.count > lineLimit }) {
      throw WireError(.limitExceeded, "a receipt of more than \(lineLimit) lines", data: ["limit": "lines"])
    }
    readings.removeAll { !$0.contains { !$0.tokens.isEmpty } }
    if readings.isEmpty { throw WireError(.invalidInput, "there is no text to parse") }
    return readings
  }

  /// No more than one beyond the limit.
  private static func lines(of page: JSON) -> [ReceiptLine] {
    var lines: [ReceiptLine] = []
    guard let layout = page["lines"]?.arrayValue, !layout.isEmpty else {
      for line in (page["text"]?.stringValue ?? "").split(whereSeparator: \.isNewline).prefix(lineLimit + 1) {
        lines.append(ReceiptLine(index: lines.count, text: String(line)))
      }
      return lines
    }
    for line in RowLayout.rows(layout).prefix(lineLimit + 1) {
      let words = (line["words"]?.arrayValue ?? []).map { word in
        (word["text"]?.stringValue ?? "", word["confidence"]?.doubleValue.map { Int(max(0, min(100, $0))) })
      }
      if words.isEmpty {
        lines.append(ReceiptLine(index: lines.count, text: line["text"]?.stringValue ?? ""))
      } else {
        lines.append(ReceiptLine(index: lines.count, words: words))
      }
    }
    return lines
  }

  // MARK: Time and currency

  /// Beside the date, else the first that is said to be one, else the first.
  private static func time(of date: ReceiptDate?, in readings: [[ReceiptLine]]) -> TimeOfDay? {
    if let date, let time = TimeOfDay.find(in: readings[date.reading][date.line], after: date.range.upperBound) {
      return time
    }
    let lines = readings.joined()
    let named = lines.first { Keywords.contains($0.letters, "TIME") && TimeOfDay.find(in: $0, after: 0) != nil }
    let any = named ?? lines.first { TimeOfDay.find(in: $0, after: 0) != nil }
    return any.flatMap { TimeOfDay.find(in: $0, after: 0) }
  }

  /// The one that is named most often; a dollar sign says which dollar only with letters.
  static func currency(in lines: [ReceiptLine]) -> String? {
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
}
