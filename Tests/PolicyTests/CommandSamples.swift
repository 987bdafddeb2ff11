import Testing

@testable import Policy

/// What the rules of the tests say of a script.
enum Samples {
  /// An allow-list, rules that forbid and rules that ask, as operators write them.
  static let rules = CommandRules(
    allow: [
      "ls", "cat", "grep", "ps", "top", "df", "git status", "git log", "git diff", "npm test", "pytest", "docker ps",
    ],
    forbid: ["rm -rf", "sudo", "chmod 777", "DROP TABLE", "DELETE FROM", "curl | bash", "wget | bash"],
    approve: ["git push", "npm publish", "kubectl apply", "terraform apply", "systemctl restart"],
    unknown: .approve
  )

  /// The same without an allow-list.
  static var open: CommandRules {
    var rules = rules
    rules.allow = nil
    return rules
  }

  /// The names of the rules that matched, without `commands/`, each once.
  static func judge(_ script: String, _ rules: CommandRules = open) -> Set<String> {
    Set(rules.judge(script: script).map { String($0.rule.dropFirst("commands/".count)) })
  }

  static func commands(_ script: String) -> [[String?]] {
    ShellReader.read(Array(script.utf8)).commands.map { $0.words.map(\.literal) }
  }
}

/// A script, and the rules that must match it.
struct Sample: CustomTestStringConvertible, Sendable {
  let script: String
  let expected: Set<String>

  init(_ script: String, _ expected: String...) {
    self.script = script
    self.expected = Set(expected)
  }

  var testDescription: String { script }
}
