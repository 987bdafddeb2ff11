// Dates whose separators are lost or were read as something else.
extension DateScanner {
  /// `20180304`; `12/022018`; `15/01I2018`; `0171272018` where the line says that it is a date.
  mutating func worn(from start: Int) -> ReceiptDate? {
    var end = start
    while end < bytes.count, !bytes[end].isBlank, end - start < 11 { end += 1 }
    while end > start, ",.:;)'".utf8.contains(bytes[end - 1]) { end -= 1 }
    let token = Array(bytes[start..<end])
    guard (8...10).contains(token.count) else { return nil }
    let isNamed = ReceiptDate.isNamed(line)
    let isTimed = TimeOfDay.find(in: line, after: end) != nil
    let marks = token.indices.filter { "/-.".utf8.contains(token[$0]) }
    repairs = 0
    func made(_ places: (Int, Int, Int), _ digits: [UInt8], score: Double) -> ReceiptDate? {
      let text = digits.compactMap { Lookalikes.digit($0) }
      guard text.count == digits.count, digits.count(where: \.isDigit) * 4 >= digits.count * 3 else { return nil }
      func value(_ range: Range<Int>) -> Int { text[range].reduce(0) { $0 * 10 + $1 } }
      var (day, month, year) = (value(0..<places.0), value(places.0..<places.1), value(places.1..<places.2))
      if places.0 == 4 { (day, year) = (year, day) }
      if year < 100 { year += 2000 }
      guard (2000...2040).contains(year) else { return nil }
      if order == .monthFirst, places.0 == 2 { (day, month) = (month, day) }
      guard let day = ReceiptDate.valid(year, month, day) ?? ReceiptDate.valid(year, day, month) else { return nil }
      return self.made(day, start..<end, score)
    }
    switch (token.count, marks.count) {
    case (8, 0) where token.allSatisfy(\.isDigit):
      return made((4, 6, 8), token, score: isNamed || isTimed ? 0 : -1)
        ?? (isNamed ? made((2, 4, 8), token, score: -0.5) : nil)
    case (9, 1) where marks[0] == 2 || marks[0] == 4:
      return made((2, 4, 8), token.filter { !"/-.".utf8.contains($0) }, score: -0.3)
    case (10, 0...2) where !marks.isEmpty || isNamed:
      guard marks.allSatisfy({ $0 == 2 || $0 == 5 }), Self.isWornMark(token[2]), Self.isWornMark(token[5]) else {
        return nil
      }
      return made((2, 4, 8), Array(token[0..<2] + token[3..<5]) + token[6...], score: marks.isEmpty ? -0.8 : -0.3)
    case (8, 1...2) where isNamed || isTimed:
      guard marks.allSatisfy({ $0 == 2 || $0 == 5 }), Self.isWornMark(token[2]), Self.isWornMark(token[5]) else {
        return nil
      }
      return made((2, 4, 6), Array(token[0..<2] + token[3..<5]) + token[6...], score: -0.5)
    default: return nil
    }
  }

  /// What OCR makes of a stroke.
  private static func isWornMark(_ byte: UInt8) -> Bool { "/-.,17IlJjif|!()[]{}tT:;'\\_~".utf8.contains(byte) }
}
