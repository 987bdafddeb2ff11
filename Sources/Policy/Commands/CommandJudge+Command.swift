extension CommandJudge {
  /// Judges one command as it would run in a place, and what it runs in turn.
  mutating func judge(_ words: [ShellWord], _ context: CommandContext) -> Hits {
    guard let first = words.first else { return [] }
    guard context.depth < ShellLimit.depth else {
      note(.unknown, context.command.source, reason: ShellStop.depth.reason)
      return []
    }
    let source = context.command.source
    // Longer than any path: nothing can be run by it.
    guard first.text.utf8.count < 4_096 else {
      note(.unknown, source, reason: "its program is not named")
      return []
    }
    var hits = hits(words)
    let (verdict, rule) = held(words)
    if verdict == .yes, let rule { note(rule.1, source, rule: rule.0.source) }
    guard let text = first.literal else {
      if verdict != .yes { note(.unknown, source, reason: "its program is not named") }
      judge(possible: words.dropFirst(), context)
      return hits
    }
    let name = ProgramName(text)
    if verdict == .maybe { note(.unknown, source, reason: "some of its words are not known") }
    taint(words: words)
    let inner = name.isSystem ? CommandWrappers.inner(words, name, context) : .init()
    for part in inner.parts { hits.formUnion(judge(part, context)) }
    // Where an operator lists it, what it does with a file or with code is its own.
    let isNamed = isNamed(words)
    let isAccepted = !inner.always && (isNamed || (allow != nil && !inner.isTransparent))
    if !isAccepted { for reason in inner.reasons { note(.unknown, source, reason: reason) } }
    if !name.isSystem, !isNamed, verdict != .yes {
      note(.unknown, source, reason: "its program is not one of the system's")
    }
    if !name.isSystem || !inner.reasons.isEmpty { judge(possible: words.dropFirst(), context) }
    if name.isSystem, verdict != .yes { judge(listed: words, name, inner, context) }
    return hits
  }

  /// Whether an operator lists the program by name, and so accepts what it may run.
  private func isNamed(_ words: [ShellWord]) -> Bool {
    (allow ?? []).contains {
      if case .command(let stages) = $0.kind, stages.count == 1 { stages[0].passed(words) == .yes } else { false }
    }
  }

  /// Whether the allow-list has the command.
  private mutating func judge(
    listed words: [ShellWord],
    _ name: ProgramName,
    _ inner: CommandWrappers.Inner,
    _ context: CommandContext
  ) {
    guard let allow, !inner.isTransparent else { return }
    var best = Verdict.no
    for rule in allow {
      if case .command(let stages) = rule.kind, stages.count == 1 { best = max(best, stages[0].passed(words)) }
    }
    let isBare = name.path == name.base
    if best == .yes { return }
    let function = isBare ? context.isFunction(name.base) : false
    if function == true { return }
    if isBare, context.findsBuiltins, ShellNames.harmless.contains(name.base) { return }
    if best == .maybe || function == nil {
      let reason = function == nil ? "it may be a function of the script" : "some of its words are not known"
      note(.unknown, context.command.source, reason: reason)
    } else {
      note(.allow, context.command.source)
    }
  }

  private mutating func judge(_ part: CommandWrappers.Part, _ context: CommandContext) -> Hits {
    var context = context
    context.depth += 1
    switch part {
    case .words(let words, let findsFunctions, let findsBuiltins):
      guard spend(8 * words.count) else {
        note(.unknown, context.command.source, reason: ShellStop.work.reason)
        return []
      }
      context.findsFunctions = context.findsFunctions && findsFunctions
      context.findsBuiltins = context.findsBuiltins && findsBuiltins
      return judge(words, context)
    case .script(let text, let isBash, let inherits, let isInput):
      let functions = inherits ? context.functionsSoFar : [:]
      return judge(text, isBash: isBash, depth: context.depth, functions: functions, isInput: isInput)
    case .held(let words):
      let (verdict, rule) = held(words)
      if verdict == .yes, let rule { note(rule.1, context.command.source, rule: rule.0.source) }
      if verdict == .maybe { note(.unknown, context.command.source, reason: "some of its words are not known") }
      return hits(words)
    }
  }

  /// Words behind a program that is not known: a command that is forbidden there is forbidden.
  private mutating func judge(possible words: ArraySlice<ShellWord>, _ context: CommandContext) {
    var rest = Array(words.prefix(64))
    while !rest.isEmpty {
      let (verdict, rule) = held(rest)
      if verdict == .yes, let rule { return note(rule.1, context.command.source, rule: rule.0.source) }
      rest.removeFirst()
    }
  }

  /// The strongest that rules which hold back say of words.
  private func held(_ words: [ShellWord]) -> (Verdict, (CommandPattern, Finding)?) {
    var doubtful = false
    for (list, kind) in [(forbid, Finding.forbid), (approve, .approve)] {
      for rule in list {
        guard case .command(let stages) = rule.kind, stages.count == 1 else { continue }
        switch stages[0].held(words) {
        case .yes: return (.yes, (rule, kind))
        case .maybe: doubtful = true
        case .no: break
        }
      }
    }
    return (doubtful ? .maybe : .no, nil)
  }

  private func hits(_ words: [ShellWord]) -> Hits {
    var found: Hits = []
    for (number, rule) in (forbid + approve).enumerated() {
      guard case .command(let stages) = rule.kind, stages.count > 1 else { continue }
      for (index, stage) in stages.enumerated()
      where stage.held(words) == .yes || (index > 0 && stage.isAnyShell(words)) {
        found.insert(Hit(rule: number, stage: index))
      }
    }
    return found
  }
}

extension CommandPattern.Stage {
  /// A rule that ends in a shell means every shell, and what makes the shell itself read commands.
  fileprivate func isAnyShell(_ words: [ShellWord]) -> Bool {
    guard options.isEmpty, operands.isEmpty, let text = words.first?.literal else { return false }
    let base = FoldedText.fold(ProgramName(text).base)
    if ShellNames.shells.contains(program) {
      return ShellNames.shells.contains(base) || ["eval", "source", "."].contains(base)
    }
    // `python` means `python3.11` too.
    let family = base.prefix { $0.isLetter }
    return !family.isEmpty && family == program && base.dropFirst(family.count).allSatisfy { $0.isNumber || $0 == "." }
  }
}

extension CommandPattern {
  /// Stands for a rule that cannot be read: it holds back every command with its first word's name.
  static func unreadable(_ source: String) -> CommandPattern {
    let name = source.split(whereSeparator: { $0.isWhitespace }).first.map(String.init) ?? source
    return CommandPattern(source: source, stage: Stage(program: name, options: [], operands: []))
  }

  private init(source: String, stage: Stage) {
    self.source = source
    kind = .command([stage])
  }
}
