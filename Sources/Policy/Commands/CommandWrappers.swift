/// Programs that run other programs: what they would run, as far as their words say it.
enum CommandWrappers {
  enum Part {
    /// A command, by its words.
    case words([ShellWord], findsFunctions: Bool, findsBuiltins: Bool)
    /// A script; `inherits`: in the same shell, which knows the functions that were defined before.
    case script(String, isBash: Bool, inherits: Bool)
    /// A command that only rules which hold back are asked about.
    case held([ShellWord])
  }

  struct Inner {
    var parts: [Part] = []
    /// Why not all is known of what it runs.
    var reasons: [String] = []
    /// Whether that holds even where the operator lists the program.
    var always = false
    /// Whether an allow-list need not name it: what it runs is judged in its place.
    var isTransparent = false

    static func unknown(_ reason: String, always: Bool = true, transparent: Bool = false) -> Inner {
      Inner(reasons: [reason], always: always, isTransparent: transparent)
    }
  }

  static let unreadable = "what it runs is not known"

  static func inner(_ words: [ShellWord], _ name: ProgramName, _ context: CommandContext) -> Inner {
    let base = name.base
    if let prefix = Prefix.all[base] { return prefix.inner(words, base) }
    if ShellNames.shells.contains(base) { return shell(words, base, context) }
    switch base {
    case "env": return env(words)
    case "exec", "command": return builtinPrefix(words, base)
    case "eval": return eval(words)
    case "trap": return trap(words)
    case "source", ".": return .unknown("it reads commands from a file", transparent: true)
    case "xargs": return xargs(words)
    case "find": return find(words)
    case "watch": return watch(words)
    case "ssh": return ssh(words)
    case "su", "runuser": return su(words)
    case "sudo", "doas": return sudo(words, base)
    case "busybox", "toybox":
      let rest = Array(words.dropFirst())
      return Inner(
        parts: rest.isEmpty ? [] : [.words(rest, findsFunctions: false, findsBuiltins: false)],
        isTransparent: true
      )
    default: break
    }
    if starters.contains(base) { return .unknown(unreadable) }
    if let inner = CommandInterpreters.inner(words, base, context) { return inner }
    return CommandHazards.inner(words, base)
  }

  /// Programs that run what their words say in ways that are not read here.
  private static let starters: Set<String> = [
    "aa-exec", "at", "batch", "bwrap", "capsh", "catchsegv", "chronic", "cpulimit", "crontab", "daemonize",
    "dbus-run-session", "dumb-init", "eatmydata", "entr", "expect", "fakeroot", "faketime", "firejail", "flock", "ifne",
    "ld.so", "linux32", "linux64", "logsave", "ltrace", "machinectl", "mispipe", "nc", "ncat", "netcat", "newgrp",
    "npx",
    "nsenter", "numactl", "parallel", "pee", "perf", "pkexec", "prlimit", "proot", "rlwrap", "run-parts", "runcon",
    "script",
    "sem", "setarch", "setpriv", "sg", "socat", "ssh-agent", "start-stop-daemon", "strace", "systemd-run", "tini",
    "torsocks",
    "unbuffer", "unshare", "valgrind", "vipe", "xvfb-run",
  ]

  // MARK: Builtins

  private static func builtinPrefix(_ words: [ShellWord], _ base: String) -> Inner {
    if base == "command", let option = words.dropFirst().first?.literal, option.hasPrefix("-"),
      option.contains("v") || option.contains("V")
    {
      return Inner(isTransparent: true)
    }
    let prefix = Prefix(values: base == "exec" ? "a" : "")
    return prefix.inner(words, base, findsBuiltins: base == "command")
  }

  /// Runs its words, joined, as a script.
  private static func eval(_ words: [ShellWord]) -> Inner {
    var rest = words.dropFirst()
    if rest.first?.literal == "--" { rest = rest.dropFirst() }
    guard let text = joined(rest) else { return .unknown("its text is not known", transparent: true) }
    return Inner(parts: [.script(text, isBash: true, inherits: true)], isTransparent: true)
  }

  static func joined(_ words: ArraySlice<ShellWord>) -> String? {
    guard words.allSatisfy({ $0.literal != nil }) else { return nil }
    return words.map(\.text).joined(separator: " ")
  }

