internal import JSON

/// The guardrails, ready to be asked, and by the tools without which they cannot match.
struct Evaluator: Sendable {
  private struct Candidates: Sendable {
    /// Indexes of rules that look at this point and can match without one of the named tools.
    var others: [Int] = []
    /// Tool, as it is seen → indexes of all rules that can match it.
    var byTool: [[UInt8]: [Int]] = [:]
  }

  private let program: RuleProgram
  private let matches: [Decision.Match]
  private var candidates: [Facts.Point: Candidates] = [:]

  init(_ guardrails: [Guardrail]) {
    program = RuleProgram(guardrails.map(\.when.root))
    matches = guardrails.map { Decision.Match($0) }
    for point in Facts.Point.allCases { candidates[point] = Self.candidates(guardrails, point) }
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
    guard !matches.isEmpty, let candidates = candidates[facts.point] else { return [] }
    let chosen = facts.tool.flatMap { candidates.byTool[Array(Fold($0).seen)] } ?? candidates.others
    guard !chosen.isEmpty else { return [] }
    let evaluation = Evaluation(facts, program)
    return chosen.filter { evaluation.holds($0) }.map { matches[$0] }
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
