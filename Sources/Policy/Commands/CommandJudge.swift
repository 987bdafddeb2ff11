/// What rules say about a script and the scripts within it.
struct CommandJudge {
  let allow: [CommandPattern]?
  let forbid: [CommandPattern]
  let approve: [CommandPattern]
  let unknown: CommandRules.Unknown
  private(set) var matches: [Decision.Match] = []
  /// Of all scripts: a text that one of them assigns may be what another calculates with.
  private var tainted: Set<String> = []
  /// Some variables are numbers from birth: what is assigned to them is calculated.
  private var calculated: Set<String> = ["HISTCMD", "LINENO", "OPTIND", "RANDOM", "SECONDS", "SRANDOM"]
  private var arrays: Set<String> = ["COPROC", "DIRSTACK", "FUNCNAME", "GROUPS", "PIPESTATUS"]
  private var reread: Set<String> = []
  /// Commands and bytes that may still be looked at.
  private var budget = ShellLimit.commands * 2
  private var bytes = ShellLimit.bytes * 2
  private var isExhausted = false

  init(_ rules: CommandRules) {
    // Safety: a rule that cannot be read is told by `mistakes(in:)`; to have it hold nothing back would be worse than
    // to have it hold back everything that bears its first word.
    func read(_ texts: [String]) -> [CommandPattern] { texts.map { (try? CommandPattern($0)) ?? .unreadable($0) } }
    // Safety: a pattern that cannot be read was a mistake when the policy was loaded.
    allow = rules.allow.map { $0.compactMap { try? CommandPattern($0) } }
    forbid = read(rules.forbid)
    approve = read(rules.approve)
    unknown = rules.unknown
  }

  // MARK: Scripts

  /// Which stages of rules with pipes a command is, by rule and stage.
  typealias Hits = Set<Hit>
  struct Hit: Hashable {
    var rule: Int
    var stage: Int
  }

  /// Judges a script; `isBash`: whether it is bash that runs it.
  @discardableResult mutating func judge(
    _ script: String,
    isBash: Bool,
    depth: Int,
    functions: [String: [ShellScript.Function]] = [:],
    isInput: Bool = false
  ) -> Hits {
    let text = Array(script.utf8)
    guard depth < ShellLimit.depth, text.count <= ShellLimit.bytes, spend(text.count) else {
      note(.unknown, script, reason: "it is too long, or nested too deeply")
      return []
    }
    var read = ShellReader.read(text, depth: depth)
    read.functions.merge(functions) { $1 + $0 }
    if isInput, StandardScript.mayBeTaken(text, read) {
      note(.unknown, script, reason: "a command may take the rest of the script from the shell's input")
    }
    return judge(read, isBash: isBash, depth: depth)
  }

  private mutating func judge(_ script: ShellScript, isBash: Bool, depth: Int) -> Hits {
    tainted.formUnion(script.tainted)
    calculated.formUnion(script.calculated)
    arrays.formUnion(script.arrays)
    reread.formUnion(script.reread)
    for doubt in script.doubts { note(.unknown, doubt.source, reason: doubt.reason) }
    if script.isForBash, !isBash {
      note(.unknown, script.commands.last?.source ?? "", reason: "it is written for bash and run by another shell")
    }
    judge(texts: script.texts)
    var hits: [Hits] = []
    var all: Hits = []
    for index in script.commands.indices {
      budget -= 1
      guard budget >= 0 else {
        exhaust(script.commands[index].source)
        break
      }
      let context = CommandContext(script, index, depth: depth)
      judge(texts: [context.command.words.map { $0.literal ?? "\u{1}" }.joined(separator: " ")])
      hits.append(judge(context.command.words, context))
      all.formUnion(hits[index])
    }
    judgePipelines(script, hits)
    return all
  }

  /// Whether so many bytes may still be looked at.
  mutating func spend(_ count: Int) -> Bool {
    bytes -= count
    return bytes >= 0
  }

  private mutating func exhaust(_ source: String) {
    if !isExhausted { note(.unknown, source, reason: ShellStop.commands.reason) }
    isExhausted = true
  }

  /// What is known only when every script has been read.
  mutating func finish() {
    let special: Set<String> = [
      "_", "REPLY", "PWD", "OLDPWD", "FUNCNAME", "MAPFILE", "COPROC", "DIRSTACK", "OPTARG", "GROUPS", "HOSTNAME",
      "LANG",
      "TMPDIR", "HOSTTYPE", "MACHTYPE", "OSTYPE", "TERM", "USER", "LOGNAME", "READLINE_LINE",
    ]
    for name in calculated.intersection(tainted.union(special)).sorted().prefix(4) {
      note(.unknown, name, reason: "it is calculated with, and not known to be a number")
    }
    for name in reread.intersection(arrays).sorted().prefix(4) {
      note(.unknown, name, reason: "what it is assigned may be read once more")
    }
  }