  private static func trap(_ words: [ShellWord]) -> Inner {
    var rest = words.dropFirst()
    if let first = rest.first?.literal, ["-p", "-l", "-P", "-"].contains(first) { return Inner(isTransparent: true) }
    if rest.first?.literal == "--" { rest = rest.dropFirst() }
    guard let first = rest.first else { return Inner(isTransparent: true) }
    guard let text = first.literal else { return .unknown("its text is not known", transparent: true) }
    return Inner(parts: [.script(text, isBash: true, inherits: true)], isTransparent: true)
  }

  // MARK: Programs

  private static func env(_ words: [ShellWord]) -> Inner {
    let prefix = Prefix(values: "uC", long: ["unset", "chdir"], assigns: true)
    // `-S TEXT` puts the words of a text in its place.
    for (index, word) in words.enumerated().dropFirst() {
      guard let text = word.literal else { break }
      guard text.hasPrefix("-") else {
        if text.contains("=") { continue }
        break
      }
      var value: ShellWord?
      var behind = index + 1
      if text.hasPrefix("--s") {
        if let equals = text.firstIndex(of: "=") {
          value = .literal(String(text[text.index(after: equals)...]))
        } else {
          value = words.indices.contains(index + 1) ? words[index + 1] : nil
          behind += 1
        }
      } else if !text.hasPrefix("--"), let letter = text.firstIndex(of: "S") {
        let attached = String(text[text.index(after: letter)...])
        value = attached.isEmpty ? (words.indices.contains(index + 1) ? words[index + 1] : nil) : .literal(attached)
        if attached.isEmpty { behind += 1 }
      } else {
        continue
      }
      guard let text = value?.literal, !text.contains(where: { "\\\"'$#".contains($0) }) else {
        return .unknown("the text of its -S is not known", transparent: true)
      }
      let split = text.split(whereSeparator: \.isWhitespace).map { ShellWord.literal(String($0)) }
      return Inner(
        parts: [.words([words[0]] + split + words.dropFirst(behind), findsFunctions: false, findsBuiltins: false)],
        isTransparent: true
      )
    }
    return prefix.inner(words, "env")
  }

  private static func sudo(_ words: [ShellWord], _ base: String) -> Inner {
    let prefix = Prefix(
      values: base == "sudo" ? "ugpChrtTUDR" : "uC",
      long: [
        "user", "group", "prompt", "close-from", "host", "role", "type", "other-user", "chdir", "chroot",
        "command-timeout",
      ],
      assigns: true,
      isTransparent: false
    )
    let options = words.dropFirst().prefix { $0.literal?.hasPrefix("-") ?? false }.map(\.text)
    let opens = options.contains {
      $0.hasPrefix("--") ? ["--shell", "--login", "--edit"].contains($0) : $0.contains { "sie".contains($0) }
    }
    var inner = prefix.inner(words, base)
    if opens {
      inner.reasons.append("it opens a shell or an editor")
      inner.always = true
    }
    return inner
  }

  private static func su(_ words: [ShellWord]) -> Inner {
    for (word, next) in zip(words, words.dropFirst()) where word.literal == "-c" || word.literal == "--command" {
      if let text = next.literal { return Inner(parts: [.script(text, isBash: false, inherits: false)]) }
    }
    return .unknown(unreadable)
  }

  private static func watch(_ words: [ShellWord]) -> Inner {
    let (rest, isKnown) = Prefix(values: "nq", long: ["interval", "equexit"]).skip(words)
    guard isKnown, let text = joined(rest) else { return .unknown(unreadable) }
    return Inner(parts: [.script(text, isBash: false, inherits: false)], isTransparent: true)
  }

  private static func ssh(_ words: [ShellWord]) -> Inner {
    let prefix = Prefix(values: "BbcDEeFIiJLlmOoPpQRSWw", places: 1)
    let (rest, isKnown) = prefix.skip(words)
    guard isKnown, let text = joined(rest) else { return .unknown(unreadable) }
    let options = words.dropFirst().prefix(words.count - 1 - rest.count).map(\.text)
    let isOdd = options.contains { $0.hasPrefix("-o") || $0.hasPrefix("-F") || $0.hasPrefix("-S") }
    return Inner(
      parts: text.isEmpty ? [] : [.script(text, isBash: false, inherits: false)],
      reasons: isOdd ? ["its options may name programs"] : [],
      always: true
    )
  }
}
