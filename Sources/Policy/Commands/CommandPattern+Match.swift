/// Whether a rule matches a command, as far as the command is known.
enum Verdict: Comparable {
  case no, maybe, yes
}

extension CommandPattern.Stage {
  /// For rules that hold something back: `yes` if the words say so in any of the ways in which a program may take its
  /// options, `maybe` if words that are not known could.
  func held(_ words: [ShellWord]) -> Verdict {
    guard let first = words.first else { return .no }
    guard let text = first.literal else { return .maybe }
    let name = ProgramName(text)
    guard matches(program: name, folded: true) else { return .no }
    var words = words
    if name.base != program, !program.contains("/") {
      // What looks like the program has options that look like its own.
      for index in words.indices.prefix(256) where words[index].shape == .literal && words[index].text.utf8.count < 256
      { words[index].text = FoldedText.fold(words[index].text) }
    }
    let options = optionVerdict(words, abbreviated: true)
    let operands = operandVerdict(words)
    return min(options, max(operands.likely ? .yes : .no, operands.possible ? .maybe : .no))
  }

  /// For rules that let something pass: `yes` only if it is sure.
  func passed(_ words: [ShellWord]) -> Verdict {
    guard let first = words.first else { return .no }
    guard let text = first.literal else { return .maybe }
    let name = ProgramName(text)
    guard matches(program: name, folded: false) else { return .no }
    if !name.isSystem, !program.hasPrefix("/") { return .maybe }
    let options = optionVerdict(words, abbreviated: false)
    let operands = operandVerdict(words)
    return min(options, operands.sure ? .yes : operands.possible ? .maybe : .no)
  }

  /// A rule with a path means that path, any other the program's name.
  func matches(program name: ProgramName, folded: Bool) -> Bool {
    if program.contains("/") { return name.path == program }
    if name.base == program { return true }
    // No file has a longer name.
    guard folded, name.base.utf8.count <= 255 else { return false }
    return FoldedText.fold(name.base) == FoldedText.fold(program)
  }

  // MARK: Options

  private func optionVerdict(_ words: [ShellWord], abbreviated: Bool) -> Verdict {
    guard !options.isEmpty else { return .yes }
    let given = words.dropFirst().prefix { $0.literal != "--" }
    return options.map { option in
      if given.contains(where: { $0.literal == option }) { return Verdict.yes }
      let atoms = CommandOptions.atoms(option, of: program)
      return atoms.map { Self.verdict($0, given, abbreviated: abbreviated) }.min() ?? .no
    }.min() ?? .yes
  }

  private static func verdict(
    _ atom: CommandOptions.Atom,
    _ words: ArraySlice<ShellWord>,
    abbreviated: Bool
  ) -> Verdict {
    var found = Verdict.no
    for word in words {
      if let text = word.literal {
        if atom.isIn(FoldedText.dashes(text), abbreviated: abbreviated) { return .yes }
      } else if word.mayBeOption {
        found = .maybe
      }
    }
    return found
  }

  // MARK: Operands

  private struct Operands {
    /// In some reading, without guessing at words that are not known.
    var likely: Bool
    /// In some reading.
    var possible: Bool
    /// In every reading.
    var sure: Bool
  }

  /// Whether the first words that are no options are the rule's. Which words those are depends on which options take a
  /// value: all readings are followed at once.
  private func operandVerdict(_ words: [ShellWord]) -> Operands {
    guard !operands.isEmpty else { return Operands(likely: true, possible: true, sure: true) }
    let known = CommandOptions.known[program]
    var plain = Readings(of: self, guesses: false)
    var guessed = Readings(of: self, guesses: true)
    var isBehindDashes = false
    for word in words.dropFirst() {
      let isOption = !isBehindDashes && word.literal.map { $0.hasPrefix("-") && $0 != "-" } ?? false
      if isOption, word.literal == "--" {
        isBehindDashes = true
        continue
      }
      let step = step(word, known, isOption: isOption)
      plain.take(step, word)
      guessed.take(step, word)
      if plain.isOver, guessed.isOver { break }
    }
    return Operands(
      likely: plain.finished,
      possible: guessed.finished,
      sure: plain.finished && !plain.failed && plain.isOver
    )
  }

  fileprivate enum Step { case operand, flag, takesValue, mayTakeValue }

  private func step(_ word: ShellWord, _ known: CommandOptions.Known?, isOption: Bool) -> Step {
    guard isOption, let text = word.literal else { return .operand }
    guard let known else { return text.hasPrefix("--") && text.contains("=") ? .flag : .mayTakeValue }
    if known.values.contains(text) { return .takesValue }
    if known.flags.contains(text) { return .flag }
    if text.contains("=") { return .flag }
    return .mayTakeValue
  }

  fileprivate func isEqual(_ index: Int, _ text: String) -> Bool {
    let wanted = operands[index]
    if text == wanted { return true }
    if text.utf8.count <= 1_024, FoldedText.fold(text) == FoldedText.fold(wanted) { return true }
    return program == "chmod" && CommandOptions.isSameMode(text, wanted)
  }
}

/// The readings of a command's words that are still open.
private struct Readings {
  let stage: CommandPattern.Stage
  /// Whether words that are not known may be what is looked for.
  let guesses: Bool
  /// Numbers of operands that were found.
  var counts: Set<Int> = [0]
  /// The same where the next word is the value of an option.
  var skipping: Set<Int> = []
  var finished = false
  var failed = false

  init(of stage: CommandPattern.Stage, guesses: Bool) {
    self.stage = stage
    self.guesses = guesses
  }

  var isOver: Bool { counts.isEmpty && skipping.isEmpty }

  mutating func take(_ step: CommandPattern.Stage.Step, _ word: ShellWord) {
    if word.shape == .each || word.shape == .free, !skipping.isEmpty {
      // It may be more than the value.
      failed = true
      if guesses { finished = true }
    }
    var next = skipping
    var nextSkipping: Set<Int> = []
    for count in counts {
      if step == .operand {
        advance(count, word, &next, &nextSkipping)
      } else {
        if step != .takesValue { next.insert(count) }
        if step != .flag { nextSkipping.insert(count) }
      }
    }
    (counts, skipping) = (next, nextSkipping)
  }

  private mutating func advance(_ count: Int, _ word: ShellWord, _ next: inout Set<Int>, _ nextSkipping: inout Set<Int>)
  {
    let isLast = count + 1 == stage.operands.count
    if let text = word.literal {
      guard stage.isEqual(count, text) else {
        failed = true
        return
      }
      if isLast { finished = true } else { next.insert(count + 1) }
      return
    }
    failed = true
    guard guesses else { return }
    let fits = word.text.isEmpty || stage.operands[count].hasPrefix(word.text)
    if word.shape != .one, fits || word.mayBeOption { finished = true }
    if fits { if isLast { finished = true } else { next.insert(count + 1) } }
    if word.mayBeOption {
      next.insert(count)
      nextSkipping.insert(count)
    }
  }
}
