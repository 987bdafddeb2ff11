/// Finds dates in one line: numbers with `/`, `-`, `.` or blanks between them, a month by name, or eight digits.
struct DateScanner {
  let bytes: [UInt8]
  let line: ReceiptLine
  let order: ReceiptDate.Order
  var at = 0
  /// Digits that were read from something else, in the date that is being read.
  var repairs = 0

  init(_ line: ReceiptLine, _ order: ReceiptDate.Order) {
    self.line = line
    self.order = order
    bytes = line.ascii
  }

  mutating func dates() -> [ReceiptDate] {
    var dates: [ReceiptDate] = []
    var start = 0
    while start < bytes.count {
      if isFree(start), let date = date(from: start) ?? worn(from: start) {
        dates.append(date)
        start = date.range.upperBound
      } else {
        start += 1
      }
    }
    return dates
  }

  /// Not in the middle of a number or word; but the word for a date may stick to it.
  private func isFree(_ index: Int) -> Bool {
    guard index > 0 else { return true }
    let before = bytes[index - 1]
    if before.isDigit { return false }
    guard before.isLetter else { return true }
    return bytes[index].isDigit && (before & 0xdf == UInt8(ascii: "E") || before & 0xdf == UInt8(ascii: "H"))
      && ReceiptDate.isNamed(line)
  }

  // MARK: As they are written

  private mutating func date(from start: Int) -> ReceiptDate? {
    at = start
    repairs = 0
    guard let first = part() else { return nil }
    let left = separator()
    guard let second = part(), left.mark != nil || first.isName != second.isName else { return nil }
    let right = separator()
    guard right.mark != nil || second.isName, let third = part(), at == bytes.count || !bytes[at].isDigit else {
      return nil
    }
    var score = third.digits == 4 || first.digits == 4 ? 1 : 0.5
    if !first.isName, !second.isName {
      let blank = UInt8(ascii: " ")
      // With blanks alone between numbers anything would be a date; one mark may be lost beside a time of day.
      if left.mark == blank { return nil }
      if left.mark != right.mark {
        guard right.mark == blank, TimeOfDay.find(in: line, after: at) != nil else { return nil }
        score -= 0.5
      }
      if left.isWide || right.isWide { score -= 0.5 }
      if left.mark == UInt8(ascii: "-"), first.digits == 1 || second.digits == 1 { score -= 0.3 }
    }
    guard let day = resolve(first, second, third) else { return nil }
    return made(day, start..<at, score)
  }

  func made(_ day: (year: Int, month: Int, day: Int), _ range: Range<Int>, _ score: Double) -> ReceiptDate {
    ReceiptDate(
      year: day.year,
      month: day.month,
      day: day.day,
      line: line.index,
      range: range,
      // Tills with another clock are rarer than misread years.
      score: score - 0.25 * Double(repairs) - ((2000...2040).contains(day.year) ? 0 : 1.5)
    )
  }

  private struct Part {
    var value: Int
    /// 0 for a month's name.
    var digits: Int
    var isName: Bool { digits == 0 }
  }

  private mutating func part() -> Part? {
    if let month = name() { return Part(value: month, digits: 0) }
    var value = 0
    var digits = 0
    while at < bytes.count, digits < 5 {
      // Nothing begins with a letter that only may be a digit, unless a digit follows.
      if digits == 0, !bytes[at].isDigit, !(at + 1 < bytes.count && bytes[at + 1].isDigit) { return nil }
      guard let digit = Lookalikes.digit(bytes[at]) else { break }
      // A month's name goes on from here.
      if !bytes[at].isDigit, digits > 0, at + 1 < bytes.count, bytes[at + 1].isLetter { break }
      if !bytes[at].isDigit { repairs += 1 }
      value = value * 10 + digit
      digits += 1
      at += 1
    }
    // "201 8": a blank in a year.
    if digits == 3, (200...209).contains(value), at + 1 < bytes.count, bytes[at].isBlank, bytes[at + 1].isDigit,
      at + 2 == bytes.count || bytes[at + 2].isBlank
    {
      value = value * 10 + Int(bytes[at + 1] - UInt8(ascii: "0"))
      digits = 4
      at += 2
      repairs += 1
    }
    return (1...4).contains(digits) && digits != 3 ? Part(value: value, digits: digits) : nil
  }

  /// Moves behind the name of a month, if there is one.
  private mutating func name() -> Int? {
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
    return month % 12 + 1
  }

  /// Of blanks and one mark the mark; nil when there is nothing. `isWide`: a mark with a blank beside it.
  private mutating func separator() -> (mark: UInt8?, isWide: Bool) {
    var found: UInt8?
    var blanks = 0
    let start = at
    while at < bytes.count, at - start < 3 {
      let byte = bytes[at]
      if byte.isBlank || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "'") {
        found = found ?? UInt8(ascii: " ")
        blanks += 1
      } else if "/-.".utf8.contains(byte), found == nil || found == UInt8(ascii: " ") {
        found = byte
      } else {
        break
      }
      at += 1
    }
    return (found, blanks > 0 && found != UInt8(ascii: " "))
  }

  private func resolve(_ a: Part, _ b: Part, _ c: Part) -> (year: Int, month: Int, day: Int)? {
    func valid(_ year: Part, _ month: Int, _ day: Int) -> (year: Int, month: Int, day: Int)? {
      guard year.digits == 4 || year.digits == 2 else { return nil }
      return ReceiptDate.valid(year.digits == 2 ? 2000 + year.value : Self.plausible(year.value), month, day)
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

  /// A year to come is one whose 1 was read as 4 or 7, or whose 0 as 8, where that makes sense: 2048 for 2018.
  private static func plausible(_ year: Int) -> Int {
    guard year > 2040, year < 3000 else { return year }
    let digits = [2, year / 100 % 10, year / 10 % 10, year % 10]
    let repaired = 2000 + ([4, 7].contains(digits[2]) ? 1 : digits[2]) * 10 + digits[3]
    return [0, 8, 6, 9].contains(digits[1]) && repaired <= 2040 ? repaired : year
  }

  /// English, then Malay.
  private static let names: [[UInt8]] = [
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER", "JANUARI", "FEBRUARI", "MAC", "APRIL", "MEI", "JUN", "JULAI", "OGOS", "SEPTEMBER", "OKTOBER",
    "NOVEMBER", "DISEMBER",
  ].map { Array($0.utf8) }
  private static let months = names.map { Array($0.prefix(3)) }
}
