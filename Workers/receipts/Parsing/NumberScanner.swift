/// Finds the numbers of a line. Dates, times, telephone numbers and codes with letters are none.
///
/// What OCR does to numbers is undone where only one reading is left: a blank after the point (`73. 00`), a comma for the
/// point (`33,90`), a letter for a digit (`15.O0`), and a tax mark that stuck to the price (`5.205` for `5.20 S`).
struct NumberScanner {
  private let bytes: [UInt8]
  private var at = 0
  private var numbers: [PrintedNumber] = []

  static func numbers(in bytes: [UInt8]) -> [PrintedNumber] {
    var scanner = NumberScanner(bytes: bytes)
    scanner.scan()
    return scanner.numbers
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func byte(_ index: Int) -> UInt8? { bytes.indices.contains(index) ? bytes[index] : nil }

  private mutating func scan() {
    while at < bytes.count {
      guard bytes[at].isDigit, canBegin(at) else {
        // A word with digits in it is a code, all of it.
        if bytes[at].isLetter || bytes[at].isDigit { skipWord() } else { at += 1 }
        continue
      }
      let start = at
      if let number = number(from: start) {
        numbers.append(number)
        at = max(number.range.upperBound, start + 1)
      } else {
        skipWord()
      }
    }
  }

  /// At least one byte.
  private mutating func skipWord() {
    let start = at
    while let byte = byte(at), byte.isLetter || byte.isDigit || "/:-.,".utf8.contains(byte) {
      // A label's colon or dots are not part of the number behind them.
      if at > start, byte.isDigit, let before = self.byte(at - 1), ":.".utf8.contains(before), canBegin(at) { return }
      // A currency's letters belong to what follows them.
      if byte.isLetter, let next = self.byte(at + 1), next.isDigit, canBegin(at + 1) {
        at += 1
        return
      }
      at += 1
    }
  }

  /// A number begins after nothing, a blank, a sign or a currency.
  private func canBegin(_ index: Int) -> Bool {
    guard let before = byte(index - 1) else { return true }
    if before.isLetter { return endsWithCurrency(index) }
    return !before.isDigit && !"/:.,".utf8.contains(before) || before == UInt8(ascii: ":") && isLabel(index - 1)
      || before == UInt8(ascii: ".") && isLabel(index - 1)
  }

  /// Whether the colon or point at `index` ends a word and no number: `TOTAL:9.00`, `ADJ.....0.01`.
  private func isLabel(_ index: Int) -> Bool { byte(index - 1).map { !$0.isDigit } ?? true }

  /// `RM9.00`, and what OCR makes of the M.
  private func endsWithCurrency(_ end: Int) -> Bool {
    var start = end
    while start > 0, bytes[start - 1].isLetter { start -= 1 }
    return ["RM", "RH", "RN", "MYR", "USD", "EUR", "GBP", "SGD", "S", "X"].contains(
      String(decoding: bytes[start..<end], as: UTF8.self).uppercased()
    )
  }

  private func number(from start: Int) -> PrintedNumber? {
    var end = start
    var digits: [UInt8] = []
    while let next = byte(end) {
      if next.isDigit {
        digits.append(next)
        end += 1
      } else if next == UInt8(ascii: ","), !digits.isEmpty, digits.count <= 6, isGroup(end + 1) {
        end += 1
      } else {
        break
      }
    }
    guard digits.count <= 14 else { return nil }
    if let point = byte(end), point == UInt8(ascii: ".") || point == UInt8(ascii: ","),
      let number = fraction(digits, start, end + 1)
    {
      return number
    }
    // Whole: nothing may follow that makes it part of a code, a date or a time.
    if let next = byte(end) {
      if next.isLetter, !isMultiplier(end) { return nil }
      if "/:".utf8.contains(next), byte(end + 1)?.isDigit == true { return nil }
      if next == UInt8(ascii: "-"), byte(end + 1).map({ $0.isDigit || $0.isLetter }) == true { return nil }
    }
    if byte(start - 1) == UInt8(ascii: "-"), byte(start - 2).map({ $0.isDigit || $0.isLetter }) == true { return nil }
    return made(digits, decimals: 0, start..<end, digits.count >= 3 ? .pointless : .exact)
  }

  /// `1,234`: exactly three digits follow, and then no further one.
  private func isGroup(_ index: Int) -> Bool {
    (0..<3).allSatisfy { byte(index + $0)?.isDigit == true } && byte(index + 3)?.isDigit != true
      && (byte(index + 3) == UInt8(ascii: ".") || byte(index + 3) == UInt8(ascii: ","))
  }

  private func isMultiplier(_ index: Int) -> Bool {
    let letter = bytes[index] & 0xdf
    return letter == UInt8(ascii: "X") && byte(index + 1)?.isLetter != true
  }

  private func fraction(_ whole: [UInt8], _ start: Int, _ afterPoint: Int) -> PrintedNumber? {
    var index = afterPoint
    // A blank after the point is the printer's wide type, when exactly two digits follow it.
    let hasBlank = byte(index) == UInt8(ascii: " ")
    if hasBlank { index += 1 }
    var decimals: [UInt8] = []
    var reading = PrintedNumber.Reading.exact
    while let next = byte(index), decimals.count < 5 {
      if next.isDigit {
        decimals.append(next)
      } else if let digit = Self.digit(next), decimals.count < 2, reading == .exact || decimals.count == 1,
        byte(index + 1).map({ $0.isDigit || $0.isBlank }) ?? true, !decimals.isEmpty || byte(index + 1)?.isDigit == true
      {
        decimals.append(digit)
        reading = .repaired
      } else {
        break
      }
      index += 1
    }
    if hasBlank, decimals.count != 2 { return nil }
    // 25.12.2018 and 1.2.3 are no amounts.
    if let next = byte(index), ".,/:-".utf8.contains(next), byte(index + 1)?.isDigit == true { return nil }
    switch decimals.count {
    case 1, 2, 4: break
    case 3:
      // A fuel or weight has three decimals; a price with a stuck tax mark ends in the digit that S looks like.
      if decimals[2] == UInt8(ascii: "5") || decimals[2] == UInt8(ascii: "9"), whole.count < 5 {
        return made(whole + decimals.prefix(2), decimals: 2, start..<index, .repaired)
      }
    default: return nil
    }
    return made(whole + decimals, decimals: decimals.count, start..<index, reading)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "O"), UInt8(ascii: "o"), UInt8(ascii: "Q"), UInt8(ascii: "D"), UInt8(ascii: "u"),
      UInt8(ascii: "U"), UInt8(ascii: "c"):
      UInt8(ascii: "0")
    case UInt8(ascii: "l"), UInt8(ascii: "I"), UInt8(ascii: "|"), UInt8(ascii: "i"): UInt8(ascii: "1")
    case UInt8(ascii: "S"), UInt8(ascii: "s"): UInt8(ascii: "5")
    case UInt8(ascii: "B"): UInt8(ascii: "8")
    case UInt8(ascii: "Z"), UInt8(ascii: "z"): UInt8(ascii: "2")
    default: nil
    }
  }

  /// Single letters would be marks of tax.
  private static let units: Set<String> = [
    "LITRE", "LITRES", "LITER", "LITERS", "LTR", "LIT", "KG", "GM", "ML", "CM", "MM",
  ]

  private func made(
    _ digits: [UInt8],
    decimals: Int,
    _ range: Range<Int>,
    _ reading: PrintedNumber.Reading
  ) -> PrintedNumber? {
    var text = String(decoding: digits.dropLast(decimals), as: UTF8.self)
    if decimals > 0 { text += "." + String(decoding: digits.suffix(decimals), as: UTF8.self) }
    guard let value = Amount(text) else { return nil }
    var number = PrintedNumber(value: value, range: range, decimals: decimals, reading: reading)
    var after = range.upperBound
    while byte(after) == UInt8(ascii: " ") { after += 1 }
    number.isPercent = byte(after) == UInt8(ascii: "%")
    var unitEnd = after
    while let byte = byte(unitEnd), byte.isLetter { unitEnd += 1 }
    number.isMeasure = Self.units.contains(String(decoding: bytes[after..<unitEnd], as: UTF8.self).uppercased())
    number.isNegative = isNegative(range)
    if number.isNegative { number.value = -value }
    return number
  }

  /// A minus before the number or its currency, or one after it at the end of a word.
  private func isNegative(_ range: Range<Int>) -> Bool {
    var index = range.lowerBound - 1
    while byte(index)?.isBlank == true { index -= 1 }
    if byte(index)?.isLetter == true, bytes[index] & 0xdf != UInt8(ascii: "X"), endsWithCurrency(index + 1) {
      while byte(index)?.isLetter == true { index -= 1 }
    }
    if let byte = byte(index), byte == UInt8(ascii: "-") || byte == UInt8(ascii: "~") {
      // A dash between words or in a line of dashes is none; nor one with a gap behind it, but for a currency's.
      guard let before = self.byte(index - 1) else { return true }
      return before.isBlank || before == UInt8(ascii: ":") || before == UInt8(ascii: "(")
    }
    return byte(range.upperBound) == UInt8(ascii: "-")
      && (byte(range.upperBound + 1).map { $0.isBlank } ?? true)
  }
}
