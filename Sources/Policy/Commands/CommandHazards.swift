/// Options by which ordinary programs run others.
enum CommandHazards {
  /// Long options, of which any beginning may be written, and letters.
  private static let options: [String: (long: [String], letters: String)] = [
    "tar": (
      ["to-command", "checkpoint-action", "use-compress-program", "rsh-command", "info-script", "new-volume-script"],
      "IF"
    ),
    "rsync": (["rsh", "rsync-path"], "e"), "scp": ([], "SoDF"), "zip": (["unzip-command"], "T"),
    "sort": (["compress-program"], ""), "split": (["filter"], ""), "make": (["eval", "file", "makefile"], "fE"),
    "gmake": (["eval", "file", "makefile"], "fE"), "npm": (["script-shell"], ""),
    "wget": (["use-askpass", "execute", "config"], "e"), "man": (["pager", "html"], "PH"),
    "tcpdump": (["postrotate-command"], "z"),
    "cpio": (["rsh-command"], ""), "gcc": (["wrapper"], "B"), "nmap": (["script"], ""), "apt": (["option"], "oc"),
    "apt-get": (["option"], "oc"), "dpkg": (["pre-invoke", "post-invoke"], ""), "openssl": ([], ""),
    "pytest": ([], "pc"), "ssh-keygen": ([], "D"), "rpm": (["eval", "pipe", "define"], "E"),
  ]

  /// Managers of tools that run any program behind one of their words.
  private static let managers: Set<String> = [
    "asdf", "bundle", "conda", "direnv", "fnm", "guix", "hatch", "mamba", "mise", "nix", "nodenv", "pdm", "pipenv",
    "pipx", "poetry", "pyenv", "rbenv", "rustup", "rye", "uv", "volta",
  ]

  static func inner(_ words: [ShellWord], _ base: String) -> CommandWrappers.Inner {
    let runs = words.dropFirst().contains { ["exec", "run", "shell", "x"].contains($0.literal ?? "run") }
    if managers.contains(base), runs { return .unknown(CommandWrappers.unreadable, always: false) }
    if base == "git" { return GitHazards.inner(words) }
    if base == "docker" || base == "podman" || base == "kubectl" { return container(words) }
    if base == "npm" || base == "yarn" || base == "pnpm",
      words.dropFirst().contains(where: { ["exec", "x", "dlx"].contains($0.literal) })
    {
      return .unknown(CommandWrappers.unreadable)
    }
    if base == "make" || base == "gmake",
      words.contains(where: { $0.text.hasPrefix("SHELL=") || $0.text.hasPrefix("MAKE") })
    {
      return .unknown("its words name programs")
    }
    guard let known = options[base] else { return .init() }
    for word in words.dropFirst() {
      guard let text = word.literal else {
        if word.mayBeOption { return .unknown("its options are not known") }
        continue
      }
      if text == "--" { break }
      if isHazard(text, known.long, known.letters) { return .unknown("'\(text)' names a program") }
    }
    // The letters of tar's first word need no dash.
    if base == "tar", let first = words.dropFirst().first?.literal, first.contains("I") || first.contains("F"),
      !first.hasPrefix("--")
    {
      return .unknown("'\(first)' names a program")
    }
    return .init()
  }

  static func isHazard(_ word: String, _ long: [String], _ letters: String) -> Bool {
    if word.hasPrefix("--") {
      let name = word.dropFirst(2).prefix { $0 != "=" }
      return !name.isEmpty && long.contains { $0.hasPrefix(name) }
    }
    return word.hasPrefix("-") && word.dropFirst().contains { letters.contains($0) }
  }

  private static func container(_ words: [ShellWord]) -> CommandWrappers.Inner {
    let runs = words.dropFirst().contains { ["run", "exec", "debug", "compose", "build"].contains($0.literal) }
    return runs ? .unknown("it runs what it is told elsewhere", always: false) : .init()
  }
}

