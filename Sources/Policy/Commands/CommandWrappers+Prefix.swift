extension CommandWrappers {
  /// A program that runs the command behind its own options.
  struct Prefix {
    var options = OptionTable()
    /// Words of its own between the options and the command.
    var places = 0
    /// Whether those are numbers: another word may be the command already.
    var areNumbers = false
    /// Whether `NAME=value` may stand before the command.
    var assigns = false
    var isTransparent = true

    /// An option that is not listed makes unknown what runs: it may take the word that looks like the command.
    static let all: [String: Prefix] = [
      "nohup": prefix(), "builtin": Prefix(),
      "setsid": prefix("cfwhV", longFlags: ["ctty", "fork", "wait"]),
      "nice": prefix("0123456789", "n", long: ["adjustment"]),
      "ionice": prefix("thV", "cnpPu", long: ["class", "classdata", "pid", "pgid", "uid"], longFlags: ["ignore"]),
      "timeout": prefix(
        "vfp",
        "ks",
        long: ["kill-after", "signal"],
        longFlags: ["preserve-status", "foreground", "verbose"],
        places: 1
      ),
      "time": prefix(
        "apqvhV",
        "fo",
        long: ["format", "output"],
        longFlags: ["append", "portability", "quiet", "verbose"]
      ),
      "stdbuf": prefix("", "ioe", long: ["input", "output", "error"]),
      "chroot": prefix(long: ["groups", "userspec"], longFlags: ["skip-chdir"], places: 1, isTransparent: false),
      "chrt": prefix(
        "bdfiorRampvhV",
        "TPD",
        long: ["sched-runtime", "sched-period", "sched-deadline"],
        longFlags: [
          "batch", "deadline", "fifo", "idle", "other", "rr", "reset-on-fork", "all-tasks", "max", "pid", "verbose",
        ],
        places: 1,
        areNumbers: true
      ),
      "taskset": prefix("acphV", longFlags: ["all-tasks", "cpu-list", "pid"], places: 1),
      "choom": prefix("hV", "np", long: ["adjust", "pid"]),
    ]

    private static func prefix(
      _ flags: String = "",
      _ values: String = "",
      long: [String] = [],
      longFlags: [String] = [],
      places: Int = 0,
      areNumbers: Bool = false,
      isTransparent: Bool = true
    ) -> Prefix {
      Prefix(
        options: OptionTable(
          flags: flags,
          values: values,
          longValues: long,
          longFlags: longFlags + ["help", "version"]
        ),
        places: places,
        areNumbers: areNumbers,
        isTransparent: isTransparent
      )
    }

    func inner(_ words: [ShellWord], _ base: String, findsBuiltins: Bool = false) -> Inner {
      let (rest, isKnown) = skip(words)
      var inner = Inner(isTransparent: isTransparent)
      if !isKnown {
        inner.reasons = [CommandWrappers.unreadable]
        inner.always = true
      } else if !rest.isEmpty {
        let finds = findsBuiltins || base == "builtin"
        inner.parts = [.words(Array(rest), findsFunctions: false, findsBuiltins: finds)]
      }
      return inner
    }

    /// The words behind its own; whether it is known where they begin.
    func skip(_ words: [ShellWord]) -> (ArraySlice<ShellWord>, Bool) { skip(CommandArguments(words[1...], options)) }

    func skip(_ arguments: CommandArguments) -> (ArraySlice<ShellWord>, Bool) {
      var rest = arguments.rest
      guard arguments.isKnown else { return ([], false) }
      while assigns, let word = rest.first, let equals = word.text.firstIndex(of: "=") {
        guard word.shape == .literal || word.shape == .one else { return ([], false) }
        if ShellNames.isSensitive(String(word.text[..<equals])) { return ([], false) }
        rest = rest.dropFirst()
      }
      for _ in 0..<places {
        guard let word = rest.first else { break }
        guard word.shape == .literal || (word.shape == .one && !word.mayBeOption) else { return ([], false) }
        if areNumbers, !word.text.isDecimal { return ([], false) }
        rest = rest.dropFirst()
      }
      guard let first = rest.first else { return ([], true) }
      // Options may go on behind its own words, and no program has such a name.
      return (rest, first.literal?.hasPrefix("-") == false)
    }
  }

  // MARK: xargs and find

  private static let xargsOptions = OptionTable(
    flags: "0oprtx",
    values: "adEILnPs",
    optional: "eil",
    longValues: ["arg-file", "delimiter", "max-args", "max-procs", "max-chars", "process-slot-var"],
    longFlags: [
      "null", "eof", "replace", "max-lines", "open-tty", "interactive", "no-run-if-empty", "show-limits", "verbose",
      "exit", "help", "version",
    ]
  )

  static func xargs(_ words: [ShellWord]) -> Inner {
    let arguments = CommandArguments(words[1...], xargsOptions)
    let (rest, isKnown) = Prefix().skip(arguments)
    guard isKnown else { return .unknown(unreadable, transparent: true) }
    guard !rest.isEmpty else { return Inner(isTransparent: true) }
    var inner = Array(rest)
    let marks = arguments.options.filter { ["I", "i", "replace"].contains($0.name) }
    for mark in marks {
      inner = inner.map { filled($0, mark.value == nil ? "{}" : mark.value?.literal ?? "", prefix: "") }
    }
    // What counts its words may come after the mark, and then it fills nothing in.
    if marks.isEmpty || arguments.has("L", "l", "n", "max-lines", "max-args") { inner.append(.anything) }
    var result = Inner(parts: [.words(inner, findsFunctions: false, findsBuiltins: false)], isTransparent: true)
    for option in arguments.options where option.name == "process-slot-var" {
      if option.value?.literal.map(ShellNames.isSensitive) ?? true {
        result.reasons.append("its variable decides what runs")
        result.always = true
      }
    }
    return result
  }

  /// A word in which a mark stands for something that is not known.
  private static func filled(_ word: ShellWord, _ mark: String, prefix: String) -> ShellWord {
    guard !mark.isEmpty else { return .anything }
    guard let range = word.text.firstRange(of: mark) else { return word }
    let before = String(word.text[..<range.lowerBound])
    return ShellWord(shape: word.shape == .literal ? .one : word.shape, text: before.isEmpty ? prefix : before)
  }

  static func find(_ words: [ShellWord]) -> Inner {
    let starts = words.dropFirst().prefix { !($0.literal.map { $0.hasPrefix("-") || $0 == "(" || $0 == "!" } ?? false) }
    // What it finds begins as the places where it looks do.
    let isPlain = starts.allSatisfy { !$0.mayBeOption } && !words.contains { $0.literal?.hasPrefix("-files0") ?? false }
    var inner = Inner()
    var rest = words.dropFirst()
    while let word = rest.popFirst() {
      if word.literal == nil, word.mayBeOption { inner.forget() }
      switch word.literal {
      case "-exec", "-execdir", "-ok", "-okdir":
        let (command, isKnown) = executed(&rest)
        if !isKnown { inner.forget() }
        let prefix = isPlain ? (word.literal?.hasSuffix("dir") == true ? "./" : starts.first?.text ?? ".") : ""
        let filledIn = command.map { filled($0, "{}", prefix: starts.count < 2 ? prefix : String(prefix.prefix(1))) }
        inner.parts.append(.words(filledIn, findsFunctions: false, findsBuiltins: false))
      case "-delete":
        inner.parts.append(.held([.literal("rm"), .literal("-rf")] + starts))
      default: break
      }
    }
    return inner
  }

  /// The words of an action, up to the one that ends it; whether it is known where that is.
  private static func executed(_ rest: inout ArraySlice<ShellWord>) -> ([ShellWord], Bool) {
    var command: [ShellWord] = []
    var (mayHaveEnded, isKnown) = (false, true)
    while let word = rest.first, word.literal != ";" {
      if word.literal == "+", let last = command.last, last.text.hasSuffix("{}") {
        if last.literal == "{}" { break }
        // Some end here, others take it as a word.
        isKnown = false
      }
      // Behind a word that may be the end the next one may be another action.
      let isAction = word.literal.map { $0.hasPrefix("-exec") || $0.hasPrefix("-ok") || $0 == "-delete" }
      if mayHaveEnded, isAction ?? word.mayBeOption { isKnown = false }
      switch word.shape {
      case .literal: break
      case .one: mayHaveEnded = mayHaveEnded || word.text.isEmpty || [";", "+", "{}"].contains(word.text)
      case .each, .free: if word.mayBeOption { isKnown = false }
      }
      command.append(word)
      rest = rest.dropFirst()
    }
    return (command, isKnown)
  }
}

extension CommandWrappers.Inner {
  /// Notes that it may run what was not seen.
  fileprivate mutating func forget() {
    reasons = [CommandWrappers.unreadable]
    always = true
  }
}
