/// Shells and other programs that compute what they are told.
///
/// Where an operator lists one, what it does with a file or with code in its words is its own: such a program can compute
/// anything. What comes to it through a pipe is unknown in any case.
enum CommandInterpreters {
  /// Letters and long names of the options that bring code.
  private static let languages: [String: (letters: String, long: [String])] = [
    "python": ("c", []), "pypy": ("c", []), "perl": ("eE", []), "ruby": ("e", []), "node": ("ep", ["eval", "print"]),
    "nodejs": ("ep", ["eval", "print"]), "bun": ("ep", ["eval", "print"]), "deno": ("", []),
    "php": ("rBE", ["run", "process-code"]), "lua": ("e", []), "luajit": ("e", []), "tclsh": ("", []), "wish": ("", []),
    "Rscript": ("e", []), "R": ("e", []), "julia": ("eE", ["eval", "print"]), "guile": ("c", []),
    "elixir": ("e", ["eval"]),
    "erl": ("", []), "groovy": ("e", []), "scala": ("e", []), "jshell": ("", []), "osascript": ("e", []),
    "ghc": ("e", []),
    "irb": ("", []), "bc": ("", []), "gnuplot": ("e", []), "m4": ("", []), "raku": ("e", []),
  ]

  /// Programs that have a way to run commands among what they are told.
  private static let editors: Set<String> = [
    "ed", "red", "ex", "vi", "vim", "view", "vimdiff", "nvim", "emacs", "nano", "gdb", "lldb", "screen", "tmux", "mail",
    "mailx", "mutt", "ftp", "sftp", "lftp", "telnet", "jrunscript", "cmake", "ctags", "pip", "pip3",
  ]

  static func inner(_ words: [ShellWord], _ base: String, _ context: CommandContext) -> CommandWrappers.Inner? {
    let family = String(base.prefix { $0.isLetter })
    let versioned = base.dropFirst(family.count).allSatisfy { $0.isNumber || $0 == "." || $0 == "-" }
    if versioned, let language = languages[base] ?? languages[family] {
      return code(words, language.letters, language.long, context)
    }
    if ["awk", "gawk", "mawk", "nawk", "original-awk"].contains(base) { return awk(words) }
    if base == "sed" || base == "gsed" { return sed(words) }
    if editors.contains(base) { return .unknown("it runs what it is told", always: false) }
    if ["mysql", "mariadb", "psql", "sqlite3", "less", "more"].contains(base) { return client(words, base, context) }
    return nil
  }

  private static func code(
    _ words: [ShellWord],
    _ letters: String,
    _ long: [String],
    _ context: CommandContext
  ) -> CommandWrappers.Inner {
    for word in words.dropFirst() {
      guard let text = word.literal else { return .unknown("what it runs is not known", always: false) }
      if ["--version", "-V", "--help", "-h", "-v"].contains(text), words.count == 2 { return .init() }
      if text == "-" { break }
      if text.hasPrefix("--") {
        if long.contains(String(text.dropFirst(2).prefix { $0 != "=" })) {
          return .unknown("it is given code", always: false)
        }
      } else if text.hasPrefix("-") {
        if text.dropFirst().contains(where: { letters.contains($0) }) {
          return .unknown("it is given code", always: false)
        }
        if text == "-m" { return .init() }
      } else {
        return .init()
      }
    }
    let isKnown = context.inputText() != nil
    return .unknown(isKnown ? "it is given code" : "what comes in on its standard input is not known", always: !isKnown)
  }

  // MARK: awk and sed

  private static func awk(_ words: [ShellWord]) -> CommandWrappers.Inner {
    var index = 1
    while index < words.count, let text = words[index].literal, text.hasPrefix("-"), text != "-" {
      index += 1
      if text == "--" { break }
      if text == "-F" || text == "-v" {
        guard index < words.count, words[index].shape != .free, words[index].shape != .each else {
          return .unknown("its program is not known")
        }
        index += 1
      } else if !text.hasPrefix("-F"), !text.hasPrefix("-v") {
        return .unknown("its program is not known")
      }
    }
    guard index < words.count else { return .init() }
    guard let program = words[index].literal else { return .unknown("its program is not known") }
    let text = program.replacing("||", with: "")
    if text.contains("system") || text.contains("|") || text.contains("getline") || text.contains("@") {
      return .unknown("its program may run commands")
    }
    return .init()
  }