/// Ways in which git runs programs that its words name.
enum GitHazards {
  static func inner(_ words: [ShellWord]) -> CommandWrappers.Inner {
    var index = 1
    while index < words.count {
      guard let text = words[index].literal else { return .unknown("its subcommand is not known") }
      guard text.hasPrefix("-") else { break }
      index += 1
      switch text {
      case "-c":
        guard index < words.count, isHarmless(setting: words[index]) else {
          return .unknown("its setting may name a program")
        }
        index += 1
      case "--config-env": return .unknown("its setting may name a program")
      case "-C", "--git-dir", "--work-tree", "--namespace":
        guard index < words.count, words[index].shape == .literal || words[index].shape == .one else {
          return .unknown("its subcommand is not known")
        }
        index += 1
      case _ where text.hasPrefix("-c") || text.hasPrefix("--exec-path") || text.hasPrefix("--config-env"):
        return .unknown("its options may name a program")
      default: break
      }
    }
    guard index < words.count, let name = words[index].literal else { return .init() }
    guard subcommands.contains(name) else { return .unknown("'git \(name)' may be an alias") }
    return options(name, words[(index + 1)...])
  }

  private static func isHarmless(setting: ShellWord) -> Bool {
    let safe = [
      "user.", "color.", "advice.", "core.quotepath=", "core.autocrlf=", "init.defaultbranch=", "log.", "column.",
    ]
    return setting.shape != .free && setting.shape != .each && safe.contains { setting.text.lowercased().hasPrefix($0) }
  }

  private static func options(_ name: String, _ words: ArraySlice<ShellWord>) -> CommandWrappers.Inner {
    let known = hazards[name] ?? (["ext-diff", "textconv", "exec", "upload-pack", "receive-pack"], "")
    if ["bisect", "submodule"].contains(name),
      words.contains(where: { ["run", "foreach"].contains($0.literal) || $0.literal == nil })
    {
      return .unknown(CommandWrappers.unreadable)
    }
    if name == "filter-branch" || name == "difftool" || name == "mergetool" {
      return .unknown(CommandWrappers.unreadable)
    }
    if name == "config" { return config(words) }
    for word in words {
      guard let text = word.literal else {
        if word.mayBeOption { return .unknown("its options are not known") }
        continue
      }
      if text == "--" { break }
      if text.contains("ext::") || CommandHazards.isHazard(text, known.long, known.letters) {
        return .unknown("'\(text)' names a program")
      }
    }
    return .init()
  }

  /// Writing a setting may give any later command a program to run.
  private static func config(_ words: ArraySlice<ShellWord>) -> CommandWrappers.Inner {
    let reads = ["--get", "--list", "-l", "--get-all", "--get-regexp", "list", "get"]
    if words.contains(where: { reads.contains($0.literal ?? "") }) { return .init() }
    let plain = words.filter { !($0.literal?.hasPrefix("-") ?? false) }
    if plain.count <= 1, words.allSatisfy({ $0.shape == .literal }) { return .init() }
    guard let key = plain.first?.literal else { return .unknown("its setting is not known") }
    return isHarmless(setting: .literal(key + "=")) ? .init() : .unknown("its setting may name a program")
  }

  private static let hazards: [String: (long: [String], letters: String)] = [
    "clone": (["upload-pack", "config", "template"], "uc"), "fetch": (["upload-pack"], ""),
    "pull": (["upload-pack"], ""),
    "ls-remote": (["upload-pack", "exec"], ""), "archive": (["exec", "remote"], ""),
    "push": (["receive-pack", "exec"], ""),
    "grep": (["open-files-in-pager"], "O"), "rebase": (["exec"], "x"), "init": (["template"], ""),
  ]

  private static let subcommands = Set(
    """
    add am annotate apply archive bisect blame branch bundle cat-file check-attr check-ignore check-mailmap checkout cherry \
    cherry-pick clean clone column commit commit-graph commit-tree config count-objects describe diff diff-files diff-index \
    diff-tree difftool fast-export fast-import fetch filter-branch for-each-ref format-patch fsck gc get-tar-commit-id grep \
    hash-object help init log ls-files ls-remote ls-tree maintenance merge merge-base merge-file merge-tree mergetool mktag \
    mktree mv name-rev notes pack-objects pack-refs patch-id prune pull push range-diff read-tree rebase reflog remote repack \
    replace request-pull rerere reset restore rev-list rev-parse revert rm shortlog show show-branch show-ref sparse-checkout \
    stash status stripspace submodule switch symbolic-ref tag update-index update-ref var verify-commit verify-pack \
    verify-tag version whatchanged worktree write-tree
    """.split(separator: " ").map(String.init)
  )
}
