/// Shell scripts, made from the table.
enum CompletionScript {
  /// A shell command that prints names of tools and workers, recent jobs or what waits, one a line.
  private static func listing(_ command: String) -> String {
    "bulkhead \(command) 2>/dev/null | awk 'NR > 1 { print $1 }'" + (command == "workers" ? " | sort -u" : "")
  }

  private static func flags(of command: Command?) -> [Flag] { (command?.flags ?? []) + Command.globalFlags }

  private static func spellings(_ flags: [Flag]) -> [String] {
    flags.flatMap { flag in ["--\(flag.name)"] + (flag.short.map { ["-\($0)"] } ?? []) }
  }

  /// Every prefix of a command's words that has something to complete, shortest last so that the longest matches first.
  private static var prefixes: [[String]] {
    var prefixes: [[String]] = [[]]
    for command in Command.all {
      for length in 1...command.path.count {
        let prefix = Array(command.path.prefix(length))
        if !prefixes.contains(prefix) { prefixes.append(prefix) }
      }
    }
    return prefixes.sorted { $0.count > $1.count }
  }

  // MARK: bash

  static var bash: String {
    var cases = ""
    for prefix in prefixes {
      let command = Command.named(prefix)
      let words = Command.words(after: prefix) + spellings(flags(of: command))
      var lines = valueCases(command) { completion in
        switch completion {
        case .words(let words): "COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
        case .folder: "COMPREPLY=($(compgen -d -- \"$current\"))"
        default: "COMPREPLY=($(compgen -f -- \"$current\"))"
        }
      }
      lines.append("COMPREPLY=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))")
      if let completion = command?.operands.first?.completion { lines.append(bashOperand(completion)) }
      cases +=
        "    \(pattern(prefix)))\n" + lines.filter { !$0.isEmpty }.map { "      \($0)\n" }.joined() + "      ;;\n"
    }
    return """
      # bash completion for bulkhead
      _bulkhead() {
        local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" words="" i
        for ((i = 1; i < COMP_CWORD; i++)); do
          case "${COMP_WORDS[i]}" in
            \(valueFlags)) ((i++)) ;;
            -*) ;;
            *) words+="${words:+ }${COMP_WORDS[i]}" ;;
          esac
        done
        case "$words" in
      \(cases)  esac
      }
      complete -o filenames -F _bulkhead bulkhead

      """
  }

  private static func bashOperand(_ completion: Completion) -> String {
    switch completion {
    case .none: ""
    case .file: "COMPREPLY+=($(compgen -f -- \"$current\"))"
    case .folder: "COMPREPLY+=($(compgen -d -- \"$current\"))"
    case .words(let words): "COMPREPLY+=($(compgen -W '\(words.joined(separator: " "))' -- \"$current\"))"
    case .commands: "COMPREPLY+=($(compgen -W \'\(Command.words(after: []).joined(separator: " "))\' -- \"$current\"))"
    case .tools: "COMPREPLY+=($(compgen -W \"$(\(listing("tools")))\" -- \"$current\"))"
    case .workers: "COMPREPLY+=($(compgen -W \"$(\(listing("workers")))\" -- \"$current\"))"
    case .recipes: "COMPREPLY+=($(compgen -W \"$(\(listing("recipes")))\" -- \"$current\"))"
    case .jobs: "COMPREPLY+=($(compgen -W \"$(\(listing("jobs")))\" -- \"$current\"))"
    case .approvals: "COMPREPLY+=($(compgen -W \"$(\(listing("approvals")))\" -- \"$current\"))"
    }
  }

  // MARK: bash and zsh

  /// The words so far are these, or these and operands.
  private static func pattern(_ prefix: [String]) -> String {
    let words = prefix.joined(separator: " ")
    return prefix.isEmpty ? "*" : "'\(words)'|'\(words) '*"
  }

  /// Options that are followed by a value.
  private static var valueFlags: String {
    let flags = (Command.all.flatMap(\.flags) + Command.globalFlags).filter { $0.value != nil }
    return Set(spellings(flags)).sorted().joined(separator: "|")
  }

  /// Lines that complete the value of the option before the cursor: with `body`, or with nothing where nothing is known.
  private static func valueCases(_ command: Command?, _ body: (Completion) -> String) -> [String] {
    let cases = flags(of: command).filter { $0.value != nil }.map { flag in
      let action = flag.completion == .none ? "" : body(flag.completion) + "; "
      return "  \(spellings([flag]).joined(separator: "|"))) \(action)return ;;"
    }
    return ["case \"$previous\" in"] + cases + ["esac"]
  }

  // MARK: zsh

