/// What is known of programs' options.
enum CommandOptions {
  /// Options that stand before a program's subcommand.
  struct Known {
    /// Those whose value is the next word.
    var values: Set<String>
    var flags: Set<String> = []
  }

  static let known: [String: Known] = [
    "git": Known(
      values: [
        "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--super-prefix", "--config-env", "--attr-source",
      ],
      flags: [
        "-p", "-P", "--paginate", "--no-pager", "--bare", "--no-replace-objects", "--literal-pathspecs",
        "--no-optional-locks", "--no-lazy-fetch", "--no-advice",
      ]
    ),
    "npm": Known(
      values: [
        "--prefix", "-C", "-w", "--workspace", "--registry", "--loglevel", "--cache", "--userconfig", "--tag", "--otp",
      ],
      flags: [
        "-s", "--silent", "-q", "-d", "-dd", "-ddd", "-g", "--global", "-ws", "--workspaces", "--offline", "-f",
        "--force",
      ]
    ),
    "docker": Known(
      values: [
        "-H", "--host", "-c", "--context", "--config", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey",
      ],
      flags: ["-D", "--debug", "--tls", "--tlsverify"]
    ),
    "kubectl": Known(
      values: [
        "-n", "--namespace", "--context", "--cluster", "--user", "--kubeconfig", "-s", "--server", "--token", "--as",
        "--as-group", "--certificate-authority", "--client-key", "--client-certificate", "--request-timeout",
        "--cache-dir",
        "-v", "--v", "--profile", "--tls-server-name",
      ],
      flags: ["--insecure-skip-tls-verify", "--match-server-version", "--warnings-as-errors"]
    ),
    "terraform": Known(values: [], flags: ["-help", "-version"]),
    "systemctl": Known(
      values: [
        "-H", "--host", "-M", "--machine", "-t", "--type", "-p", "--property", "-n", "--lines", "-o", "--output",
        "--root",
        "-s", "--signal", "--kill-who", "--job-mode", "--state",
      ],
      flags: [
        "--user", "--system", "--now", "--no-block", "-q", "--quiet", "-f", "--force", "-a", "--all", "-l", "--full",
        "--no-pager", "--no-ask-password", "--runtime", "--no-reload",
      ]
    ),
  ]

  /// One thing that an option asks for, in the ways in which it is written.
  struct Atom {
    var letters: [Character]
    var long: String?

    func isIn(_ word: String, abbreviated: Bool) -> Bool {
      if word.hasPrefix("--") {
        guard let long else { return false }
        let name = word.dropFirst(2).prefix { $0 != "=" }
        return abbreviated ? !name.isEmpty && long.hasPrefix(name) : name == long
      }
      guard word.hasPrefix("-"), !letters.isEmpty else { return false }
      return word.dropFirst().contains { letters.contains($0) }
    }
  }

  /// The atoms of a rule's option: the letters of `-rf`, or the name of `--force`.
  static func atoms(_ option: String, of program: String) -> [Atom] {
    let pairs = alike[program] ?? [:]
    if option.hasPrefix("--") {
      let name = String(option.dropFirst(2))
      let letters = pairs.filter { $0.value == name }.map(\.key)
      return [Atom(letters: letters, long: name)]
    }
    return option.dropFirst().map { letter in
      let long = pairs[letter]
      let letters = long.map { long in pairs.filter { $0.value == long }.map(\.key) } ?? [letter]
      return Atom(letters: letters, long: long)
    }
  }

  private static let recursive: [Character: String] = ["R": "recursive"]
  /// Letters and the long names that mean the same.
  private static let alike: [String: [Character: String]] = [
    "rm": ["r": "recursive", "R": "recursive", "f": "force", "i": "interactive", "d": "dir"],
    "chmod": recursive, "chown": recursive, "chgrp": recursive,
    "cp": ["r": "recursive", "R": "recursive", "f": "force"], "mv": ["f": "force"],
    "ln": ["f": "force", "s": "symbolic"],
    "git": ["f": "force", "d": "delete", "n": "dry-run"], "docker": ["f": "force"],
    "kubectl": ["f": "filename", "R": "recursive", "A": "all-namespaces"], "curl": ["o": "output", "k": "insecure"],
    "wget": ["O": "output-document"], "tar": ["x": "extract", "c": "create", "t": "list"],
  ]

  /// Modes of `chmod` that come to the same: `777`, `0777`, `a=rwx`.
  static func isSameMode(_ mode: String, _ wanted: String) -> Bool {
    guard !wanted.isEmpty, wanted.allSatisfy({ ("0"..."7").contains($0) }) else { return false }
    let plain = String(wanted.drop { $0 == "0" })
    if !mode.isEmpty, mode.allSatisfy({ ("0"..."7").contains($0) }) {
      // Special bits before the last three digits make it no narrower.
      return mode.drop { $0 == "0" } == plain || (plain.count == 3 && mode.count > 3 && mode.hasSuffix(plain))
    }
    guard plain == "777" else { return false }
    let sets = ["a=rwx", "+rwx", "a+rwx", "=rwx", "ugo=rwx", "ugo+rwx"]
    return sets.contains(mode) || Set(mode.split(separator: ",")) == ["u=rwx", "g=rwx", "o=rwx"]
      || Set(mode.split(separator: ",")) == ["u+rwx", "g+rwx", "o+rwx"]
  }
}
