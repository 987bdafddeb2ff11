extension ShellReader {
  /// Reads one command of any kind; whether it is a simple one that was added as the last.
  mutating func readCommand() throws(ShellStop) -> Bool {
    skipBlanks()
    if byte() == .openParenthesis {
      if byte(1) == .openParenthesis, let close = try arithmeticEnd(from: position + 2) {
        try readArithmeticCommand(close)
      } else {
        position += 1
        try readUncertain(closedBy: .closeParenthesis)
      }
    } else if let word = reservedAhead(), !ShellNames.closing.contains(word) {
      try readCompound(word)
    } else if reservedAhead() != nil {
      throw .syntax
    } else {
      return try readSimple()
    }
    try readRedirections()
    return false
  }

  /// A list that may run in a process of its own, or not at all.
  private mutating func readUncertain(closedBy close: UInt8) throws(ShellStop) {
    uncertain += 1
    defer { uncertain -= 1 }
    try readList()
    try expect(close)
  }

  private mutating func readArithmeticCommand(_ close: Int) throws(ShellStop) {
    script.isForBash = true
    position += 2
    try readArithmetic(upTo: close)
    position = close + 2
  }

  private mutating func readCompound(_ word: String) throws(ShellStop) {
    try deeper()
    defer { depth -= 1 }
    position += word.utf8.count
    switch word {
    case "{":
      try readList()
      try expect("}")
    case "if": try readIf()
    case "while", "until":
      uncertain += 1
      defer { uncertain -= 1 }
      try readList()
      try readBody()
    case "for", "select": try readFor()
    case "case": try readCase()
    case "function": try readFunctionWord()
    case "[[": try readConditional()
    case "coproc": try readCoprocess()
    default: throw .syntax
    }
  }

  private mutating func readIf() throws(ShellStop) {
    uncertain += 1
    defer { uncertain -= 1 }
    while true {
      try readList()
      try expect("then")
      try readList()
      if take("elif") { continue }
      if take("else") { try readList() }
      return try expect("fi")
    }
  }

  /// `do … done`, or the braces that bash takes in their place.
  private mutating func readBody() throws(ShellStop) {
    try skipLines()
    if take("{") {
      script.isForBash = true
      try readList()
      return try expect("}")
    }
    try expect("do")
    try readList()
    try expect("done")
  }

  private mutating func readFor() throws(ShellStop) {
    uncertain += 1
    defer { uncertain -= 1 }
    skipBlanks()
    if at("((") {
      guard let close = try arithmeticEnd(from: position + 2) else { throw .syntax }
      script.isForBash = true
      position += 2
      try readArithmetic(upTo: close, semicolons: true)
      position = close + 2
    } else {
      try readLoopVariable()
    }
    skipBlanks()
    if byte() == .semicolon, !at(";;") { position += 1 }
    try readBody()
  }

  private mutating func readLoopVariable() throws(ShellStop) {
    let start = position
    let stop = identifierEnd(position)
    guard stop > position, stop >= end || bytes[stop].endsWord || bytes[stop] == .backslash else { throw .syntax }
    let name = String(decoding: bytes[position..<stop], as: UTF8.self)
    position = stop
    try skipLines()
    var isNumber = false
    if identifierEnd(position) == position + 2, at("in") {
      position += 2
      isNumber = true
      while true {
        skipBlanks()
        guard let byte = byte(), !byte.endsWord || at("<(") || at(">(") else { break }
        let word = try readWord(assigning: false)
        isNumber = isNumber && word.words.allSatisfy { $0.literal?.isDecimal ?? false }
        script.texts += word.words.compactMap(\.literal)
      }
    }
    assign(name, isNumber: isNumber, from: start)
  }

  private mutating func readCase() throws(ShellStop) {
    uncertain += 1
    defer { uncertain -= 1 }
    skipBlanks()
    _ = try readWord(assigning: false)
    try skipLines()
    guard at("in"), byte(2)?.endsWord ?? true else { throw .syntax }
    position += 2
    while true {
      try skipLines()
      if take("esac") { return }
      if byte() == .openParenthesis { position += 1 }
      repeat {
        skipBlanks()
        if byte() == .pipe { position += 1 }
        skipBlanks()
        _ = try readWord(assigning: false)
        skipBlanks()
      } while byte() == .pipe
      try expect(.closeParenthesis)
      try readList()
      if at(";;&") { position += 3 } else if at(";;") || at(";&") { position += 2 } else { return try expect("esac") }
      if bytes[position - 1] == .ampersand { script.isForBash = true }
    }
  }

  private mutating func readFunctionWord() throws(ShellStop) {
    script.isForBash = true
    skipBlanks()
    let start = position
    let word = try readWord(assigning: false)
    skipBlanks()
    if byte() == .openParenthesis {
      position += 1
      skipBlanks()
      try expect(.closeParenthesis)
    }
    try readFunction(word.words, from: start)
  }

  /// The body of a function, behind its name.
  mutating func readFunction(_ name: [ShellWord], from start: Int) throws(ShellStop) {
    try skipLines()
    let isCertain = uncertain == 0
    uncertain += 1
    guard byte() == .openParenthesis || reservedAhead() != nil else { throw .syntax }
    _ = try readCommand()
    uncertain -= 1
    guard name.count == 1, let name = name[0].literal else { return doubt("a function has no fixed name", from: start) }
    // What these write is known only as long as they are what they are, here and in the shells to which it is exported.
    if ["cat", "echo", "printf"].contains(name) { doubt("what '\(name)' writes is not known", from: start) }
    script.functions[name, default: []].append(.init(place: script.commands.count, isCertain: isCertain))
  }

  private mutating func readCoprocess() throws(ShellStop) {
    script.isForBash = true
    uncertain += 1
    defer { uncertain -= 1 }
    skipBlanks()
    let start = position
    let stop = identifierEnd(position)
    if stop > position, reservedAhead() == nil {
      let name = String(decoding: bytes[position..<stop], as: UTF8.self)
      position = stop
      if byte()?.endsWord ?? true {
        skipBlanks()
        if byte() == .openParenthesis || reservedAhead() != nil {
          assign(name, isNumber: true, from: start)
          script.arrays.insert(name)
        } else {
          position = start
        }
      } else {
        position = start
      }
    }
    _ = try readCommand()
  }

  /// `[[ … ]]`: its words are looked at for what they run and calculate, not for whether they make sense.
  private mutating func readConditional() throws(ShellStop) {
    script.isForBash = true
    let start = position - 2
    var operands: [(source: Range<Int>, words: [ShellWord])] = []
    while true {
      try skipConditionalBlanks(start)
      guard let byte = byte() else { throw .syntax }
      if at("]]"), self.byte(2)?.endsWord ?? true {
        guard bytes[position - 1].endsWord, bytes[position - 1] != .openParenthesis else { throw .syntax }
        position += 2
        break
      }
      if byte == .semicolon || (byte == .ampersand && self.byte(1) != .ampersand) { throw .syntax }
      if byte.endsWord, !at("<("), !at(">(") {
        position += byte == .ampersand ? 2 : 1
        continue
      }
      let from = position
      let word = try readWord(assigning: false)
      operands.append((from..<position, word.words))
    }
    try checkConditional(operands, from: start)
  }

  private mutating func skipConditionalBlanks(_ start: Int) throws(ShellStop) {
    while let byte = byte(), byte.isBlank || byte == .newline || (byte == .backslash && self.byte(1) == .newline) {
      position += byte == .backslash ? 2 : 1
      if byte == .newline { try endLine() }
    }
    if byte() == .hash { doubt("'#' between '[[' and ']]' is read in two ways", from: start) }
  }

  private mutating func checkConditional(
    _ operands: [(source: Range<Int>, words: [ShellWord])],
    from start: Int
  ) throws(ShellStop) {
    for (index, operand) in operands.enumerated() {
      let text = operand.words.count == 1 ? operand.words[0].literal : nil
      if let text { script.texts.append(text) }
      if let text, ["-eq", "-ne", "-lt", "-le", "-gt", "-ge"].contains(text) {
        for neighbour in [index - 1, index + 1] where operands.indices.contains(neighbour) {
          try calculate(operands[neighbour].source)
        }
      } else if text == "-v" || text == "-R", index + 1 < operands.count {
        checkName(operands[index + 1].words, from: start)
      }
    }
  }
}
