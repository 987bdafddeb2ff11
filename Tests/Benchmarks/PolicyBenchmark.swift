/// A decision by a hundred rules, such as an installation has after a year: a third about one tool each, a third about
/// words anywhere in the input, the rest about the task, the caller and needs, and the presets. The floor asks the same
/// rules by the plainest means: all of them, each walking through the facts by itself.

import JSON
import Policy
import Wire

func measurePolicy() throws -> [Measurement] {
  let policy = try Policy(reading: rules(), environment: nil)
  return try measureDecision(policy, "harmless invocation", harmless)
    + measureDecision(policy, "blocked invocation", blocked)
    + measureDecision(policy, "request", request)
    + measureDecision(policy, "invocation with 64 KiB of input", large)
    + measureReading()
}

private let words = [
  "payroll", "salary", "passport", "iban", "password", "private key", "id_rsa", ".aws/credentials", "etc/shadow",
  "sudo",
  "curl |", "wget", "nc -l", "chmod 777", "authorized_keys", "base64 -d", "eval(", "child_process", "metadata.google",
  "169.254.169.254", "kubeconfig", "terraform destroy", "kubectl delete", "docker.sock", "crontab", "iptables", "mkfs",
  "shutdown", "reboot", "confidential", "customer list", "medical", "insider",
]

private func rules() -> JSON {
  var rules: [JSON] = []
  func add(_ when: JSON) {
    rules.append(["name": .string("rule-\(rules.count)"), "effect": "block", "when": when, "message": "no"])
  }
  for i in 0..<33 {
    add([
      "all": [
        ["value": "tool", "equals": .string(i % 3 == 0 ? "bash" : "tool_\(i)")],
        ["value": "input.command", "contains": .string("forbidden-\(i)")],
      ]
    ])
  }
  for word in words { add(["value": "input", "contains": .string(word)]) }
  for i in 0..<8 { add(["value": "task.description", "contains": .string("project \(i)")]) }
  for i in 0..<8 {
    add(["all": [["value": "caller.groups", "contains": .string("guest-\(i)")], ["value": "tool", "exists": true]]])
  }
  for i in 0..<6 { add(["value": "needs.write.*", "matches": .string("^/(etc|root|srv/\(i))(/|$)")]) }
  for i in 0..<6 { add(["value": "input.command", "matches": .string("^\\s*service-\(i)\\s+(stop|restart)\\b")]) }
  for i in 0..<3 { add(["value": "limits.memory_bytes", "gt": .integer(Int64(i + 8) << 30)]) }
  return [
    "guardrails": .array(rules),
    "presets": ["no_destructive_ops", ["production_safety": ["approver": "group:ops"]], ["cost_limit": ["usd": 10]]],
  ]
}

private let caller = Caller(uid: 1_000, user: "anna", groupNames: ["staff", "video"], role: .submitter)
private let task: JSONObject = [
  "description": "Count the lines of each log file of last week and say which of them grew the most.",
  "mode": "auto", "context": ["env": "staging", "team": "platform"], "estimated_cost": 0.25,
]

private func invocation(_ command: String) -> Facts {
  var needs = Needs()
  needs.read = ["/srv/logs"]
  needs.write = ["/srv/out"]
  return Facts(
    .invocation,
    task: task,
    tool: "bash",
    worker: "sandbox",
    input: ["command": .string(command), "cwd": "work", "env": ["LANG": "C.UTF-8"]],
    needs: needs,
    caller: caller
  )
}

private let harmless = invocation(
  "for f in /srv/logs/*.log; do printf '%s %s\\n' \"$(wc -l < \"$f\")\" \"$f\"; done | sort -rn | head -n 20 > out.txt"
)
private let blocked = invocation("cat /srv/hr/payroll.csv | head")
private let request = Facts(.request, task: task, caller: caller)
private let large = invocation(String(repeating: "echo 'a line of some script'\n", count: 65_536 / 28))

private func measureDecision(_ policy: Policy, _ subject: String, _ facts: Facts) throws -> [Measurement] {
  let naive = NaiveRules(policy.effective)
  let expected = policy.decide(facts).matches.count
  let ours = Side(name: "ours") { count in
    var sum = 0
    for _ in 0..<count { sum += policy.decide(facts).matches.count }
    return sum
  }
  let floor = Side(name: "each rule by itself") { count in
    var sum = 0
    for _ in 0..<count { sum += naive.matches(facts) }
    return sum
  }
  let found = try floor.body(1)
  precondition(found == expected, "the two disagree: \(found), \(expected)")
  return try compare("100 rules, \(subject)", [ours, floor])
}

