internal import JSON
internal import Wire

extension PolicyReader {
  /// Reads the examples of a guardrail and, when there is one to be asked, tries them.
  mutating func inlineTests(_ value: JSON, of guardrail: Guardrail?) {
    var count = 0
    members(of: value, known: ["match", "not_match"]) { reader, key, value in
      guard key == "match" || key == "not_match" else { return false }
      let tests = reader.list(value, limit: PolicyLimit.inlineTests) { reader, value -> Bool? in
        guard let facts = reader.facts(value), let guardrail else { return nil }
        reader.run(facts, guardrail, mustMatch: key == "match")
        return true
      }
      count += tests.count
      return true
    }
    if count > PolicyLimit.inlineTests {
      fail(.limitExceeded, "more than \(PolicyLimit.inlineTests) tests of one guardrail")
    }
  }

  /// Without a point of its own a test stands for every point at which the rule is looked at: one that matches there is
  /// enough.
  private mutating func run(_ facts: (Facts, Facts.Point?), _ guardrail: Guardrail, mustMatch: Bool) {
    let points = facts.1.map { [$0] } ?? Facts.Point.allCases.filter(guardrail.at.contains)
    var why: String?
    var matched: Facts.Point?
    for point in points {
      var facts = facts.0
      facts.point = point
      guard guardrail.at.contains(point) else {
        why = why ?? "the rule is not looked at where '\(point.rawValue)' is"
        continue
      }
      if guardrail.when.root.holds(of: facts) {
        matched = matched ?? point
      } else {
        why = why ?? guardrail.when.root.whyNot(facts)
      }
    }
    let name = quoted(guardrail.name)
    if mustMatch, matched == nil {
      fail(.failedTest, "guardrail \(name) does not match its test '\(pathText)': \(why ?? "it is looked at nowhere")")
    } else if !mustMatch, let matched {
      fail(.failedTest, "guardrail \(name) matches its test '\(pathText)' at '\(matched.rawValue)'")
    }
  }

  // MARK: Facts

  private static let factMembers = [
    "point", "task", "job", "step", "tool", "worker", "input", "needs", "limits", "caller",
  ]

  /// What somebody made up, with the point if there is one.
  mutating func facts(_ value: JSON) -> (Facts, Facts.Point?)? {
    let before = mistakeCount
    var facts = Facts(.invocation, caller: Caller(uid: 65_534, user: "somebody", role: .submitter))
    var point: Facts.Point?
    members(of: value, known: Self.factMembers) { reader, key, value in
      switch key {
      case "point": point = reader.word(value)
      case "task": facts.task = reader.task(value)
      case "job": facts.job = reader.string(value)
      case "step": facts.step = reader.string(value)
      case "tool": facts.tool = reader.toolName(value)
      case "worker": facts.worker = reader.string(value)
      case "input": facts.input = value
      case "needs": facts.needs = reader.body(value, Needs.self)
      case "limits": facts.limits = reader.body(value, ResourceLimits.self)
      case "caller": reader.caller(value, &facts.caller)
      default: return false
      }
      return true
    }
    return mistakeCount == before ? (facts, point) : nil
  }

  private mutating func task(_ value: JSON) -> JSONObject {
    members(of: value, known: SubjectName.taskMembers) { _, key, _ in SubjectName.taskMembers.contains(key) }
    return value.objectValue ?? JSONObject()
  }

  private mutating func caller(_ value: JSON, _ caller: inout Caller) {
    members(of: value, known: ["user", "uid", "groups", "role", "worker"]) { reader, key, value in
      switch key {
      case "user": caller.user = reader.string(value) ?? caller.user
      case "uid": caller.uid = reader.integer(value, in: 0...Int64(UInt32.max)).map { UInt32($0) } ?? caller.uid
      case "groups": caller.groupNames = reader.list(value) { $0.string($1) }
      case "role": caller.role = reader.word(value) ?? caller.role
      case "worker": caller.worker = reader.string(value)
      default: return false
      }
      return true
    }
  }
}

extension RuleCondition.Node {
  func holds(of facts: Facts) -> Bool { Evaluation(facts, RuleProgram([self])).holds(0) }

  /// The first part that does not hold, and what it looks at.
  fileprivate func whyNot(_ facts: Facts) -> String? {
    switch self {
    case .all(let parts):
      for part in parts { if let why = part.whyNot(facts) { return why } }
      return nil
    case .any(let parts):
      if holds(of: facts) { return nil }
      return parts.count == 1 ? parts[0].whyNot(facts) : "none of its \(parts.count) alternatives holds"
    case .not(let part): return part.holds(of: facts) ? "what follows 'not' holds" : nil
    case .test(let test):
      if holds(of: facts) { return nil }
      return "'\(test.path)' does not hold, '\(test.subject.name)' is \(test.subject.shown(facts))"
    }
  }
}

extension Subject {
  /// The first of its values.
  fileprivate func shown(_ facts: Facts) -> String {
    var texts: [String] = []
    _ = holds(in: facts) { value in
      texts.append(value.shown)
      return texts.count == 3
    }
    return texts.joined(separator: ", ")
  }
}

extension Value {
  fileprivate var shown: String {
    switch self {
    case .absent: "absent"
    case .text(let text), .json(.string(let text)): quoted(text)
    case .integer(let value): String(value)
    case .list(let texts): "a list of \(texts.count)"
    case .json(.integer(let value)): String(value)
    case .json(.number(let number)): quoted(number.text)
    case .json(.bool(let flag)): flag ? "true" : "false"
    case .json(let value): "an \(value.typeName)"
    }
  }
}
