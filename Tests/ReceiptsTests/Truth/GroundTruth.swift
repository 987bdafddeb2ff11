internal import Foundation
package import JSON

/// What a receipt says, as people wrote it down.
package struct GroundTruth {
  package let image: String
  package let company: String
  package let date: String
  package let total: String
  /// Its lines with their boxes as people drew them: what a perfect OCR would give, in `receipt_ocr`'s form.
  package let page: JSON

  /// Of images that occur twice the first.
  package static func load(_ folder: String) throws -> [GroundTruth] {
    var seen: Set<Data> = []
    var list: [GroundTruth] = []
    for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/key").sorted() {
      let image = "\(folder)/img/\(name.prefix { $0 != "." }).jpg"
      guard seen.insert(try Data(contentsOf: URL(filePath: image))).inserted else { continue }
      let key = try JSON(parsing: Array(try Data(contentsOf: URL(filePath: "\(folder)/key/\(name)"))))
      list.append(
        GroundTruth(
          image: image,
          company: key["company"]?.stringValue ?? "",
          date: iso(key["date"]?.stringValue ?? ""),
          total: key["total"]?.stringValue ?? "",
          page: try page("\(folder)/box/\(name.prefix { $0 != "." }).csv")
        )
      )
    }
    return list
  }

  /// Rows `x1,y1,x2,y2,x3,y3,x4,y4,text`, clockwise from the upper left; a line's words share its box by their letters.
  private static func page(_ path: String) throws -> JSON {
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    let lines = text.split(whereSeparator: \.isNewline).compactMap { row -> JSON? in
      let cells = row.split(separator: ",", maxSplits: 8, omittingEmptySubsequences: false)
      let corners = cells.prefix(8).compactMap { Int64($0) }
      guard cells.count == 9, corners.count == 8 else { return nil }
      let width = Double(corners[2] - corners[0]) / Double(max(1, cells[8].count))
      var words: [JSON] = []
      var place = 0
      for word in cells[8].split(separator: " ", omittingEmptySubsequences: false) {
        if !word.isEmpty {
          words.append([
            "text": .string(String(word)), "left": .integer(corners[0] + Int64(width * Double(place))),
            "top": .integer(corners[1]), "width": .integer(Int64(width * Double(word.count))),
            "height": .integer(corners[5] - corners[3]), "confidence": 99,
          ])
        }
        place += word.count + 1
      }
      return words.isEmpty ? nil : ["text": .string(String(cells[8])), "words": .array(words)]
    }
    return ["lines": .array(lines)]
  }

  /// Day, month and year, or month first where the second number is no month.
  private static func iso(_ text: String) -> String {
    let parts = text.split { "/-.".contains($0) }.compactMap { Int($0) }
    guard parts.count == 3 else { return text }
    let (day, month) = parts[1] > 12 ? (parts[1], parts[0]) : (parts[0], parts[1])
    return String(format: "%04d-%02d-%02d", parts[2] < 100 ? 2000 + parts[2] : parts[2], month, day)
  }

  package struct Score: CustomStringConvertible {
    package var totals = 0
    package var dates = 0
    /// Letters and digits all the same.
    package var companies = 0
    /// At most one letter in five is another.
    package var nearCompanies = 0
    /// The items that were found add up to the total that was.
    package var sums = 0
    package var misses: [String] = []

    package init() {}

    package mutating func add(_ truth: GroundTruth, _ receipt: JSON) {
      let total = receipt["total"].map { "\($0)" } ?? ""
      if Double(total) == Double(truth.total) { totals += 1 } else { misses.append("\(total) for \(truth.total)") }
      let date = receipt["date"]?.stringValue ?? ""
      if date == truth.date { dates += 1 } else { misses.append("'\(date)' for \(truth.date)") }
      let company = receipt["company"]?.stringValue ?? ""
      let checks = receipt["checks"]?.arrayValue ?? []
      if checks.contains(where: { $0["name"] == "items_sum" && $0["holds"] == true }) { sums += 1 }
      let (a, b) = (Score.plain(company), Score.plain(truth.company))
      let distance = Score.distance(a, b)
      if distance == 0 { companies += 1 } else { misses.append("'\(company)' for '\(truth.company)'") }
      if distance * 5 <= b.count { nearCompanies += 1 }
    }

    package var description: String {
      "totals \(totals), dates \(dates), companies \(companies) (nearly \(nearCompanies)); "
        + misses.joined(separator: "; ")
    }

    private static func plain(_ text: String) -> [Character] {
      text.uppercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    }

    /// Letters to change, insert or delete.
    private static func distance(_ a: [Character], _ b: [Character]) -> Int {
      var row = Array(0...b.count)
      for (i, x) in a.enumerated() {
        var diagonal = row[0]
        row[0] = i + 1
        for (j, y) in b.enumerated() {
          let above = row[j + 1]
          row[j + 1] = min(diagonal + (x == y ? 0 : 1), above + 1, row[j] + 1)
          diagonal = above
        }
      }
      return row[b.count]
    }
  }
}
