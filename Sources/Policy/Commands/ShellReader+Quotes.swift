extension ShellReader {
  /// `$'…'`, behind its opening quote.
  mutating func readEscaped(_ units: inout [ShellUnit]) throws(ShellStop) {
    let start = position
    while let byte = byte(), byte != .quote {
      position += 1
      if byte == .backslash {
        for value in try readEscape(from: start) { units.append(.byte(value, quoted: true)) }
      } else {
        units.append(.byte(byte, quoted: true))
      }
    }
    try expect(.quote)
    units.append(.edge)
  }

  private mutating func readEscape(from start: Int) throws(ShellStop) -> [UInt8] {
    guard let byte = byte() else { throw .syntax }
    position += 1
    switch byte {
    case UInt8(ascii: "a"): return [7]
    case UInt8(ascii: "b"): return [8]
    case UInt8(ascii: "e"), UInt8(ascii: "E"): return [27]
    case UInt8(ascii: "f"): return [12]
    case UInt8(ascii: "n"): return [10]
    case UInt8(ascii: "r"): return [13]
    case UInt8(ascii: "t"): return [9]
    case UInt8(ascii: "v"): return [11]
    case .backslash, .quote, .doubleQuote, .question: return [byte]
    case UInt8(ascii: "x"): return try number(16, 2, prefix: "\\x", from: start)
    case UInt8(ascii: "u"): return try number(16, 4, prefix: "\\u", from: start)
    case UInt8(ascii: "U"): return try number(16, 8, prefix: "\\U", from: start)
    case 0x30...0x37:
      position -= 1
      return try number(8, 3, prefix: "\\", from: start)
    case UInt8(ascii: "c"):
      guard let next = self.byte() else { throw .syntax }
      position += 1
      if next == .backslash || next == .quote { doubt("a control character is written in an odd way", from: start) }
      return [next & 0x1F]
    default: return [.backslash, byte]
    }
  }

  private mutating func number(
    _ radix: UInt32,
    _ most: Int,
    prefix: String,
    from start: Int
  ) throws(ShellStop) -> [UInt8] {
    var value: UInt32 = 0
    var count = 0
    while count < most, let byte = byte(), let digit = Character(UnicodeScalar(byte)).hexDigitValue, digit < radix {
      value = value &* radix &+ UInt32(digit)
      position += 1
      count += 1
    }
    guard count > 0 else { return Array(prefix.utf8) }
    // A NUL ends the text, in one way or another.
    if value == 0 { doubt("a text holds a NUL", from: start) }
    if most <= 3 { return [UInt8(truncatingIfNeeded: value)] }
    guard let scalar = UnicodeScalar(value) else {
      doubt("a text holds what is no character", from: start)
      return []
    }
    return Array(String(Character(scalar)).utf8)
  }

  /// The text between backticks, behind the first: one level of backslashes is taken from it.
  mutating func readBackticks(quoted: Bool) throws(ShellStop) {
    var text: [UInt8] = []
    while let byte = byte(), byte != .backtick {
      position += 1
      guard byte == .backslash, let next = self.byte() else {
        text.append(byte)
        continue
      }
      if next == .dollar || next == .backtick || next == .backslash || (quoted && next == .doubleQuote) {
        text.append(next)
      } else {
        text += [byte, next]
      }
      position += 1
    }
    try expect(.backtick)
    try spend(text.count)
    try readNested(text)
  }

  /// Reads a text of its own as commands.
  private mutating func readNested(_ text: [UInt8]) throws(ShellStop) {
    let outer = (bytes, position, end, pending)
    (bytes, position, end, pending) = (text, 0, text.count, [])
    uncertain += 1
    // What was read stays where it was when this fails: the whole script ends here.
    try readAll()
    uncertain -= 1
    (bytes, position, end, pending) = outer
  }

  /// The commands of a substitution and the parenthesis behind them.
  mutating func readSubstitution() throws(ShellStop) {
    let start = position
    let (outer, line) = (pending, lines)
    pending = []
    uncertain += 1
    try readList()
    try expect(.closeParenthesis)
    uncertain -= 1
    if !pending.isEmpty || (!outer.isEmpty && lines != line) {
      doubt("a here-document is not where it is due", from: start)
    }
    pending = outer
  }
}
