/// The amount at the end of a line whose words say that there is one, where no number was read: with letters for digits
/// (`15.u0`, `l0.5O`), without its point (`900`, `101 00`), or without its last digit (`30.9`).
enum WornAmount {
  static func find(in line: ReceiptLine) -> PrintedNumber? {
    let tokens = line.tokens
    for (i, token) in tokens.enumerated().reversed().prefix(3) {
      let bytes = core(of: token, line.ascii)
      if let whole = pointed(line.ascii, bytes) { return whole }
      // "64. so", "101 00": the cents stand apart.
      if i > 0, bytes.count == 2, let apart = apart(line.ascii, core(of: tokens[i - 1], line.ascii), bytes) {
        return apart
      }
      // What has words behind it is not the line's figure.
      if line.ascii[bytes].count(where: \.isLetter) > 2 { break }
    }
    guard let number = line.numbers.last, !number.isPercent, !number.isMeasure else { return nil }
    if number.reading == .pointless, (3...7).contains(number.range.count) { return number.withPoint }
    guard number.decimals == 1 else { return nil }
    var worn = number
    worn.decimals = 2
    worn.reading = .pointless
    return worn
  }

  /// Without a currency, brackets and marks at its ends.
  private static func core(of token: Range<Int>, _ ascii: [UInt8]) -> Range<Int> {
    var range = token
    for currency in ["RM", "RH", "RN"] where ascii[range].starts(with: currency.utf8) {
      range = range.lowerBound + 2..<range.upperBound
    }
    while let byte = ascii[range].first, "-~:=$*'\"([{.,".utf8.contains(byte) { range = range.dropFirst() }
    while let byte = ascii[range].last, "-~:=*'\"]}.,;".utf8.contains(byte) { range = range.dropLast() }
    return range
  }

  private static func pointed(_ ascii: [UInt8], _ range: Range<Int>) -> PrintedNumber? {
    guard (4...9).contains(range.count), ".,".utf8.contains(ascii[range.upperBound - 3]) else { return nil }
    return made(ascii, range.dropLast(3), range.upperBound - 2..<range.upperBound)
  }

  private static func apart(_ ascii: [UInt8], _ whole: Range<Int>, _ cents: Range<Int>) -> PrintedNumber? {
    guard (1...6).contains(whole.count), !ascii[whole].contains(where: { ".,/-".utf8.contains($0) }) else { return nil }
    return made(ascii, whole, cents)
  }

  /// At least every other of the bytes must be a digit.
  private static func made(_ ascii: [UInt8], _ whole: Range<Int>, _ cents: Range<Int>) -> PrintedNumber? {
    let bytes = ascii[whole] + ascii[cents]
    let digits = bytes.compactMap {
      $0 == UInt8(ascii: ")") ? 1 : Lookalikes.digit($0) ?? ($0 & 0xdf == 0x55 ? 0 : nil)
    }
    guard digits.count == bytes.count, 2 * bytes.count(where: \.isDigit) >= bytes.count else { return nil }
    let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1) }
    return PrintedNumber(
      value: Amount(cents: value),
      range: whole.lowerBound..<cents.upperBound,
      decimals: 2,
      reading: bytes.allSatisfy(\.isDigit) ? .repaired : .pointless
    )
  }
}
