package import JSON
internal import Wire

extension Policy {
  /// What guardrails say and, for tools that run shell scripts, command rules. In this order, each in its own.
  package func decide(_ facts: Facts) -> Decision {
    let matches = evaluator.matches(facts) + commandMatches(facts)
    return matches.isEmpty ? .allow : Decision(matches)
  }

  /// Whether a tool has a shell run its input.
  package static func runsShell(_ tool: String, _ input: JSON) -> Bool {
    tool == "bash"
      || tool == "code_exec" && ShellInput.shells.contains(input["language"]?.stringValue ?? "")
  }

  private func commandMatches(_ facts: Facts) -> [Decision.Match] {
    guard let commands, let input = ShellInput(facts) else { return [] }
    return commands.judge(script: input.script, environment: input.environment)
  }
}

/// The part of a tool's input that a shell runs.
struct ShellInput {
  let script: String
  /// Variables that the caller puts into the shell's environment.
  let environment: [String: String]

  fileprivate static let shells: Set<String> = ["bash", "sh", "dash", "zsh", "ksh"]

  /// nil: no shell runs it, or it is not known yet.
  init?(_ facts: Facts) {
    let script: JSON? =
      switch facts.tool {
      case "bash": facts.input["command"]
      case "code_exec" where Self.shells.contains(facts.input["language"]?.stringValue ?? ""): facts.input["code"]
      default: nil
      }
    guard let script = script?.stringValue else { return nil }
    self.script = script
    let given = facts.input["env"]?.objectValue?.members ?? []
    environment = (facts.needs?.environment ?? [:]).merging(given.map { ($0.key, $0.value.stringValue ?? "") }) { $1 }
  }
}
