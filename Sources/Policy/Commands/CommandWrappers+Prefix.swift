extension CommandWrappers {
  /// A program that runs the command behind its own options.
  struct Prefix {
    /// Letters of options whose value is the rest of the word, or the next one.
    var values = ""
    /// Long options whose value is the next word.
    var long: [String] = []
    /// Words of its own between the options and the command.
    var places = 0
    /// Whether `NAME=value` may stand before the command.
    var assigns = false
    var isTransparent = true

    static let all: [String: Prefix] = [
      "nohup": Prefix(), "setsid": Prefix(), "builtin": Prefix(), "nice": Prefix(values: "n", long: ["adjustment"]),
      "ionice": Prefix(values: "cnpPu", long: ["class", "classdata", "pid", "pgid", "uid"]),
      "timeout": Prefix(values: "ks", long: ["kill-after", "signal"], places: 1),
      "time": Prefix(values: "fo", long: ["format", "output"]),
      "stdbuf": Prefix(values: "ioe", long: ["input", "output", "error"]),
      "chroot": Prefix(places: 1, isTransparent: false), "chrt": Prefix(values: "TPD", places: 1),
      "taskset": Prefix(places: 1), "choom": Prefix(values: "np"),
    ]

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
    func skip(_ words: [ShellWord]) -> (ArraySlice<ShellWord>, Bool) {
      var index = 1
      while index < words.count, let text = words[index].literal, text.hasPrefix("-") {
        index += 1
        if text == "--" { break }
        if takesNext(text) {
          // A value that may be several words, or none, moves all that is behind it.
          guard index < words.count, words[index].shape == .literal || words[index].shape == .one else {
            return ([], index >= words.count)
          }
          index += 1
        }
      }
      while assigns, index < words.count, let equals = words[index].text.firstIndex(of: "=") {
        guard words[index].shape == .literal || words[index].shape == .one else { return ([], false) }
        if ShellNames.isSensitive(String(words[index].text[..<equals])) { return ([], false) }
        index += 1
      }
      for _ in 0..<places where index < words.count {
        guard words[index].shape == .literal || (words[index].shape == .one && !words[index].mayBeOption) else {
          return ([], false)
        }
        index += 1
      }
      guard index < words.count else { return ([], true) }
      return (words[index...], words[index].literal != nil)
    }

    private func takesNext(_ option: String) -> Bool {
      if option.hasPrefix("--") {
        let name = option.dropFirst(2)
        return !name.contains("=") && !name.isEmpty && long.contains { $0.hasPrefix(name) }
      }
      guard let place = option.dropFirst().firstIndex(where: { values.contains($0) }) else { return false }
      return option.index(after: place) == option.endIndex
    }
  }

  // MARK: xargs and find

  static func xargs(_ words: [ShellWord]) -> Inner {
    let (rest, isKnown) = Prefix(
      values: "adEILnPs",
      long: [
        "arg-file", "delimiter", "eof", "max-lines", "max-args", "max-procs", "max-chars", "process-slot-var",
        "replace",
      ]
    ).skip(words)
    guard isKnown else { return .unknown(unreadable, transparent: true) }
    guard !rest.isEmpty else { return Inner(isTransparent: true) }
    let options = words[1..<rest.startIndex].compactMap(\.literal)
    var mark: String?
    for (index, option) in options.enumerated() {
      if option == "-I" || option == "--replace" {
        mark = index + 1 < options.count ? options[index + 1] : "{}"
      } else if option.hasPrefix("-I") || option.hasPrefix("-i") {
        mark = option.count > 2 ? String(option.dropFirst(2)) : "{}"
      } else if let equals = option.firstIndex(of: "="), option.hasPrefix("--r") {
        mark = String(option[option.index(after: equals)...])
      }
    }
    let replaces = options.contains { $0.hasPrefix("-I") || $0.hasPrefix("-i") || $0.hasPrefix("--r") }
    var inner = rest.map { replaces ? filled($0, mark ?? "{}", prefix: "") : $0 }
    if !replaces { inner.append(.anything) }
    return Inner(parts: [.words(inner, findsFunctions: false, findsBuiltins: false)], isTransparent: true)
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
    var index = 1
    while index < words.count {
      let word = words[index]
      index += 1
      if word.literal == nil, word.mayBeOption {
        inner.reasons = [unreadable]
        inner.always = true
      }
      switch word.literal {
      case "-exec", "-execdir", "-ok", "-okdir":
        var command: [ShellWord] = []
        while index < words.count, words[index].literal != ";" {
          let isEnd = words[index].literal == "+" && command.last?.text.hasSuffix("{}") == true
          if isEnd { break }
          command.append(words[index])
          index += 1
        }
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
}
