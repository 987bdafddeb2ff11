extension CommandWrappers {
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
      if text.hasPrefix("--") {
        if text == "--version" || text == "--help" { return Inner(isTransparent: true) }
        if text == "--rcfile" || text == "--init-file" { index += 1 }
        if text != "--login", text != "--noprofile", text != "--norc", text != "--posix" { isOdd = true }
        continue
      }
      if text.hasPrefix("-"), text.contains("c") { readsCommand = true }
      if text.contains("s") { readsInput = true }
      if text.contains("i") || text.contains("k") { isOdd = true }
      if text.contains("o") || text.contains("O") {
        if index < words.count, words[index].literal == nil || words[index].text == "keyword" { isOdd = true }
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
    return read(text, base, isBash)
  }

  /// Shells that read other languages than ours are known as far as these do not differ.
  private static func read(_ text: String, _ base: String, _ isBash: Bool) -> Inner {
    var inner = Inner(parts: [.script(text, isBash: isBash, inherits: false)])
    let isPosix = isBash || base == "sh" || base == "dash" || base == "ash"
    if !isPosix, !text.utf8.allSatisfy({ $0.isName || " ./:,@%+;|&<>\"'-\n".utf8.contains($0) }) {
      inner.reasons = ["it is read by '\(base)'"]
      inner.always = true
    }
    return inner
  }
}
