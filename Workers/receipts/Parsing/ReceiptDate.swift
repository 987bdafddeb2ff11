/// A day of the calendar with the place where it was printed.
package struct ReceiptDate: Sendable {
  var year: Int
  var month: Int
  var day: Int
  var line: Int
  /// Of the bytes in the line.
  var range: Range<Int>
  var score: Double
  /// How sure the OCR was of it, 0 … 1.
  var confidence = 1.0
  /// Which of several readings of the receipt has it.
  var reading = 0

  var iso: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

  package enum Order: String, Sendable { case dayFirst = "DMY", monthFirst = "MDY" }

  /// The date of the sale: near the word for it or beside a time of day rather than in small print, and the one that is
  /// printed most often, in all readings of a receipt.
  static func find(in readings: [[ReceiptLine]], _ order: Order) -> ReceiptDate? {
    var best: [String: ReceiptDate] = [:]
    for (number, lines) in readings.enumerated() {
      var here: [String: ReceiptDate] = [:]
      for var date in candidates(in: lines, order) {
        date.reading = number
        if let known = here[date.iso] {
          here[date.iso]?.score = max(known.score, date.score) + 0.5
        } else {
          here[date.iso] = date
        }
      }
      for (iso, date) in here { best[iso] = best[iso].map { $0.adding(date) } ?? date }
    }
    // Of equals the first.
    return best.values.min { ($1.score, $0.reading, $0.line, $0.iso) < ($0.score, $1.reading, $1.line, $1.iso) }
  }

  private func adding(_ other: ReceiptDate) -> ReceiptDate {
    var sum = self
    sum.score += max(0.5, other.score)
    sum.confidence = max(confidence, other.confidence)
    return sum
  }

  /// Every date that is printed, with what speaks for it.
  private static func candidates(in lines: [ReceiptLine], _ order: Order) -> [ReceiptDate] {
    var found: [ReceiptDate] = []
    for (i, line) in lines.enumerated() {
      var scanner = DateScanner(line, order)
      for var date in scanner.dates() {
        if isNamed(line) {
          date.score += 2
        } else if i > 0, lines[i - 1].letters.count <= 8, isNamed(lines[i - 1]) {
          date.score += 1.5
        }
        if TimeOfDay.find(in: line, after: 0) != nil { date.score += 1.5 }
        if Keywords.containsAny(line.letters, otherDates) { date.score -= 2 }
        // Measured: from 0.94 on, one in a hundred is misread; below, one in five, however much below.
        date.confidence = line.confidence(date.range)
        date.score += date.confidence >= 0.94 ? 1.8 : 0.4 + 0.4 * date.confidence
        found.append(date)
      }
    }
    return found
  }

  static func isNamed(_ line: ReceiptLine) -> Bool { Keywords.containsAny(line.letters, ["DATE", "TARIKH"]) }

  private static let otherDates = [
    "EXPIRY", "EXPIRE", "EXPDATE", "VALIDUNTIL", "VALIDTILL", "BESTBEFORE", "SINCE", "GSTACT", "DUEDATE", "UNTIL",
    "MEMBERSINCE",
  ]

  // MARK: The calendar

  /// nil for what is no day of the calendar.
  static func valid(_ year: Int, _ month: Int, _ day: Int) -> (year: Int, month: Int, day: Int)? {
    guard (1980...2099).contains(year), (1...12).contains(month), (1...days(month, year)).contains(day) else {
      return nil
    }
    return (year, month, day)
  }

  private static func days(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}
