/// A day of the calendar with the place where it was printed.
struct ReceiptDate: Sendable {
  var year: Int
  var month: Int
  var day: Int
  var line: Int
  /// Behind its last byte in the line.
  var end: Int
  var score: Double

  var iso: String { "\(padded(year, 4))-\(padded(month, 2))-\(padded(day, 2))" }

  enum Order: String { case dayFirst = "DMY", monthFirst = "MDY" }

  /// The date of the sale: near the word for it or beside a time of day rather than in small print, and the one that is
  /// printed most often.
  static func find(in lines: [ReceiptLine], _ order: Order) -> ReceiptDate? {
    var found: [ReceiptDate] = []
    for line in lines {
      var scanner = DateScanner(line, order)
      for var date in scanner.dates() {
        if Keywords.contains(line.letters, "DATE") || Keywords.contains(line.letters, "TARIKH") { date.score += 2 }
        if TimeOfDay.find(in: line, after: 0) != nil { date.score += 1.5 }
        if Keywords.containsAny(
          line.letters,
          ["EXPIRY", "EXPIRE", "VALIDUNTIL", "BESTBEFORE", "SINCE", "PRINTED", "ACT"]
        ) {
          date.score -= 2
        }
        date.score += line.confidence * 0.5
        found.append(date)
      }
    }
    for i in found.indices {
      found[i].score += 0.5 * Double(found.count { $0.iso == found[i].iso } - 1)
    }
    // Of equals the first.
    return found.reduce(nil) { best, date in (best?.score ?? -.infinity) < date.score ? date : best }
  }
}

/// Finds dates in one line: numbers with `/`, `-`, `.` or blanks between them, or a month by name.
struct DateScanner {
  private let bytes: [UInt8]
  private let line: ReceiptLine
  private let order: ReceiptDate.Order
  private var at = 0

  init(_ line: ReceiptLine, _ order: ReceiptDate.Order) {
    self.line = line
    self.order = order
    bytes = line.ascii
  }

  mutating func dates() -> [ReceiptDate] {
    var dates: [ReceiptDate] = []
    var start = 0
    while start < bytes.count {
      // Not in the middle of a number or word.
      let isFree = start == 0 || !(bytes[start - 1].isDigit || bytes[start - 1].isLetter && bytes[start].isLetter)
      if isFree, let date = date(from: start) {
        dates.append(date)
        start = date.end
      } else {
        start += 1
      }
    }
    return dates
  }

  private mutating func date(from start: Int) -> ReceiptDate? {
    at = start
    guard let first = part(), let separator = separator(), let second = part(),
      let other = self.separator(), let third = part(), separator == other || first.isName || second.isName
    else { return nil }
    if at < bytes.count, bytes[at].isDigit { return nil }
    // With blanks alone between numbers anything would be a date.
    if separator == UInt8(ascii: " "), !first.isName, !second.isName { return nil }
    guard let date = resolve(first, second, third) else { return nil }
    return ReceiptDate(
      year: date.year,
      month: date.month,
      day: date.day,
      line: line.index,
      end: at,
      score: third.digits == 4 || first.digits == 4 ? 1 : 0.5
    )
  }

  private struct Part {
    var value: Int
    /// 0 for a month's name.
    var digits: Int
    var isName: Bool { digits == 0 }
  }

  private mutating func part() -> Part? {
    var value = 0
    var digits = 0
    while at < bytes.count, digits < 5 {
      // Nothing begins with a letter that only may be a digit, unless a digit follows.
      let isFirst = digits == 0 && !(at + 1 < bytes.count && bytes[at + 1].isDigit)
      guard let digit = Self.digit(bytes[at], isFirst: isFirst) else { break }
      value = value * 10 + digit
      digits += 1
      at += 1
    }
    if digits > 0 { return digits <= 4 && digits != 3 ? Part(value: value, digits: digits) : nil }
    var name: [UInt8] = []
    var end = at
    while end < bytes.count, bytes[end].isLetter {
      name.append(bytes[end] & 0xdf)
      end += 1
    }
    guard name.count >= 3, let month = Self.months.firstIndex(where: { $0.elementsEqual(name.prefix(3)) }),
      Self.names[month].starts(with: name) || name.count == 3 || name.count == 4
    else { return nil }
    at = end
    return Part(value: month % 12 + 1, digits: 0)
  }

