extension ShellReader {
  /// Reads an expansion, behind its dollar; nil: it is just a dollar.
  mutating func readDollar(quoted: Bool) throws(ShellStop) -> ShellExpansion? {
    let start = position - 1
    let shape: ShellWord.Shape = quoted ? .one : .free
    guard let byte = byte() else { return nil }
    if byte.isLetter {
      let stop = identifierEnd(position)
      let name = String(decoding: bytes[position..<stop], as: UTF8.self)
      position = stop
      return ShellExpansion(shape: shape, name: name)
    }
    if byte.isDigit {
      position += 1
      return ShellExpansion(shape: shape)
    }
    switch byte {
    case .openParenthesis: return try readParenthesis(shape)
    case .openBrace:
      position += 1
      return try readBraced(quoted: quoted, from: start)
    case .openBracket:
      position += 1
      script.isForBash = true
      try readArithmetic(closedBy: .closeBracket)
      return ShellExpansion(shape: shape, isNumber: true)
    case .hash, .question, .dollar, .bang:
      position += 1
      return ShellExpansion(shape: shape, isNumber: true)
    case .at:
      position += 1
      return ShellExpansion(shape: .free)
    case .star, .dash:
      position += 1
      return ShellExpansion(shape: shape)
    case .backslash where self.byte(1) == .newline:
      doubt("'$' goes on in the next line", from: start)
      return nil
    default: return nil
    }
  }

  private mutating func readParenthesis(_ shape: ShellWord.Shape) throws(ShellStop) -> ShellExpansion {
    try deeper()
    defer { depth -= 1 }
    if byte(1) == .openParenthesis, let close = try arithmeticEnd(from: position + 2) {
      position += 2
      try readArithmetic(upTo: close)
      position = close + 2
      return ShellExpansion(shape: shape, isNumber: true)
    }
    position += 1
    try readSubstitution()
    return ShellExpansion(shape: shape)
  }

  /// `${…}`, behind its brace.
  private mutating func readBraced(quoted: Bool, from start: Int) throws(ShellStop) -> ShellExpansion {
    try deeper()
    defer { depth -= 1 }
    var result = ShellExpansion(shape: quoted ? .one : .free)
    let isLength = byte() == .hash && byte(1) != .closeBrace
    let isIndirect = byte() == .bang && byte(1) != .closeBrace
    if isLength || isIndirect { position += 1 }
    let nameStart = position
    guard readParameter() else {
      doubt("an expansion cannot be read", from: start)
      return try finish(result, quoted: quoted, from: start)
    }
    let name = String(decoding: bytes[nameStart..<position], as: UTF8.self)
    let isWhole = try readSubscript()
    if name == "@" || isWhole { result.shape = .free }
    if isIndirect { return try readIndirect(result, isWhole: isWhole, quoted: quoted, from: start) }
    if byte() == .closeBrace {
      position += 1
      result.isNumber = isLength || name == "#" || name == "?" || name == "$" || name == "!"
      if name.isIdentifier, !isLength, bytes[position - 2].isName { result.name = name }
      return result
    }
    if isLength { doubt("an expansion is read in two ways", from: start) }
    try readOperation(name, quoted: quoted, from: start)
    // A default may bring words of its own, quoted or not.
    result.shape = .free
    return try finish(result, quoted: quoted, from: start)
  }

  /// A name, digits or one sign.
  private mutating func readParameter() -> Bool {
    guard let byte = byte() else { return false }
    if byte.isLetter {
      position = identifierEnd(position)
    } else if byte.isDigit {
      while self.byte()?.isDigit ?? false { position += 1 }
    } else if [.at, .star, .hash, .question, .dash, .dollar, .bang].contains(byte) {
      position += 1
    } else {
      return false
    }
    return true
  }

  /// `[…]`, if there is one; whether it stands for all elements.
  private mutating func readSubscript() throws(ShellStop) -> Bool {
    guard byte() == .openBracket else { return false }
    script.isForBash = true
    position += 1
    if (byte() == .at || byte() == .star), byte(1) == .closeBracket {
      position += 2
      return true
    }
    try readArithmetic(closedBy: .closeBracket)
    return false
  }

  private mutating func readIndirect(
    _ expansion: ShellExpansion,
    isWhole: Bool,
    quoted: Bool,
    from start: Int
  ) throws(ShellStop) -> ShellExpansion {
    script.isForBash = true
    var result = expansion
    result.shape = .free
    if isWhole, byte() == .closeBrace {
      position += 1
    } else if !isWhole, byte() == .star || byte() == .at, byte(1) == .closeBrace {
      position += 2
    } else {
      doubt("a variable is named by another", from: start)
      return try finish(result, quoted: quoted, from: start)
    }
    return result
  }

  private mutating func readOperation(_ name: String, quoted: Bool, from start: Int) throws(ShellStop) {
    guard let byte = byte() else { throw .syntax }
    var sign = byte
    var isPosix = byte != .at && byte != .slash
    if byte == .colon {
      guard let next = self.byte(1) else { throw .syntax }
      if next == .dash || next == .equals || next == .plus || next == .question {
        position += 1
        sign = next
      } else {
        position += 1
        script.isForBash = true
        return try readArithmetic(closedBy: .closeBrace, keepsClose: true)
      }
    }
    switch sign {
    case .dash, .plus, .question, .hash, UInt8(ascii: "%"): break
    case .equals:
      if name.isIdentifier { assign(name, isNumber: false, from: start) }
    case .slash, .comma, .tilde, UInt8(ascii: "^"): isPosix = false
    case .at:
      if !(self.byte(1).map { "AEKLQUaku".utf8.contains($0) } ?? false) {
        doubt("a text is expanded as a prompt", from: start)
      }
    default: doubt("an expansion cannot be read", from: start)
    }
    if !isPosix { script.isForBash = true }
    position += 1
  }

  /// The word of an expansion, up to its brace.
  private mutating func finish(
    _ result: ShellExpansion,
    quoted: Bool,
    from start: Int
  ) throws(ShellStop) -> ShellExpansion {
    var units: [ShellUnit] = []
    while let byte = byte(), byte != .closeBrace {
      if byte == .quote {
        if quoted { doubt("a quote within an expansion is read in two ways", from: start) }
        position += 1
        if !quoted {
          while let byte = self.byte(), byte != .quote { position += 1 }
          try expect(.quote)
        }
      } else if byte == .doubleQuote {
        position += 1
        try readDoubleQuoted(&units)
      } else {
        if at("<(") || at(">(") { doubt("an expansion holds a process substitution", from: start) }
        if byte == .dollar, self.byte(1) == .quote {
          doubt("a quote within an expansion is read in two ways", from: start)
        }
        try readFree(&units)
      }
    }
    try expect(.closeBrace)
    let text = units.compactMap(\.value)
    if !text.isEmpty { script.texts.append(String(decoding: text, as: UTF8.self)) }
    return result
  }

  /// A byte of the word of an expansion, where a backslash keeps anything from being read.
  private mutating func readFree(_ units: inout [ShellUnit]) throws(ShellStop) {
    if byte() == .backslash, let next = byte(1) {
      position += 2
      units.append(.byte(next, quoted: true))
    } else {
      try readQuotedByte(&units)
    }
  }
}