private func measureReading() throws -> [Measurement] {
  let json = rules()
  let text = json.serialized()
  return try compare(
    "read 100 rules",
    [
      Side(name: "ours", bytes: text.count) { count in
        var sum = 0
        for _ in 0..<count { sum += try Policy(reading: json, environment: nil).guardrails.count }
        return sum
      },
      Side(name: "parsing", bytes: text.count) { count in
        var sum = 0
        for _ in 0..<count { sum += try JSON(parsing: text).objectValue?.count ?? 0 }
        return sum
      },
    ]
  )
}

/// Conditions as they are written, asked as they stand: names are taken apart and texts are folded each time. Patterns are
/// compiled before, for nobody would do that each time.
private struct NaiveRules {
  private let rules: [JSON]
  private var patterns: [String: Pattern] = [:]

  init(_ policy: JSON) {
    rules = policy["guardrails"]?.arrayValue ?? []
    for rule in rules { collect(rule["when"] ?? .null) }
  }

  private mutating func collect(_ condition: JSON) {
    for part in (condition["any"] ?? condition["all"])?.arrayValue ?? [] { collect(part) }
    // Safety: the policy has been read.
    if let source = condition["matches"]?.stringValue { patterns[source] = try? Pattern(source) }
  }

  func matches(_ facts: Facts) -> Int {
    rules.count { rule in
      rule["at"]?.arrayValue?.contains(.string(facts.point.rawValue)) == true && holds(rule["when"] ?? .null, facts)
    }
  }

  private func holds(_ condition: JSON, _ facts: Facts) -> Bool {
    if let parts = condition["all"]?.arrayValue { return parts.allSatisfy { holds($0, facts) } }
    if let parts = condition["any"]?.arrayValue { return parts.contains { holds($0, facts) } }
    let values = values(condition["value"]?.stringValue ?? "", facts)
    let texts = values.flatMap(texts)
    for member in condition.objectValue?.members ?? [] where member.key != "value" {
      let isTrue =
        switch member.key {
        case "exists": values.isEmpty != (member.value.boolValue ?? false)
        case "equals": values.contains { folded($0) == folded(member.value) }
        case "in": values.contains { value in (member.value.arrayValue ?? []).contains { folded($0) == folded(value) } }
        case "contains":
          texts.contains { $0.lowercased().utf8.holds((member.value.stringValue ?? "").lowercased().utf8) }
        case "gt": values.contains { ($0.doubleValue ?? 0) > (member.value.doubleValue ?? 0) }
        case "matches": texts.contains { isFound(member.value.stringValue ?? "", $0) }
        default: false
        }
      if !isTrue { return false }
    }
    return true
  }

  private func isFound(_ source: String, _ text: String) -> Bool {
    [text, text.lowercased()].contains { text in
      if case .match = patterns[source]?.firstMatch(in: text) { true } else { false }
    }
  }

  private func folded(_ value: JSON) -> JSON { value.stringValue.map { .string($0.lowercased()) } ?? value }

  private func texts(_ value: JSON) -> [String] {
    switch value {
    case .string(let text): [text]
    case .array(let elements): elements.flatMap(texts)
    case .object(let object): object.members.flatMap { [$0.key] + texts($0.value) }
    default: []
    }
  }

  private func values(_ name: String, _ facts: Facts) -> [JSON] {
    let parts = name.split(separator: ".").map(String.init)
    var value: JSON? =
      switch parts[0] {
      case "tool": facts.tool.map { .string($0) }
      case "task": .object(facts.task)
      case "input": facts.input
      case "caller": ["groups": .array(facts.caller.groupNames.map { .string($0) })]
      case "needs": ["write": .array((facts.needs?.write ?? []).map { .string($0) })]
      case "limits": facts.limits?.memoryBytes.map { ["memory_bytes": .integer($0)] } ?? [:]
      default: nil
      }
    for part in parts.dropFirst() {
      if part == "*" { return value?.arrayValue ?? [] }
      value = value?[part]
    }
    return value.map { [$0] } ?? []
  }
}

extension String.UTF8View {
  fileprivate func holds(_ part: String.UTF8View) -> Bool {
    let (text, part) = (Array(self), Array(part))
    guard !part.isEmpty, text.count >= part.count else { return part.isEmpty }
    return (0...(text.count - part.count)).contains {
      text[$0] == part[0] && text[$0..<($0 + part.count)].elementsEqual(part)
    }
  }
}
