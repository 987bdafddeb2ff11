/// Programs that run other programs: what they would run, as far as their words say it.
enum CommandWrappers {
  enum Part {
    /// A command, by its words.
    case words([ShellWord], findsFunctions: Bool, findsBuiltins: Bool)
    /// A script; `inherits`: in the same shell, which knows the functions that were defined before; `isInput`: read from
    /// the standard input.
    case script(String, isBash: Bool, inherits: Bool, isInput: Bool = false)
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
    case "exec", "command", "jobs": return builtinPrefix(words, base)
    case "eval": return eval(words)
    case "trap": return trap(words)
    case "source", ".": return .unknown("it reads commands from a file", transparent: true)
    case "xargs": return xargs(words)
    case "find": return find(words)
    case "watch": return watch(words)
    case "ssh": return ssh(words)
    case "su", "runuser": return su(words, base)
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
    "aa-exec", "at", "batch", "bunx", "bwrap", "capsh", "catchsegv", "chpst", "chronic", "coresched", "cpulimit",
    "crontab",
    "cttyhack", "daemonize", "dbus-run-session", "dumb-init", "eatmydata", "entr", "envdir", "envuidgid", "expect",
    "fakeroot", "faketime", "firejail", "flock", "i386", "i486", "i586", "i686", "ifne", "lckdo", "ld.so", "linux32",
    "linux64", "logsave", "ltrace", "machinectl", "mispipe", "nc", "ncat", "netcat", "newgrp", "npx", "nsenter",
    "numactl", "openvt", "parallel", "pee", "perf", "pipesz", "pkexec", "pnpx", "prlimit", "proot", "rlwrap",
    "run-parts",
    "runcon", "runsv", "runsvdir", "script", "sem", "sensible-browser", "sensible-editor", "sensible-pager", "setarch",
    "setpgid", "setpriv", "setuidgid", "sg", "socat", "softlimit", "ssh-agent", "start-stop-daemon", "strace",
    "systemd-run", "tini", "torsocks", "uclampset", "uname26", "unbuffer", "unshare", "uvx", "valgrind", "vipe",
    "x86_64",
    "xvfb-run", "zrun",
  ]

  // MARK: Builtins

  private static func builtinPrefix(_ words: [ShellWord], _ base: String) -> Inner {
    let tables = [
      "command": OptionTable(flags: "pvV"), "exec": OptionTable(flags: "cl", values: "a"),
      "jobs": OptionTable(flags: "lnprsx"),
    ]
    let prefix = Prefix(options: tables[base] ?? OptionTable())
    let arguments = CommandArguments(words[1...], prefix.options)
    // These only tell what a name is, and what runs.
    let tells = base == "command" ? arguments.has("v", "V") : base == "jobs" && !arguments.has("x")
    if tells, arguments.isKnown { return Inner(isTransparent: true) }
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

  private static let envOptions = OptionTable(
    flags: "i0v",
    values: "uCSa",
    longValues: ["unset", "chdir", "split-string", "argv0"],
    longFlags: [
      "ignore-environment", "null", "block-signal", "default-signal", "ignore-signal", "list-signal-handling", "debug",
      "help", "version",
    ],
    last: ["S", "split-string"]
  )

  private static func env(_ words: [ShellWord]) -> Inner {
    let arguments = CommandArguments(words[1...], envOptions)
    guard arguments.isKnown, let option = arguments.options.last, envOptions.last.contains(option.name) else {
      guard arguments.rest.first?.literal == "-" else {
        return Prefix(options: envOptions, assigns: true).inner(words, "env")
      }
      // A lone dash stands for `-i`, and ends the options.
      return Prefix(assigns: true).inner([words[0]] + arguments.rest.dropFirst(), "env")
    }
    // `-S TEXT` puts the words of a text in its place.
    guard let text = option.value?.literal, !text.contains(where: { "\\\"'$#".contains($0) }) else {
      return .unknown("the text of its -S is not known", transparent: true)
    }
    let split = text.split(whereSeparator: \.isWhitespace).map { ShellWord.literal(String($0)) }
    return Inner(
      parts: [.words([words[0]] + split + arguments.rest, findsFunctions: false, findsBuiltins: false)],
      isTransparent: true
    )
  }
}
