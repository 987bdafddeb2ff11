extension ShellReader {
  // MARK: Variables

  /// Notes that a variable gets a value.
  mutating func assign(_ name: String, isNumber: Bool, from start: Int) {
    if ShellNames.isSensitive(name) { doubt("'\(name)' decides what runs", from: start) }
    if !isNumber { script.tainted.insert(name) }
  }

  mutating func assign(_ name: String, _ value: ArraySlice<ShellUnit>, numbers: Int, from start: Int) {
    let known = value.compactMap(\.value)
    var holes = 0
    for unit in value { if case .hole = unit { holes += 1 } }
    let text = String(decoding: known, as: UTF8.self)
    if !text.isEmpty { script.texts.append(text) }
    let isNumber = holes == 0 ? text.isEmpty || text.isDecimal : holes == 1 && numbers == 1 && known.isEmpty
    assign(name, isNumber: isNumber, from: start)
  }

  // MARK: Builtins

  /// Notes what a builtin changes about the commands behind it.
  mutating func note(_ command: ShellCommand, from start: Int) {
    let words = Self.unwrapped(command.words[...])
    guard let name = words.first?.literal else { return }
    let rest = words.dropFirst()
    switch name {
    case "alias" where rest.contains { $0.literal == nil || $0.text.contains("=") }:
      doubt("an alias changes what is read", from: start)
    case "enable", "bind", "complete", "compgen", "compopt", "fc", "history":
      doubt("'\(name)' changes what runs", from: start)
    case "hash" where rest.contains { $0.mayBeOption && $0.text != "-r" }:
      doubt("'hash' changes what runs", from: start)
    case "set": noteSet(rest, from: start)
    case "shopt": noteOptions(rest, from: start)
    case "declare", "typeset", "local", "export", "readonly": noteDeclaration(rest, from: start)
    case "printf": notePrintf(rest, from: start)
    case "read", "mapfile", "readarray", "getopts", "unset", "wait": noteNames(name, rest, from: start)
    case "let": noteLet(rest, from: start)
    case "test", "[": noteTest(rest, from: start)
    default: break
    }
  }

  /// The builtin that runs, behind any `command` and `builtin` and their options; none, where these only tell of it.
  private static func unwrapped(_ words: ArraySlice<ShellWord>) -> ArraySlice<ShellWord> {
    var words = words
    while let name = words.first?.literal, name == "builtin" || name == "command" {
      words = words.dropFirst()
      while let option = words.first?.literal, option.hasPrefix("-"), option != "-" {
        words = words.dropFirst()
        if option == "--" { break }
        if option.contains("v") || option.contains("V") { return [] }
      }
    }
    return words
  }

  private mutating func noteSet(_ words: ArraySlice<ShellWord>, from start: Int) {
    let unknown = "the shell's settings are not known"
    for (index, word) in zip(words.indices, words) {
      guard let text = word.literal else { return doubt(unknown, from: start) }
      if text == "--" || text == "-" { return }
      guard text.hasPrefix("-") || text.hasPrefix("+") else { continue }
      let names = words[index...].dropFirst().prefix(text.count { $0 == "o" })
      if !text.dropFirst().allSatisfy({ "abefhmnoptuvxCEPT".contains($0) })
        || !names.allSatisfy(ShellNames.isHarmless(setting:))
      {
        return doubt(unknown, from: start)
      }
    }
  }

  private mutating func noteOptions(_ words: ArraySlice<ShellWord>, from start: Int) {
    let isHarmless = words.allSatisfy {
      ["-s", "-u", "-q", "-p"].contains($0.literal) || ShellNames.isHarmless(setting: $0)
    }
    if !isHarmless { doubt("the shell's settings are not known", from: start) }
  }

  private mutating func noteLet(_ words: ArraySlice<ShellWord>, from start: Int) {
    for word in words {
      guard let text = word.literal, text.utf8.allSatisfy({ $0.isName || "+-*/%<>=!&|^~?:(), ".utf8.contains($0) })
      else {
        return doubt("it calculates with a text that is not known", from: start)
      }
      for name in text.split(whereSeparator: { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }) {
        if String(name).isIdentifier {
          script.calculated.insert(String(name))
          if ShellNames.isSensitive(String(name)) { doubt("'\(name)' decides what runs", from: start) }
        }
      }
    }
  }

  private mutating func noteTest(_ words: ArraySlice<ShellWord>, from start: Int) {
    for (index, word) in zip(words.indices, words) where word.literal == "-v" || word.literal == "-R" {
      if index + 1 < words.endIndex { checkName([words[index + 1]], from: start) }
    }
    // A word that is not known may be the operator, and the next one what it evaluates.
    for (word, next) in zip(words, words.dropFirst()) where word.shape != .literal {
      if next.literal == nil || next.text.contains("[") {
        if word.mayBeOption { doubt("what is tested is not known", from: start) }
      }
    }
  }

  /// A variable's name may have a subscript, which the shell evaluates however it was quoted.
  mutating func checkName(_ words: [ShellWord], from start: Int) {
    for word in words where word.shape != .literal || word.text.contains("[") {
      let text = word.text.split(separator: "[", maxSplits: 1).last ?? ""
      let isPlain =
        word.shape == .literal && text.utf8.allSatisfy { $0.isDigit || $0 == .closeBracket || $0 == .at || $0 == .star }
      if !isPlain { doubt("a subscript is evaluated", from: start) }
    }
  }
}
