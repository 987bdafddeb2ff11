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
    var words = command.words[...]
    while let name = words.first?.literal, name == "builtin" || name == "command" { words = words.dropFirst() }
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
    case "read", "mapfile", "readarray", "getopts", "unset", "wait", "printf": noteNames(name, rest, from: start)
    case "let": noteLet(rest, from: start)
    case "test", "[": noteTest(rest, from: start)
    default: break
    }
  }

  private mutating func noteSet(_ words: ArraySlice<ShellWord>, from start: Int) {
    for (index, word) in zip(words.indices, words) {
      guard let text = word.literal else { return doubt("the shell's settings are not known", from: start) }
      if text == "--" || text == "-" { return }
      guard text.hasPrefix("-") || text.hasPrefix("+") else { continue }
      let next = words[index...].dropFirst().first
      if text.contains("k") || (text.contains("o") && (next?.literal == nil || next?.text == "keyword")) && next != nil
      {
        return doubt("the shell's settings are not known", from: start)
      }
    }
  }

  private mutating func noteOptions(_ words: ArraySlice<ShellWord>, from start: Int) {
    let harmless: Set<String> = [
      "-s", "-u", "-q", "-p", "nullglob", "globstar", "dotglob", "failglob", "nocaseglob", "nocasematch", "lastpipe",
      "inherit_errexit", "extglob", "checkwinsize", "globasciiranges",
    ]
    if !words.allSatisfy({ harmless.contains($0.literal ?? "") }) {
      doubt("the shell's settings are not known", from: start)
    }
  }

  private mutating func noteDeclaration(_ words: ArraySlice<ShellWord>, from start: Int) {
    var isInteger = false
    for word in words {
      if word.shape != .literal, !word.text.contains("=") {
        doubt("the variable's name is not known", from: start)
      } else if word.text.hasPrefix("-") || word.text.hasPrefix("+") {
        if word.text.contains("n") { doubt("a variable is named by another", from: start) }
        if word.text.contains("i") { isInteger = true }
      } else {
        noteName(word, isInteger: isInteger, from: start)
      }
    }
  }

  /// `name`, `name=value` or `name[…]=value`.
  private mutating func noteName(_ word: ShellWord, isInteger: Bool, from start: Int) {
    let parts = word.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    var name = parts[0]
    if name.hasSuffix("+") { name = name.dropLast() }
    if let bracket = name.firstIndex(of: "[") {
      checkName([ShellWord(shape: .literal, text: String(name))], from: start)
      name = name[..<bracket]
    }
    let isNumber = parts.count == 1 || (word.shape == .literal && String(parts[1]).isDecimal)
    if isInteger { script.calculated.insert(String(name)) }
    if parts.count == 2 || ShellNames.isSensitive(String(name)) {
      assign(String(name), isNumber: isNumber, from: start)
    }
  }

  /// Builtins that take names of variables: whatever could be one is.
  private mutating func noteNames(_ builtin: String, _ words: ArraySlice<ShellWord>, from start: Int) {
    var names = words
    if builtin == "printf" {
      guard let first = words.first, first.mayBeOption, first.text != "--" else { return }
      if first.literal == nil { return doubt("the variable's name is not known", from: start) }
      names = first.text == "-v" ? words.dropFirst().prefix(1) : [.literal(String(first.text.dropFirst(2)))]
    }
    if builtin == "read", !words.contains(where: { $0.literal?.isIdentifier ?? true }) {
      script.tainted.insert("REPLY")
    }
    for word in names {
      guard let text = word.literal else {
        doubt("the variable's name is not known", from: start)
        continue
      }
      if builtin == "mapfile" || builtin == "readarray", text.hasPrefix("-C") {
        doubt("'\(builtin)' runs a command of its own", from: start)
      }
      // Also where it is attached to an option, as in `-aNAME`.
      for name in text.hasPrefix("-") ? [text.dropFirst(2)] : [text[...]] where !name.isEmpty {
        checkName([.literal(String(name))], from: start)
        let plain = String(name.prefix { $0 != "[" })
        if builtin != "unset" || ShellNames.isSensitive(plain) { assign(plain, isNumber: false, from: start) }
      }
      if builtin == "unset" { for (name, list) in script.functions where name == text { forget(name, list) } }
    }
  }

  private mutating func forget(_ name: String, _ list: [ShellScript.Function]) {
    script.functions[name] = list.map { ShellScript.Function(place: $0.place, isCertain: false) }
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
      if next.literal == nil || next.text.contains("[") && next.text.contains("$") {
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
