internal import JSON
internal import Wire

extension Policy {
  /// What guardrails say and, for tools that run shell scripts, command rules. In this order, each in its own.
  package func decide(_ facts: Facts) -> Decision {
    let matches = evaluator.matches(facts) + commandMatches(facts)
    return matches.isEmpty ? .allow : Decision(matches)
  }

  private func commandMatches(_ facts: Facts) -> [Decision.Match] {
    guard let commands, let script = ShellInput.script(of: facts) else { return [] }
    return commands.judge(script: script, environment: facts.needs?.environment ?? [:])
  }
}

/// Which input of which tool a shell runs.
enum ShellInput {
  private static let shells: Set<String> = ["bash", "sh", "dash", "zsh", "ksh"]

  static func script(of facts: Facts) -> String? {
    switch facts.tool {
    case "bash": facts.input["command"]?.stringValue
    case "code_exec":
      shells.contains(facts.input["language"]?.stringValue ?? "") ? facts.input["code"]?.stringValue : nil
    default: nil
    }
  }
}
