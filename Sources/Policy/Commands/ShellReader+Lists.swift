extension ShellReader {
  /// Reads commands up to a closing word or sign at a command's place, or the end; that is left to the caller.
  mutating func readList() throws(ShellStop) {
    try deeper()
    defer { depth -= 1 }
    while true {
      try skipLines()
      guard let byte = byte(), byte != .closeParenthesis, !at(";;"), !at(";&") else { return }
      if let word = reservedAhead(), ShellNames.closing.contains(word) { return }
      let before = script.functions
      let place = script.commands.count
      try readAndOr()
      skipBlanks()
      switch self.byte() {
      case .semicolon:
        if at(";;") || at(";&") { return }
        position += 1
      case .ampersand:
        position += 1
        // What the shell does in the background defines nothing in the foreground.
        if script.functions.count != before.count || script.commands.count != place { forgetFunctions(since: before) }
      case .newline, .closeParenthesis, nil: break
      default: throw .syntax
      }
    }
  }

  private mutating func forgetFunctions(since before: [String: [ShellScript.Function]]) {
    for (name, list) in script.functions where list.count != before[name]?.count ?? 0 {
      script.functions[name] = list.map { ShellScript.Function(place: $0.place, isCertain: false) }
    }
  }

  private mutating func readAndOr() throws(ShellStop) {
    let outside = uncertain
    defer { uncertain = outside }
    try readPipeline()
    while true {
      skipBlanks()
      guard at("&&") || at("||") else { return }
      position += 2
      uncertain += 1
      try skipLines()
      try readPipeline()
    }
  }

  mutating func readPipeline() throws(ShellStop) {
    try skipPrefixes()
    let before = script.functions
    var stages: [Range<Int>] = []
    var lone: [Bool] = []
    while true {
      let first = script.commands.count
      lone.append(try readCommand())
      stages.append(first..<script.commands.count)
      skipBlanks()
      guard byte() == .pipe, !at("||") else { break }
      position += at("|&") ? 2 : 1
      if bytes[position - 1] == .ampersand { script.isForBash = true }
      try skipLines()
    }
    guard stages.count > 1 else { return }
    forgetFunctions(since: before)
    for index in 1..<stages.count where lone[index] {
      let last = stages[index].upperBound - 1
      guard case .inherited = script.commands[last].input else { continue }
      script.commands[last].input = lone[index - 1] ? .command(stages[index - 1].upperBound - 1) : .unknown
    }
    script.pipelines.append(stages)
  }

  /// `!` and `time` before a pipeline.
  private mutating func skipPrefixes() throws(ShellStop) {
    skipBlanks()
    while let word = reservedAhead(), word == "!" || word == "time" {
      let start = position
      position += word.utf8.count
      if word == "time" {
        script.isForBash = true
        skipBlanks()
        for option: StaticString in ["-p", "--"] where at(option) && (byte(2)?.endsWord ?? true) {
          position += 2
          skipBlanks()
        }
        if byte()?.isQuoting ?? false || byte() == .dash { doubt("'time' is read in two ways", from: start) }
      } else if byte() == .openParenthesis {
        doubt("'!(' is read in two ways", from: start)
      }
      skipBlanks()
    }
  }
}
