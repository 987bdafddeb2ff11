/// The options that a program has, as `getopt` reads them.
struct OptionTable: Sendable {
  /// Letters: without a value, with one (the rest of the word, or the next word), and with one only in the same word.
  var flags = ""
  var values = ""
  var optional = ""
  /// Long names whose value is the next word, where no `=` brings it, and those that take no other word.
  var longValues: [String] = []
  var longFlags: [String] = []
  /// The option behind which nothing more is read, such as `-S` of `env`.
  var last: Set<String> = []

  enum Kind { case flag, value, optional }

  fileprivate func kind(_ letter: Character) -> Kind? {
    if flags.contains(letter) { return .flag }
    if values.contains(letter) { return .value }
    return optional.contains(letter) ? .optional : nil
  }

  /// The name that a beginning of it stands for; nil: none, or several that are not alike.
  fileprivate func long(_ name: String) -> (name: String, takesNext: Bool)? {
    if longValues.contains(name) { return (name, true) }
    if longFlags.contains(name) { return (name, false) }
    guard !name.isEmpty else { return nil }
    let (values, flags) = (longValues.filter { $0.hasPrefix(name) }, longFlags.filter { $0.hasPrefix(name) })
    guard values.isEmpty != flags.isEmpty else { return nil }
    return values.first.map { ($0, true) } ?? flags.first.map { ($0, false) }
  }
}

/// A program's options in the words of a command, up to the first word that is none.
struct CommandArguments {
  struct Option {
    /// A letter, or a long name in full.
    var name: String
    var value: ShellWord?
  }

  private(set) var options: [Option] = []
  /// The words behind the options.
  private(set) var rest: ArraySlice<ShellWord> = []
  /// Whether all options are known, and so where they end.
  private(set) var isKnown = true

  /// `words`: without the program.
  init(_ words: ArraySlice<ShellWord>, _ table: OptionTable) {
    rest = words
    while isKnown, let text = rest.first?.literal, text.hasPrefix("-"), text != "-" {
      rest = rest.dropFirst()
      if text == "--" { return }
      if text.hasPrefix("--") { takeLong(text.dropFirst(2), table) } else { takeLetters(text.dropFirst(), table) }
      if let option = options.last, table.last.contains(option.name) { return }
    }
  }

  func has(_ names: String...) -> Bool { options.contains { names.contains($0.name) } }

  private mutating func takeLong(_ text: Substring, _ table: OptionTable) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard let (name, takesNext) = table.long(String(parts[0])) else { return isKnown = false }
    if parts.count == 2 {
      options.append(Option(name: name, value: .literal(String(parts[1]))))
    } else {
      options.append(Option(name: name, value: takesNext ? takeValue() : nil))
    }
  }

  private mutating func takeLetters(_ text: Substring, _ table: OptionTable) {
    var letters = text
    while let letter = letters.popFirst() {
      guard let kind = table.kind(letter) else { return isKnown = false }
      if kind == .flag {
        options.append(Option(name: String(letter)))
      } else {
        let attached = letters.isEmpty ? nil : ShellWord.literal(String(letters))
        options.append(Option(name: String(letter), value: attached ?? (kind == .value ? takeValue() : nil)))
        return
      }
    }
  }

  /// A value that may be several words, or none, moves all that is behind it.
  private mutating func takeValue() -> ShellWord? {
    guard let word = rest.popFirst() else { return nil }
    if word.shape != .literal, word.shape != .one { isKnown = false }
    return word
  }
}