  /// Of several blanks and one mark, the mark.
  private mutating func separator() -> UInt8? {
    var found: UInt8?
    var count = 0
    while at < bytes.count, count < 3 {
      let byte = bytes[at]
      if byte.isBlank || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "'") {
        found = found ?? UInt8(ascii: " ")
      } else if "/-.".utf8.contains(byte), found == nil || found == UInt8(ascii: " ") {
        found = byte
      } else {
        break
      }
      count += 1
      at += 1
    }
    return found
  }

  private func resolve(_ a: Part, _ b: Part, _ c: Part) -> (year: Int, month: Int, day: Int)? {
    func valid(_ year: Part, _ month: Int, _ day: Int) -> (Int, Int, Int)? {
      guard year.digits == 4 || year.digits == 2 else { return nil }
      let full = year.digits == 2 ? 2000 + year.value : year.value
      guard (1980...2099).contains(full), (1...12).contains(month), (1...Self.days(month, full)).contains(day) else {
        return nil
      }
      return (full, month, day)
    }
    if b.isName { return a.digits == 4 ? valid(a, b.value, c.value) : valid(c, b.value, a.value) }
    if a.isName { return valid(c, a.value, b.value) }
    if c.isName { return nil }
    if a.digits == 4 { return valid(a, b.value, c.value) }
    guard a.digits <= 2, b.digits <= 2 else { return nil }
    let dayFirst = valid(c, b.value, a.value)
    let monthFirst = valid(c, a.value, b.value)
    // A date that is none in one order is meant in the other.
    return order == .dayFirst ? dayFirst ?? monthFirst : monthFirst ?? dayFirst
  }

  private static func days(_ month: Int, _ year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func digit(_ byte: UInt8, isFirst: Bool) -> Int? {
    if byte.isDigit { return Int(byte - UInt8(ascii: "0")) }
    if isFirst { return nil }
    switch byte {
    case UInt8(ascii: "O"), UInt8(ascii: "o"): return 0
    case UInt8(ascii: "l"), UInt8(ascii: "I"), UInt8(ascii: "|"): return 1
    default: return nil
    }
  }

  /// English, then Malay.
  private static let names: [[UInt8]] = [
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER", "JANUARI", "FEBRUARI", "MAC", "APRIL", "MEI", "JUN", "JULAI", "OGOS", "SEPTEMBER", "OKTOBER",
    "NOVEMBER", "DISEMBER",
  ].map { Array($0.utf8) }
  private static let months = names.map { Array($0.prefix(3)) }
}

/// A time of day.
struct TimeOfDay: Sendable {
  var hour: Int
  var minute: Int
  var second: Int?

  var iso: String { "\(padded(hour, 2)):\(padded(minute, 2))" + (second.map { ":\(padded($0, 2))" } ?? "") }

  /// `20:17`, `8:13:39 PM`, `12.05pm`; the first in the line from byte `start` on.
  static func find(in line: ReceiptLine, after start: Int) -> TimeOfDay? {
    let bytes = line.ascii
    func number(_ index: Int) -> (value: Int, digits: Int) {
      var value = 0
      var digits = 0
      while digits < 3, index + digits < bytes.count, bytes[index + digits].isDigit {
        value = value * 10 + Int(bytes[index + digits] - UInt8(ascii: "0"))
        digits += 1
      }
      return (value, digits)
    }
    for i in start..<max(start, bytes.count)
    where bytes[i].isDigit
      && (i == 0 || !"0123456789:/.-".utf8.contains(bytes[i - 1])
        || bytes[i - 1] == UInt8(ascii: ":") && (i < 2 || !bytes[i - 2].isDigit))
    {
      let hour = number(i)
      guard (1...2).contains(hour.digits) else { continue }
      var at = i + hour.digits
      guard at < bytes.count, bytes[at] == UInt8(ascii: ":") else { continue }
      let minute = number(at + 1)
      guard minute.digits == 2 else { continue }
      at += 3
      var second: Int?
      if at + 2 < bytes.count, ":'*".utf8.contains(bytes[at]) {
        let value = number(at + 1)
        if value.digits == 2, value.value < 60 {
          second = value.value
          at += 3
        }
      }
      while at < bytes.count, bytes[at].isBlank { at += 1 }
      var hours = hour.value
      if at < bytes.count, hours >= 1, hours <= 12 {
        let mark = bytes[at] & 0xdf
        let isMark =
          at + 1 >= bytes.count || bytes[at + 1] & 0xdf == UInt8(ascii: "M")
          || bytes[at + 1] & 0xdf == UInt8(ascii: "H")
        if mark == UInt8(ascii: "P"), isMark, hours < 12 { hours += 12 }
        if mark == UInt8(ascii: "A"), isMark, hours == 12 { hours = 0 }
      }
      guard hours < 24, minute.value < 60 else { continue }
      return TimeOfDay(hour: hours, minute: minute.value, second: second)
    }
    return nil
  }
}

private func padded(_ value: Int, _ width: Int) -> String {
  let text = String(value)
  return String(repeating: "0", count: max(0, width - text.count)) + text
}
