extension CommandWrappers {
  // MARK: Other users

  private static let sudoOptions = OptionTable(
    flags: "ABbEeHiKklNnPSsVv",
    values: "ugpChrtTUDRac",
    longValues: [
      "user", "group", "prompt", "close-from", "host", "role", "type", "other-user", "chdir", "chroot",
      "command-timeout", "auth-type", "login-class",
    ],
    longFlags: [
      "askpass", "background", "bell", "edit", "help", "login", "list", "no-update", "non-interactive",
      "preserve-env", "preserve-groups", "remove-timestamp", "reset-timestamp", "set-home", "shell", "stdin",
      "validate", "version",
    ]
  )

  static func sudo(_ words: [ShellWord], _ base: String) -> Inner {
    let options = base == "sudo" ? sudoOptions : OptionTable(flags: "Lns", values: "uCa")
    let arguments = CommandArguments(words[1...], options)
    var inner = Prefix(options: options, assigns: true, isTransparent: false).inner(words, base)
    if arguments.has("s", "i", "e", "shell", "login", "edit") {
      inner.reasons.append("it opens a shell or an editor")
      inner.always = true
    }
    return inner
  }

  /// Only `su USER -c TEXT` and the like: what else it is told may be another shell, or go to the shell.
  static func su(_ words: [ShellWord], _ base: String) -> Inner {
    var scripts: [String] = []
    var users = 0
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      switch word.literal {
      case "-", "-l", "--login": break
      case "-c", "--command":
        guard let text = rest.popFirst()?.literal else { return .unknown(unreadable) }
        scripts.append(text)
      case let name? where !name.hasPrefix("-") && users == 0: users += 1
      default: return .unknown(unreadable)
      }
    }
    guard !scripts.isEmpty else { return .unknown(unreadable) }
    return Inner(parts: scripts.map { .script($0, isBash: false, inherits: false) })
  }

  // MARK: Now and then, and elsewhere

  private static let watchOptions = OptionTable(
    flags: "bcCegptwxhvfr",
    values: "nqs",
    optional: "d",
    longValues: ["interval", "equexit", "shotsdir"],
    longFlags: [
      "beep", "color", "no-color", "differences", "errexit", "follow", "chgexit", "precise", "no-rerun", "no-title",
      "no-wrap", "exec", "help", "version",
    ]
  )

  static func watch(_ words: [ShellWord]) -> Inner {
    let arguments = CommandArguments(words[1...], watchOptions)
    let (rest, isKnown) = Prefix().skip(arguments)
    if arguments.has("x", "exec"), isKnown, !rest.isEmpty {
      return Inner(parts: [.words(Array(rest), findsFunctions: false, findsBuiltins: false)], isTransparent: true)
    }
    guard isKnown, let text = joined(rest) else { return .unknown(unreadable) }
    return Inner(parts: [.script(text, isBash: false, inherits: false)], isTransparent: true)
  }

  private static let sshOptions = OptionTable(
    flags: "1246AaCfGgKkMNnqsTtVvXxYy",
    values: "BbcDEeFIiJLlmOoPpQRSWw"
  )

  static func ssh(_ words: [ShellWord]) -> Inner {
    let arguments = CommandArguments(words[1...], sshOptions)
    // Behind the host more options may stand.
    let (rest, isKnown) = Prefix(places: 1).skip(arguments)
    guard isKnown, let text = joined(rest) else { return .unknown(unreadable) }
    // Without a command a shell there reads what comes in here.
    if text.isEmpty, !arguments.has("N", "V", "Q", "G", "O", "W") { return .unknown(unreadable) }
    return Inner(
      parts: text.isEmpty ? [] : [.script(text, isBash: false, inherits: false)],
      reasons: arguments.has("o", "F", "S", "I") ? ["its options may name programs"] : [],
      always: true
    )
  }
}