  static var zsh: String {
    var cases = ""
    for prefix in prefixes {
      let command = Command.named(prefix)
      var lines = valueCases(command) { completion in
        switch completion {
        case .words(let words): "compadd -- \(words.joined(separator: " "))"
        case .folder: "_files -/"
        default: "_files"
        }
      }
      let words = Command.words(after: prefix)
      if !words.isEmpty {
        let described = words.map { word in
          let target = Command.named(prefix + [word])
          return "'\(word):\(zshText(target?.summary ?? "commands on one \(word)"))'"
        }
        lines.append("entries=(\(described.joined(separator: " ")))")
        lines.append("_describe command entries")
      }
      if let completion = command?.operands.first?.completion { lines += zshOperand(completion) }
      let options = flags(of: command).flatMap { flag in
        spellings([flag]).map { "'\($0):\(zshText(flag.summary))'" }
      }
      lines.append("entries=(\(options.joined(separator: " ")))")
      lines.append("_describe -o option entries")
      cases += "    \(pattern(prefix)))\n" + lines.map { "      \($0)\n" }.joined() + "      ;;\n"
    }
    return """
      #compdef bulkhead
      _bulkhead() {
        local previous="$words[CURRENT-1]" typed="" i
        local -a entries
        for ((i = 2; i < CURRENT; i++)); do
          case "$words[i]" in
            \(valueFlags)) ((i++)) ;;
            -*) ;;
            *) typed+="${typed:+ }$words[i]" ;;
          esac
        done
        case "$typed" in
      \(cases)  esac
      }
      # As a file in fpath this is the function's first call; otherwise it is sourced.
      if [[ "$funcstack[1]" == _bulkhead ]]; then _bulkhead "$@"; else compdef _bulkhead bulkhead; fi

      """
  }

  private static func zshText(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''")
  }

  private static func zshOperand(_ completion: Completion) -> [String] {
    switch completion {
    case .none: []
    case .file: ["_files"]
    case .folder: ["_files -/"]
    case .words(let words): ["compadd -- \(words.joined(separator: " "))"]
    case .commands: ["compadd -- \(Command.words(after: []).joined(separator: " "))"]
    case .tools: ["compadd -- ${(f)\"$(\(listing("tools")))\"}"]
    case .workers: ["compadd -- ${(f)\"$(\(listing("workers")))\"}"]
    case .recipes: ["compadd -- ${(f)\"$(\(listing("recipes")))\"}"]
    case .jobs: ["compadd -- ${(f)\"$(\(listing("jobs")))\"}"]
    case .approvals: ["compadd -- ${(f)\"$(\(listing("approvals")))\"}"]
    }
  }

  // MARK: fish

  static var fish: String {
    var text = "# fish completion for bulkhead\ncomplete -c bulkhead -f\n"
    for flag in Command.globalFlags { text += "complete -c bulkhead \(fishFlag(flag))\n" }
    var seen: Set<String> = []
    for command in Command.all {
      for length in 0..<command.path.count {
        let prefix = Array(command.path.prefix(length))
        let word = command.path[length]
        guard seen.insert((prefix + [word]).joined(separator: " ")).inserted else { continue }
        let summary = Command.named(prefix + [word])?.summary ?? "commands on one \(word)"
        text += "complete -c bulkhead -n '\(fishCondition(prefix))' -a \(word) -d '\(fishText(summary))'\n"
      }
      let condition = fishCondition(command.path)
      for flag in command.flags { text += "complete -c bulkhead -n '\(condition)' \(fishFlag(flag))\n" }
      if let completion = command.operands.first?.completion, let words = fishOperand(completion) {
        text += "complete -c bulkhead -n '\(condition)' \(words)\n"
      }
    }
    return text
  }

  private static func fishCondition(_ prefix: [String]) -> String {
    prefix.isEmpty
      ? "__fish_use_subcommand" : prefix.map { "__fish_seen_subcommand_from \($0)" }.joined(separator: "; and ")
  }

  private static func fishFlag(_ flag: Flag) -> String {
    let value: String
    switch flag.completion {
    case _ where flag.value == nil: value = ""
    case .none: value = " -x"
    case .words(let words): value = " -x -a '\(words.joined(separator: " "))'"
    default: value = " -r -F"
    }
    return "-l \(flag.name)" + (flag.short.map { " -s \($0)" } ?? "") + value + " -d '\(fishText(flag.summary))'"
  }

  private static func fishText(_ text: String) -> String {
    text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "\\'")
  }

  private static func fishOperand(_ completion: Completion) -> String? {
    switch completion {
    case .none: nil
    case .file, .folder: "-F"
    case .words(let words): "-a '\(words.joined(separator: " "))'"
    case .commands: "-a \'\(Command.words(after: []).joined(separator: " "))\'"
    case .tools: "-a '(bulkhead tools 2>/dev/null | tail -n +2 | string split -f 1 \" \")'"
    case .workers: "-a '(bulkhead workers 2>/dev/null | tail -n +2 | string split -f 1 \" \" | sort -u)'"
    case .recipes: "-a '(bulkhead recipes 2>/dev/null | tail -n +2 | string split -f 1 \" \")'"
    case .jobs: "-a '(bulkhead jobs 2>/dev/null | tail -n +2 | string split -f 1 \" \")'"
    case .approvals: "-a '(bulkhead approvals 2>/dev/null | tail -n +2 | string split -f 1 \" \")'"
    }
  }
}
