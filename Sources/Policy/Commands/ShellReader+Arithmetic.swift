extension ShellReader {
  /// Where the `))` stands that closes arithmetic whose text begins at an offset; nil: it is two parentheses of another
  /// kind.
  mutating func arithmeticEnd(from start: Int) throws(ShellStop) -> Int? {
    try spend(0)
    var open = 1
    var index = start
    defer { work -= index - start }
    while index < end {
      switch bytes[index] {
      case .backslash: index += 1
      case .openParenthesis: open += 1
      case .closeParenthesis:
        open -= 1
        if open == 0 { return index + 1 < end && bytes[index + 1] == .closeParenthesis ? index : nil }
      case .quote, .doubleQuote, .backtick:
        let quote = bytes[index]
        index += 1
        while index < end, bytes[index] != quote {
          if bytes[index] == .backslash, quote != .quote { index += 1 }
          index += 1
        }
      default: break
      }
      index += 1
    }
    throw .syntax
  }

  /// Reads arithmetic whose end is known.
  mutating func readArithmetic(upTo close: Int, semicolons: Bool = false) throws(ShellStop) {
    let outer = end
    end = close
    defer { end = outer }
    try readArithmetic(closedBy: nil, semicolons: semicolons)
    if position != close { throw .syntax }
  }

  /// Looks again at operands of a comparison.
  mutating func calculate(_ range: Range<Int>) throws(ShellStop) {
    try spend(range.count)
    let (outer, outerEnd) = (position, end)
    let commands = script
    (position, end) = (range.lowerBound, range.upperBound)
    try readArithmetic(closedBy: nil)
    (position, end) = (outer, outerEnd)
    // The commands in it are known already.
    let (doubts, calculated) = (script.doubts, script.calculated)
    script = commands
    (script.doubts, script.calculated) = (doubts, calculated)
  }

  /// Reads arithmetic up to a sign, or to the end: what it runs, and the variables that it evaluates.
  mutating func readArithmetic(
    closedBy close: UInt8?,
    keepsClose: Bool = false,
    semicolons: Bool = false
  ) throws(ShellStop) {
    try deeper()
    defer { depth -= 1 }
    let start = position
    var brackets = 0
    while let byte = byte() {
      if byte == close, brackets == 0 {
        if !keepsClose { position += 1 }
        return
      }
      if byte == .openBracket { brackets += 1 }
      if byte == .closeBracket { brackets -= 1 }
      try readArithmeticPart(byte, semicolons: semicolons, from: start)
    }
    if close != nil { throw .syntax }
  }

  private mutating func readArithmeticPart(_ byte: UInt8, semicolons: Bool, from start: Int) throws(ShellStop) {
    if byte.isDigit {
      while let byte = self.byte(), byte.isName || byte == .hash || byte == .at { position += 1 }
    } else if byte.isLetter {
      let stop = identifierEnd(position)
      use(String(decoding: bytes[position..<stop], as: UTF8.self), from: start)
      position = stop
    } else if byte == .dollar || byte == .backtick || byte == .doubleQuote {
      try readArithmeticExpansion(byte, from: start)
    } else {
      let isPlain = byte.isBlank || byte == .newline || (byte == .semicolon && semicolons) || Self.signs.contains(byte)
      if !isPlain {
        doubt("it is arithmetic only at first sight", from: start)
        if byte == .backslash, self.byte(1) != nil { position += 1 }
        if byte == .quote {
          position += 1
          while let byte = self.byte(), byte != .quote { position += 1 }
          if self.byte() == nil { throw .syntax }
        }
      }
      position += 1
    }
  }

  private static let signs = Set("+-*/%<>=!&|^~?:(),[]@".utf8)

  private mutating func readArithmeticExpansion(_ byte: UInt8, from start: Int) throws(ShellStop) {
    position += 1
    if byte == .backtick {
      try readBackticks(quoted: true)
      return doubt("it calculates with a text that is not known", from: start)
    }
    if byte == .doubleQuote { return }
    guard let expansion = try readDollar(quoted: true) else {
      return doubt("it is arithmetic only at first sight", from: start)
    }
    if let name = expansion.name {
      use(name, from: start)
    } else if !expansion.isNumber {
      doubt("it calculates with a text that is not known", from: start)
    }
  }

  /// Notes that a variable is evaluated, which may also assign to it.
  private mutating func use(_ name: String, from start: Int) {
    if ShellNames.isSensitive(name) { doubt("'\(name)' decides what runs", from: start) }
    script.calculated.insert(name)
  }
}
