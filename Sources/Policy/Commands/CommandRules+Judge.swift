extension CommandRules {
  /// What the rules say about a script that `bash -c` would run: one match for each command that offends, at most 20, the
  /// strongest if there are more. Never throws: what cannot be read is unknown.
  ///
  /// `environment`: variables that the caller puts into the shell's environment.
  package func judge(script: String, environment: [String: String] = [:]) -> [Decision.Match] {
    guard allow != nil || !forbid.isEmpty || !approve.isEmpty else { return [] }
    var judge = CommandJudge(self)
    if script.utf8.contains(0) {
      judge.note(.unknown, script, reason: "it holds a NUL")
    } else {
      judge.taint(environment: environment)
      judge.judge(script, isBash: true, depth: 0)
      judge.finish()
    }
    let found = judge.matches.filter { $0.effect != .allow }
    guard found.count > ShellLimit.matches else { return found }
    let strongest = found.indices.sorted { (found[$1].effect, $0) < (found[$0].effect, $1) }
    return strongest.prefix(ShellLimit.matches).sorted().map { found[$0] }
  }

  /// Programs that a jail must hold so that every allowed command can run; nil: there is no allow-list. What the shell
  /// does by itself is no program.
  package var programs: [String]? {
    guard let allow else { return nil }
    var names: [String] = []
    for rule in allow {
      // Safety: a rule that cannot be read allows nothing, and `mistakes(in:)` tells it.
      guard let pattern = try? CommandPattern(rule), case .command(let stages) = pattern.kind, stages.count == 1 else {
        continue
      }
      let name = stages[0].program
      if !ShellNames.builtins.contains(name), !names.contains(name) { names.append(name) }
    }
    return names
  }

  /// What is wrong with rules: the path of each, such as `allow/3`, and why.
  package static func mistakes(in rules: CommandRules) -> [(path: String, message: String)] {
    var found: [(path: String, message: String)] = []
    for (name, list) in [("allow", rules.allow ?? []), ("forbid", rules.forbid), ("approve", rules.approve)] {
      for (index, text) in list.enumerated() {
        do throws(CommandPattern.Mistake) {
          let rule = try CommandPattern(text)
          guard name == "allow" else { continue }
          switch rule.kind {
          case .text:
            found.append(("\(name)/\(index)", "'\(text)' is text that may stand anywhere, and allows nothing"))
          case .command(let stages) where stages.count > 1:
            found.append(("\(name)/\(index)", "'\(text)' is a pipeline: allow its commands one by one"))
          case .command: break
          }
        } catch {
          found.append(("\(name)/\(index)", error.message))
        }
      }
    }
    return found
  }
}