  private static func sed(_ words: [ShellWord]) -> CommandWrappers.Inner {
    var scripts: [String] = []
    var isDue = true
    var takes = false
    for word in words.dropFirst() {
      guard let text = word.literal else {
        if isDue || takes || word.mayBeOption { return .unknown("its script is not known") }
        continue
      }
      if takes {
        scripts.append(text)
        takes = false
      } else if text == "-e" || text == "--expression" {
        (takes, isDue) = (true, false)
      } else if text.hasPrefix("-e") || text.hasPrefix("--expression=") {
        scripts.append(String(text.dropFirst(text.hasPrefix("--") ? 13 : 2)))
        isDue = false
      } else if text.hasPrefix("-"), text != "-" {
        let known = [
          "-n", "-E", "-r", "-i", "-s", "-z", "-u", "-ne", "-nE", "-nr", "-Ei", "-ri", "--quiet", "--silent",
          "--in-place", "--regexp-extended",
        ]
        if !known.contains(text), !text.hasPrefix("-i.") { return .unknown("its options are not known") }
        if text == "-ne" { (takes, isDue) = (true, false) }
      } else if isDue {
        scripts.append(text)
        isDue = false
      }
    }
    return scripts.allSatisfy(SedScript.isHarmless) ? .init() : .unknown("its script may run commands")
  }

  // MARK: Clients and pagers

  private static func client(_ words: [ShellWord], _ base: String, _ context: CommandContext) -> CommandWrappers.Inner?
  {
    let texts = words.dropFirst().map(\.text) + [context.inputText() ?? ""]
    let isPager = base == "less" || base == "more"
    let runs = texts.contains { text in
      isPager
        ? text.hasPrefix("+") || text.hasPrefix("-k") || text.hasPrefix("--lesskey") || text.contains("!")
        : ["\\!", "\\copy", ".shell", ".system", "system ", "load_extension", "program", "|", "\\o", "\\g", "\\setenv"]
          .contains {
            text.lowercased().contains($0)
          }
    }
    return runs ? .unknown("it may run commands that it is told") : nil
  }
}

/// The scripts of sed that surely run nothing: addresses with `p`, `d`, `q` and their like, and substitutions without `e`
/// or `w`.
enum SedScript {
  static func isHarmless(_ script: String) -> Bool {
    var rest = Array(script.utf8)[...]
    while true {
      rest = rest.drop { $0.isBlank || $0 == .semicolon || $0 == .newline }
      guard !rest.isEmpty else { return true }
      guard skipAddress(&rest), let command = rest.popFirst() else { return false }
      switch command {
      case UInt8(ascii: "s"):
        guard skipParts(&rest, 2) else { return false }
        rest = rest.drop { "gpiIm0123456789".utf8.contains($0) }
      case UInt8(ascii: "y"):
        guard skipParts(&rest, 2) else { return false }
      case _ where "pdqnNgGhHxPD=".utf8.contains(command): break
      default: return false
      }
      rest = rest.drop(while: \.isBlank)
      guard let next = rest.first else { return true }
      guard next == .semicolon || next == .newline else { return false }
    }
  }

  /// Text up to a delimiter, which is the first byte, so many times.
  private static func skipParts(_ rest: inout ArraySlice<UInt8>, _ count: Int) -> Bool {
    guard let delimiter = rest.popFirst(), delimiter != .backslash, delimiter != .newline else { return false }
    for _ in 0..<count {
      while let byte = rest.popFirst(), byte != delimiter {
        if byte == .backslash { _ = rest.popFirst() }
        // Where a bracket holds the delimiter it does not end the text, to some.
        if byte == .openBracket, rest.prefix(while: { $0 != .closeBracket }).contains(delimiter) { return false }
        if rest.isEmpty { return false }
      }
    }
    return true
  }

  private static func skipAddress(_ rest: inout ArraySlice<UInt8>) -> Bool {
    while let byte = rest.first {
      if byte.isDigit || byte == .dollar || byte == .comma || byte == .tilde || byte == .plus || byte == .bang
        || byte.isBlank
      {
        rest = rest.dropFirst()
      } else if byte == .slash {
        guard skipParts(&rest, 1) else { return false }
      } else {
        return true
      }
    }
    return false
  }
}
