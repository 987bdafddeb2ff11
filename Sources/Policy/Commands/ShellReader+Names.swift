/// Builtins that give variables values.
extension ShellReader {
  // MARK: Declarations

  mutating func noteDeclaration(_ words: ArraySlice<ShellWord>, from start: Int) {
    var isInteger = false, isArray = false
    for word in words {
      if word.shape != .literal, !word.text.contains("=") {
        doubt("the variable's name is not known", from: start)
      } else if word.text.hasPrefix("-") || word.text.hasPrefix("+") {
        if word.text.contains("n") { doubt("a variable is named by another", from: start) }
        if word.text.contains("i") { isInteger = true }
        if word.text.contains("a") || word.text.contains("A") { isArray = true }
      } else {
        noteName(word, isInteger: isInteger, isArray: isArray, from: start)
      }
    }
  }

  /// `name`, `name=value` or `name[…]=value`.
  private mutating func noteName(_ word: ShellWord, isInteger: Bool, isArray: Bool, from start: Int) {
    let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var name = parts[0]
    if name.hasSuffix("+") { name = name.dropLast() }
    var isArray = isArray
    if let bracket = name.firstIndex(of: "[") {
      checkName([ShellWord(shape: .literal, text: String(name))], from: start)
      name = name[..<bracket]
      isArray = true
    }
    if isArray { script.arrays.insert(String(name)) }
    // To an array, a value in parentheses is a list of its own, whose words are expanded however they were quoted.
    if parts.count == 2, parts[1].hasPrefix("(") || (parts[1].isEmpty && word.shape != .literal) {
      script.reread.insert(String(name))
    }
    let isNumber = parts.count == 1 || (word.shape == .literal && String(parts[1]).isDecimal)
    if isInteger { script.calculated.insert(String(name)) }
    if parts.count == 2 || ShellNames.isSensitive(String(name)) {
      assign(String(name), isNumber: isNumber, from: start)
    }
  }

  // MARK: Names

  private static let tables: [String: OptionTable] = [
    "read": OptionTable(flags: "ers", values: "adinNptu"), "unset": OptionTable(flags: "fvn"),
    "mapfile": OptionTable(flags: "t", values: "dnOsuCc"), "readarray": OptionTable(flags: "t", values: "dnOsuCc"),
    "wait": OptionTable(flags: "fn", values: "p"),
  ]

  /// Builtins that take names of variables: whatever could be one is.
  mutating func noteNames(_ builtin: String, _ words: ArraySlice<ShellWord>, from start: Int) {
    let arguments = CommandArguments(words, Self.tables[builtin] ?? OptionTable())
    if !arguments.isKnown { doubt("the options of '\(builtin)' are not known", from: start) }
    if arguments.has("C") { doubt("'\(builtin)' runs a command of its own", from: start) }
    let isArray = builtin == "mapfile" || builtin == "readarray" || (builtin == "read" && arguments.has("a"))
    var names = Array(arguments.rest) + arguments.options.filter { "ap".contains($0.name) }.compactMap(\.value)
    // A prompt is none.
    if builtin == "read" {
      names = Array(arguments.rest) + arguments.options.filter { $0.name == "a" }.compactMap(\.value)
      // What is read without a name has one.
      script.tainted.insert("REPLY")
    }
    if isArray, names.isEmpty { names = [.literal("MAPFILE")] }
    for word in names { noteNamed(word, isArray: isArray, unsets: builtin == "unset", from: start) }
  }

  private mutating func noteNamed(_ word: ShellWord, isArray: Bool, unsets: Bool, from start: Int) {
    guard let text = word.literal else { return doubt("the variable's name is not known", from: start) }
    checkName([word], from: start)
    let name = String(text.prefix { $0 != "[" })
    if isArray || text.contains("[") { script.arrays.insert(name) }
    if !unsets || ShellNames.isSensitive(name) { assign(name, isNumber: false, from: start) }
    if unsets, let list = script.functions[text] {
      script.functions[text] = list.map { ShellScript.Function(place: $0.place, isCertain: false) }
    }
  }

  // MARK: printf

  /// `-v NAME`, and `%n` in the format, which puts a number into a variable that is named behind it.
  mutating func notePrintf(_ words: ArraySlice<ShellWord>, from start: Int) {
    var words = words
    guard let first = words.first else { return }
    if first.literal == "--" {
      words = words.dropFirst()
    } else if first.mayBeOption {
      guard let text = first.literal else { return doubt("the variable's name is not known", from: start) }
      guard text.hasPrefix("-v") else { return }
      words = words.dropFirst()
      let attached = text.dropFirst(2)
      guard let name = attached.isEmpty ? words.popFirst() : .literal(String(attached)) else { return }
      noteNamed(name, isArray: false, unsets: false, from: start)
      if words.first?.literal == "--" { words = words.dropFirst() }
    }
    guard let format = words.popFirst(), format.literal.map(Self.counts) ?? true else { return }
    for word in words where word.literal.map(ShellNames.isSensitive) ?? true {
      return doubt("its format may name a variable", from: start)
    }
  }

  /// Whether a format holds `%n`.
  private static func counts(_ format: String) -> Bool {
    var rest = format.utf8[...]
    while let percent = rest.firstIndex(of: UInt8(ascii: "%")) {
      rest = rest[percent...].dropFirst().drop { "-+ #'0123456789.*hjlLqtz$".utf8.contains($0) }
      if rest.popFirst() == UInt8(ascii: "n") { return true }
    }
    return false
  }
}
