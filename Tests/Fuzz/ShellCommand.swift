// fuzz: modules=Policy seeds=Tests/Fuzz/Seeds/ShellCommand max_len=4096

import Policy

/// Fuzz target: a script, and behind a zero byte a rule. Matches are few and short; a script that is known whole stays
/// known where another command stands behind it, and that command is found; a rule holds back the command that it is.
func fuzzShellCommand(_ bytes: UnsafeRawBufferPointer) {
  let parts = bytes.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
  let script = String(decoding: parts.first ?? bytes[...], as: UTF8.self)
  let open = CommandRules(
    forbid: ["sudo", "rm -rf", "DROP TABLE", "curl | bash"],
    approve: ["git push"],
    unknown: .block
  )
  let found = open.judge(script: script)
  check(found)
  precondition(found == open.judge(script: script), "judged twice, in two ways")
  if found.isEmpty, script.utf8.last != UInt8(ascii: "\\") {
    for more in ["\nsudo x", "\nrm x -fr", "\n(git push)"] {
      precondition(!open.judge(script: script + more).isEmpty, "what stands behind it is not found: \(more)")
    }
  }
  var strict = open
  strict.allow = ["ls", "cat", "git status"]
  let strictly = strict.judge(script: script)
  check(strictly)
  precondition(found.isEmpty || !strictly.isEmpty, "an allow-list lets more pass")
  if parts.count > 1 { checkRule(String(decoding: parts[1], as: UTF8.self)) }
}

private func check(_ matches: [Decision.Match]) {
  precondition(matches.count <= 20, "\(matches.count) matches")
  for match in matches {
    precondition(match.rule.hasPrefix("commands/") && match.effect > .warn, "rule \(match.rule)")
    precondition(match.message.utf8.count <= 8_192, "a message of \(match.message.utf8.count) bytes")
    precondition(!match.message.utf8.contains(10) || match.rule == "commands/forbid", "a message of several lines")
  }
}

private func checkRule(_ rule: String) {
  let rules = CommandRules(allow: [rule], forbid: [rule], unknown: .block)
  let mistakes = CommandRules.mistakes(in: rules)
  precondition(mistakes.allSatisfy { !$0.message.isEmpty && !$0.path.isEmpty }, "a mistake without words")
  if mistakes.isEmpty {
    precondition(!rules.judge(script: rule).isEmpty, "a rule that does not hold back what it says")
    precondition(rules.programs?.count ?? 0 <= 1, "more programs than rules")
  }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  fuzzShellCommand(UnsafeRawBufferPointer(start: start, count: count))
  return 0
}
