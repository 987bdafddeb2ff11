extension CommandWrappers {
  private static let longOptions: Set<String> = [
    "debug", "debugger", "dump-po-strings", "dump-strings", "help", "init-file", "login", "noediting", "noprofile",
    "norc", "posix", "pretty-print", "protected", "rcfile", "restricted", "verbose", "version", "wordexp",
  ]

  /// A shell: the script of its `-c`, or what it reads.
  static func shell(_ words: [ShellWord], _ base: String, _ context: CommandContext) -> Inner {
    let isBash = base == "bash"
    var readsCommand = false, readsInput = false, isOdd = false
    var index = 1
    while index < words.count {
      guard let text = words[index].literal else {
        return .unknown(readsCommand ? "its script is not known" : unreadable, transparent: true)
      }
      guard text.hasPrefix("-") || text.hasPrefix("+"), text != "-" else { break }
      index += 1
      if text == "--" { break }
      // One dash does for long names too.
      let name = text.hasPrefix("--") ? String(text.dropFirst(2)) : String(text.dropFirst())
      if text.hasPrefix("--") || longOptions.contains(name) {
        if name == "version" || name == "help" { return Inner(isTransparent: true) }
        if name == "rcfile" || name == "init-file" { index += 1 }
        if !["login", "noprofile", "norc", "posix"].contains(name) { isOdd = true }
        continue
      }
      if text.contains("c") { readsCommand = true }
      if text.contains("s") { readsInput = true }
      if !text.dropFirst().allSatisfy({ "abcefhlmnoprstuvxCEOPT".contains($0) }) { isOdd = true }
      // A name of a setting for each.
      for _ in text.filter({ $0 == "o" || $0 == "O" }) where index < words.count {
        if !ShellNames.isHarmless(setting: words[index]) { isOdd = true }
        index += 1
      }
    }
    if index < words.count, words[index].literal == "-", !readsCommand { index += 1 }
    var inner = script(words.dropFirst(index), base, isBash, readsCommand, readsInput, context)
    inner.isTransparent = true
    if isOdd {
      inner.reasons.append("its options change what it runs")
      inner.always = true
    }
    return inner
  }

  private static func script(
    _ words: ArraySlice<ShellWord>,
    _ base: String,
    _ isBash: Bool,
    _ readsCommand: Bool,
    _ readsInput: Bool,
    _ context: CommandContext
  ) -> Inner {
    if readsCommand {
      guard let first = words.first else { return Inner() }
      guard let text = first.literal else { return .unknown("its script is not known") }
      return read(text, base, isBash)
    }
    if let first = words.first, !readsInput {
      let isInput = first.literal == "/dev/stdin" || first.literal == "/proc/self/fd/0"
      if !isInput { return .unknown("it reads commands from a file", always: first.literal == nil) }
    }
    guard let text = context.inputText() else { return .unknown("what comes in on its standard input is not known") }
    return read(text, base, isBash, isInput: true)
  }

  /// Shells that read other languages than ours are known as far as these do not differ.
  private static func read(_ text: String, _ base: String, _ isBash: Bool, isInput: Bool = false) -> Inner {
    var inner = Inner(parts: [.script(text, isBash: isBash, inherits: false, isInput: isInput)])
    let isPosix = isBash || base == "sh" || base == "dash" || base == "ash"
    if !isPosix, !text.utf8.allSatisfy({ $0.isName || " ./:,@%+;|&<>\"'-\n".utf8.contains($0) }) {
      inner.reasons = ["it is read by '\(base)'"]
      inner.always = true
    }
    return inner
  }
}
