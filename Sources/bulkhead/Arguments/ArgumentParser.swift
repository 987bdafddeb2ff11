internal import JSON
internal import Wire

/// A command line that the table does not describe.
struct UsageError: Error {
  let message: String
  /// What had been recognised by then.
  let path: [String]
}

/// What the user typed, checked against the table.
struct Arguments: Sendable {
  private(set) var operands: [String] = []
  private var switches: Set<String> = []
  private var values: [String: [String]] = [:]

  func has(_ flag: String) -> Bool { switches.contains(flag) }
  /// The last one given counts.
  func value(_ flag: String) -> String? { values[flag]?.last }
  func values(_ flag: String) -> [String] { values[flag] ?? [] }
  func operand(_ index: Int) -> String? { operands.indices.contains(index) ? operands[index] : nil }

  fileprivate mutating func add(_ operand: String) { operands.append(operand) }
  fileprivate mutating func set(_ flag: Flag, _ value: String?) {
    if let value { values[flag.name, default: []].append(value) } else { switches.insert(flag.name) }
  }
}

/// Reads a command line. Options may stand anywhere; `--` ends them; `-` is an operand.
struct ArgumentParser {
  private var rest: ArraySlice<String>
  private(set) var path: [String] = []
  private(set) var arguments = Arguments()
  private var endsOptions = false

  /// The command is nil when none was named; then only `--help` and `--version` make sense.
  static func parse(_ words: [String]) throws(UsageError) -> (command: Command?, path: [String], arguments: Arguments) {
    var parser = ArgumentParser(rest: words[...])
    while let word = parser.rest.popFirst() { try parser.take(word) }
    let command = Command.named(parser.path)
    if !parser.arguments.has("help"), let command { try parser.checkOperands(of: command) }
    return (command, parser.path, parser.arguments)
  }

  private init(rest: ArraySlice<String>) { self.rest = rest }

  private func fail(_ message: String) -> UsageError { UsageError(message: message, path: path) }

  private mutating func take(_ word: String) throws(UsageError) {
    if endsOptions || word == "-" || !word.hasPrefix("-") {
      try takeWord(word)
    } else if word == "--" {
      endsOptions = true
    } else if word.hasPrefix("--") {
      try takeLong(word)
    } else {
      try takeShort(word)
    }
  }

  private mutating func takeWord(_ word: String) throws(UsageError) {
    let following = Command.words(after: path)
    if arguments.operands.isEmpty, following.contains(word) {
      path.append(word)
      return
    }
    if Command.named(path) == nil {
      let what = path.isEmpty ? "command" : "'\(path.joined(separator: " "))' command"
      throw fail("unknown \(what) \(quoted(word))\(suggestion(word, following) ?? "; known: \(list(following))")")
    }
    arguments.add(word)
  }

  private var flags: [Flag] { (Command.named(path)?.flags ?? []) + Command.globalFlags + overviewFlags }
  private var overviewFlags: [Flag] { path.isEmpty ? [Flag("version", "show the version and exit")] : [] }

  private mutating func takeLong(_ word: String) throws(UsageError) {
    let body = word.dropFirst(2)
    let name = String(body.prefix { $0 != "=" })
    guard let flag = flags.first(where: { $0.name == name }) else {
      throw fail("unknown option \(quoted("--" + name))\(suggestion("--" + name, flags.map { "--" + $0.name }) ?? "")")
    }
    if name.utf8.count < body.utf8.count {
      let value = String(body.dropFirst(name.count + 1))
      guard flag.value != nil else { throw fail("option '--\(name)' takes no value, \(quoted(value)) was given") }
      arguments.set(flag, value)
    } else {
      try arguments.set(flag, value(for: flag, "--\(name)"))
    }
  }

  private mutating func takeShort(_ word: String) throws(UsageError) {
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard let flag = flags.first(where: { $0.short == letter }) else {
        throw fail("unknown option \(quoted("-\(letter)"))")
      }
      if flag.value != nil, !letters.isEmpty {
        arguments.set(flag, String(letters))
        return
      }
      try arguments.set(flag, value(for: flag, "-\(letter)"))
    }
  }

  private mutating func value(for flag: Flag, _ spelling: String) throws(UsageError) -> String? {
    guard let placeholder = flag.value else { return nil }
    guard let value = rest.popFirst() else { throw fail("option '\(spelling)' needs a value: \(placeholder)") }
    return value
  }

  private func checkOperands(of command: Command) throws(UsageError) {
    let given = arguments.operands.count
    if given < command.operands.count, !command.operands[given].isOptional {
      throw fail("missing operand \(command.operands[given].name)")
    }
    if given > command.operands.count, command.operands.last?.isRepeated != true {
      let extra = arguments.operands[command.operands.count]
      throw fail("unexpected operand \(quoted(extra))\(suggestion(extra, Command.words(after: path)) ?? "")")
    }
  }

  private func suggestion(_ word: String, _ known: [String]) -> String? {
    nearest(to: word, among: known).map { " (did you mean '\($0)'?)" }
  }

  private func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}

extension Arguments {
  /// A span such as `30s`; units ms, s, m, h, d.
  func duration(_ flag: String) throws(Failure) -> Duration? {
    try milliseconds(flag).map { .milliseconds($0) }
  }

  func milliseconds(_ flag: String) throws(Failure) -> Int64? {
    try milliseconds(flag, in: 1...Limit.timeoutMS, due: "a time such as 500ms, 30s, 5m or 2h is due, 168h at most")
  }

  func milliseconds(_ flag: String, in range: ClosedRange<Int64>, due: String) throws(Failure) -> Int64? {
    guard let text = value(flag) else { return nil }
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let units: [String: Int64] = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000]
    if let count = Int64(digits), let unit = units[String(text.dropFirst(digits.count))] {
      let (milliseconds, overflow) = count.multipliedReportingOverflow(by: unit)
      if !overflow, range.contains(milliseconds) { return milliseconds }
    }
    throw Failure(usage: "'--\(flag)' is \(quoted(text)) where \(due)")
  }

  func count(_ flag: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
    guard let text = value(flag) else { return nil }
    if let count = Int(text), range.contains(count) { return count }
    throw Failure(
      usage: "'--\(flag)' is \(quoted(text)) where a number from \(range.lowerBound) to \(range.upperBound) is due"
    )
  }
}
