internal import JSON

/// The guardrails, ready to be asked: with the texts that they share numbered, and by the tools without which they cannot
/// match.
struct Evaluator: Sendable {
  private struct Rule: Sendable {
    let root: RuleCondition.Node
    let match: Decision.Match
  }

  private struct Candidates: Sendable {
    /// Indexes of rules that look at this point and can match without one of the named tools.
    var others: [Int] = []
    /// Tool, as it is seen → indexes of all rules that can match it.
    var byTool: [[UInt8]: [Int]] = [:]
  }

  private var rules: [Rule] = []
  private var slots: [Subject: Int] = [:]
  private var candidates: [Facts.Point: Candidates] = [:]

  init(_ guardrails: [Guardrail]) {
    for guardrail in guardrails {
      let root = guardrail.when.root.mapTests { test in
        guard test.subject.isSingle else { return test }
        var test = test
        test.slot = slot(for: test.subject)
        return test
      }
      rules.append(Rule(root: root, match: Decision.Match(guardrail)))
    }
    for point in Facts.Point.allCases { candidates[point] = Self.candidates(guardrails, point) }
  }

  private mutating func slot(for subject: Subject) -> Int {
    if let slot = slots[subject] { return slot }
    slots[subject] = slots.count
    return slots.count - 1
  }

  private static func candidates(_ guardrails: [Guardrail], _ point: Facts.Point) -> Candidates {
    let rules = guardrails.enumerated().filter { $0.element.at.contains(point) }
    let tools = rules.map { $0.element.when.root.necessaryTools }
    var candidates = Candidates()
    for (rule, tools) in zip(rules, tools) where tools == nil { candidates.others.append(rule.offset) }
    for tool in Set(tools.compactMap(\.self).joined()) {
      candidates.byTool[tool] = zip(rules, tools).filter { $1?.contains(tool) ?? true }.map(\.0.offset)
    }
    return candidates
  }

  /// The guardrails that match, in order.
  func matches(_ facts: Facts) -> [Decision.Match] {
    guard !rules.isEmpty, let candidates = candidates[facts.point] else { return [] }
    let chosen = facts.tool.flatMap { candidates.byTool[Array(Fold($0).seen)] } ?? candidates.others
    guard !chosen.isEmpty else { return [] }
    var evaluation = Evaluation(facts, slots: slots.count)
    var matches: [Decision.Match] = []
    for index in chosen where evaluation.holds(rules[index].root) { matches.append(rules[index].match) }
    return matches
  }
}

extension Decision.Match {
  init(_ guardrail: Guardrail) {
    self.init(
      rule: guardrail.name,
      effect: guardrail.effect,
      message: guardrail.message,
      approver: guardrail.approver,
      timeoutMS: guardrail.timeoutMS,
      onTimeout: guardrail.onTimeout,
      escalateTo: guardrail.escalateTo
    )
  }
}
