extension ShellReader {
  /// Reads assignments, words and redirections, or the definition of a function; whether a command was added.
  mutating func readSimple() throws(ShellStop) -> Bool {
    let start = position
    let first = script.commands.count
    var command = ShellCommand(words: [], inside: first..<first, source: "")
    var hasWords = false
    var isEmpty = true
    while true {
      skipBlanks()
      guard let byte = byte() else { break }
      if redirectionAhead() != nil {
        try readRedirection(&command)
      } else if byte.endsWord, !at("<("), !at(">(") {
        if byte == .openParenthesis, command.words.count == 1, hasWords {
          try readDefinition(command.words, from: start)
          return false
        }
        break
      } else {
        let word = try readWord(assigning: !hasWords)
        if let assignment = word.assignment, !hasWords {
          if assignment.isOdd { doubt("what is assigned is not known", from: start) }
        } else {
          if !hasWords { try checkFirst(word, from: start) }
          hasWords = true
          command.words += word.words
        }
      }
      isEmpty = false
    }
    if isEmpty { throw .syntax }
    return try add(command, first, from: start)
  }

  /// A line that goes on within a word at a command's place can make it what it does not look like.
  private mutating func checkFirst(_ word: RawWord, from start: Int) throws(ShellStop) {
    guard word.isContinued else { return }
    let text = word.words.first?.text ?? ""
    if ShellNames.reserved.contains(text) || word.words.contains(where: { $0.text.contains("=") }) {
      doubt("a word goes on in the next line", from: start)
      throw .syntax
    }
  }

  private mutating func add(_ command: ShellCommand, _ first: Int, from start: Int) throws(ShellStop) -> Bool {
    var command = command
    let index = script.commands.count
    guard !command.words.isEmpty else { return false }
    if index >= ShellLimit.commands { throw .commands }
    command.inside = first..<index
    command.source = quoted(from: start)
    for place in pending.indices where pending[place].owner == nil { pending[place].owner = index }
    script.commands.append(command)
    note(command, from: start)
    return true
  }

  private mutating func readDefinition(_ name: [ShellWord], from start: Int) throws(ShellStop) {
    position += 1
    skipBlanks()
    try expect(.closeParenthesis)
    try readFunction(name, from: start)
  }

  // MARK: Redirections

  /// Redirections of a command that is not a simple one.
  mutating func readRedirections() throws(ShellStop) {
    var command = ShellCommand(words: [], inside: 0..<0, source: "")
    skipBlanks()
    while redirectionAhead() != nil {
      try readRedirection(&command)
      skipBlanks()
    }
    for place in pending.indices where pending[place].owner == nil { pending[place].owner = -1 }
  }

  /// The number of bytes before the sign of a redirection that begins here.
  func redirectionAhead() -> Int? {
    if at("&>") { return 0 }
    var count = 0
    if byte() == .openBrace {
      let stop = identifierEnd(position + 1)
      guard stop > position + 1, stop < end, bytes[stop] == .closeBrace else { return nil }
      count = stop + 1 - position
    } else {
      while let byte = byte(count), byte.isDigit { count += 1 }
    }
    guard let sign = byte(count), sign == .less || sign == .greater else { return nil }
    return count == 0 && byte(1) == .openParenthesis ? nil : count
  }

  private mutating func readRedirection(_ command: inout ShellCommand) throws(ShellStop) {
    let start = position
    let count = redirectionAhead() ?? 0
    let number = String(decoding: bytes[position..<position + count], as: UTF8.self)
    if number.hasPrefix("{") { assign(String(number.dropFirst().dropLast()), isNumber: true, from: start) }
    position += count
    // What is no number of another descriptor may be the standard input's.
    let isOther = Int(number).map { (1...9_999).contains($0) }
    let isInput = number.isEmpty ? byte() == .less : isOther != true
    let isFirst = if case .inherited = command.input { true } else { false }
    if isInput {
      command.input = .unknown
      // The last one wins, also over the documents that are still to come.
      for place in pending.indices where pending[place].owner == nil { pending[place].isInput = false }
    }
    if at("<<<") {
      try readHereString(&command, isUsed: isInput && isFirst)
    } else if at("<<") {
      try readHereDocumentStart(isInput: isInput && isFirst)
    } else {
      try readTarget(&command, from: start)
    }
  }

  private mutating func readTarget(_ command: inout ShellCommand, from start: Int) throws(ShellStop) {
    if byte() != .less { command.writesElsewhere = true }
    let signs: [StaticString] = ["&>>", "&>", ">>", ">&", ">|", "<>", "<&", ">", "<"]
    for sign in signs where at(sign) {
      if sign.utf8Start[0] == .ampersand { script.isForBash = true }
      position += sign.utf8CodeUnitCount
      break
    }
    skipBlanks()
    guard let byte = byte(), !byte.endsWord || at("<(") || at(">(") else { throw .syntax }
    let word = try readWord(assigning: false)
    script.texts += word.words.compactMap(\.literal)
  }

  private mutating func readHereString(_ command: inout ShellCommand, isUsed: Bool) throws(ShellStop) {
    script.isForBash = true
    position += 3
    skipBlanks()
    guard let byte = byte(), !byte.endsWord || at("<(") || at(">(") else { throw .syntax }
    let word = try readWord(assigning: false)
    script.texts += word.words.compactMap(\.literal)
    guard isUsed, word.words.count == 1, let text = word.words[0].literal else { return }
    command.input = .text(text + "\n")
  }
}
