package import JSON

/// What a first attempt would do: the first line is the shop, the first thing that looks like a date is the date, and the
/// last amount of the last line with "TOTAL" is the total. What the parser is measured against.
package enum NaiveRules {
  package static func parse(_ text: String) -> JSON {
    let lines = text.split(whereSeparator: \.isNewline).map(String.init)
    let totals = lines.filter { $0.uppercased().contains("TOTAL") }.compactMap {
      $0.matches(of: /\d+\.\d\d/).last?.output
    }
    var receipt: JSONObject = [:]
    if let line = lines.first { receipt["company"] = .string(line) }
    if let total = totals.last { receipt["total"] = JSONNumber(String(total)).map { .number($0) } ?? .null }
    if let date = lines.lazy.compactMap({ $0.firstMatch(of: /(\d\d)[\/.-](\d\d)[\/.-](\d{4}|\d\d)/)?.output }).first {
      let year = date.3.count == 2 ? "20\(date.3)" : String(date.3)
      receipt["date"] = .string("\(year)-\(date.2)-\(date.1)")
    }
    return .object(receipt)
  }
}