  /// Words such as `NAME=value`, which `env` and its like may put into an environment.
  mutating func taint(words: [ShellWord]) {
    for word in words {
      let name = word.text.utf8.prefix(while: \.isName)
      guard name.first?.isLetter == true, name.endIndex < word.text.endIndex, word.text.utf8[name.endIndex] == .equals
      else { continue }
      let isNumber = word.shape == .literal && String(word.text[name.endIndex...].dropFirst()).isDecimal
      if !isNumber { tainted.insert(String(decoding: name, as: UTF8.self)) }
    }
  }

  mutating func taint(environment: [String: String]) {
    for (name, value) in environment.sorted(by: { $0.key < $1.key }) {
      if ShellNames.isSensitive(name) { note(.unknown, name, reason: "the variable decides what runs") }
      if !value.isDecimal { tainted.insert(name) }
    }
  }

  // MARK: Pipelines and texts

  private mutating func judgePipelines(_ script: ShellScript, _ hits: [Hits]) {
    for (list, kind) in [(forbid, Finding.forbid), (approve, .approve)] {
      for (number, rule) in list.enumerated() {
        guard case .command(let stages) = rule.kind, stages.count > 1 else { continue }
        let number = kind == .forbid ? number : number + forbid.count
        for pipeline in script.pipelines where feeds(pipeline, hits, number, stages.count) {
          let first = script.commands[pipeline[0].lowerBound..<min(pipeline[0].upperBound, hits.count)].last?.source
          note(kind, first ?? rule.source, rule: rule.source)
        }
        for (command, found) in zip(script.commands, hits)
        where found.contains(Hit(rule: number, stage: stages.count - 1)) {
          let ranges = [command.inside, command.below].map { $0.clamped(to: 0..<hits.count) }
          if ranges.contains(where: { hits[$0].contains { $0.contains(Hit(rule: number, stage: stages.count - 2)) } }) {
            note(kind, command.source, rule: rule.source)
          }
        }
      }
    }
  }

  private func feeds(_ pipeline: [Range<Int>], _ hits: [Hits], _ rule: Int, _ count: Int) -> Bool {
    var due = 0
    for stage in pipeline where due < count {
      let range = stage.clamped(to: 0..<hits.count)
      if hits[range].contains(where: { $0.contains(Hit(rule: rule, stage: due)) }) { due += 1 }
    }
    return due == count
  }

  /// Texts that are forbidden wherever they stand.
  mutating func judge(texts: [String]) {
    let rules = textRules
    guard !rules.isEmpty, !texts.isEmpty else { return }
    let folded = Array(FoldedText.fold(texts.joined(separator: "\n\n")).utf8)
    for (rule, text, kind) in rules where Self.holds(folded, text) { note(kind, rule, rule: rule) }
  }

  private static func holds(_ bytes: [UInt8], _ text: String) -> Bool {
    let wanted = Array(text.utf8)
    guard let first = wanted.first, bytes.count >= wanted.count else { return false }
    return (0...(bytes.count - wanted.count)).contains { place in
      bytes[place] == first && bytes[place..<place + wanted.count].elementsEqual(wanted)
    }
  }

  private var textRules: [(String, String, Finding)] {
    func texts(_ list: [CommandPattern], _ kind: Finding) -> [(String, String, Finding)] {
      list.compactMap { if case .text(let text) = $0.kind { ($0.source, text, kind) } else { nil } }
    }
    return texts(forbid, .forbid) + texts(approve, .approve)
  }

  // MARK: Findings

  enum Finding { case forbid, approve, allow, unknown }

  mutating func note(_ finding: Finding, _ source: String, rule: String = "", reason: String = "") {
    let command = Self.shortened(source)
    let match: Decision.Match
    switch finding {
    case .forbid:
      match = .init(rule: "commands/forbid", effect: .block, message: "'\(command)' is forbidden by '\(rule)'")
    case .approve:
      match = .init(rule: "commands/approve", effect: .requireApproval, message: "'\(command)' needs approval")
    case .allow:
      match = .init(
        rule: "commands/allow",
        effect: .block,
        message: "'\(command)' is not on the list of allowed commands"
      )
    case .unknown:
      let effect: Decision.Effect =
        switch unknown {
        case .allow: .allow
        case .approve: .requireApproval
        case .block: .block
        }
      match = .init(
        rule: "commands/unknown",
        effect: effect,
        message: "'\(command)' is not known before it runs: \(reason)"
      )
    }
    guard matches.count < ShellLimit.commands, !matches.suffix(64).contains(match) else { return }
    matches.append(match)
  }

  /// On one line, at most some 80 bytes.
  static func shortened(_ source: String) -> String {
    var result = ""
    for scalar in source.unicodeScalars {
      if result.utf8.count >= ShellLimit.quoted { return result + "…" }
      if scalar.properties.isWhitespace {
        if !result.isEmpty, !result.hasSuffix(" ") { result += " " }
      } else {
        result.unicodeScalars.append(FoldedText.isInvisible(scalar) ? "\u{FFFD}" : scalar)
      }
    }
    while result.hasSuffix(" ") { result.removeLast() }
    return result
  }
}
