internal import JSON

/// One look at some facts by the conditions of many rules: what they look at more than once is prepared once, and what
/// patterns may cost is bounded for all of them together.
struct Evaluation {
  let facts: Facts
  /// By the slots of tests.
  private var texts: [TextCollection?]
  private var budget = Budget()

  /// What all patterns may look at. Beyond it each of them counts as one that gave up.
  fileprivate struct Budget {
    var searches = 100_000
    var bytes = 32 << 20
    var surrenders = 4
  }

  init(_ facts: Facts, slots: Int) {
    self.facts = facts
    texts = Array(repeating: nil, count: slots)
  }

  mutating func holds(_ node: RuleCondition.Node) -> Bool {
    switch node {
    case .all(let parts):
      for part in parts where !holds(part) { return false }
      return true
    case .any(let parts):
      for part in parts where holds(part) { return true }
      return false
    case .not(let part): return !holds(part)
    case .test(let test): return holds(test)
    }
  }

  mutating func holds(_ test: RuleCondition.Test) -> Bool {
    test.subject.holds(in: facts) { value in
      for check in test.checks where !holds(check, of: value, test) { return false }
      return true
    }
  }

  private mutating func holds(_ check: Check, of value: Value, _ test: RuleCondition.Test) -> Bool {
    switch check {
    case .exists(let due): if case .absent = value { !due } else { due }
    case .equals(let operand): operand.equals(value, isBroad: test.isBroad)
    case .notEquals(let operand): !operand.equals(value, isBroad: !test.isBroad)
    case .isIn(let operands): operands.contains { $0.equals(value, isBroad: test.isBroad) }
    case .contains(let operand): contains(operand, value, test)
    case .matches(let pattern): matches(pattern, value, test)
    case .order(let comparison, let bound): value.number.map { comparison.holds($0, bound) } ?? false
    }
  }

  private mutating func contains(_ operand: Operand, _ value: Value, _ test: RuleCondition.Test) -> Bool {
    switch value {
    case .absent, .integer: return false
    case .list(let texts): return texts.contains { operand.equals($0, isBroad: test.isBroad) }
    case .text, .json:
      if case .json(.array(let elements)) = value,
        elements.contains(where: { operand.equals($0, isBroad: test.isBroad) })
      {
        return true
      }
      guard case .string = operand.value else { return false }
      return withTexts(of: value, test) { texts, _ in operand.isContained(in: texts.fold, isBroad: test.isBroad) }
    }
  }

  private mutating func matches(_ pattern: Pattern, _ value: Value, _ test: RuleCondition.Test) -> Bool {
    switch value {
    case .absent, .integer, .list: return false
    case .text, .json:
      return withTexts(of: value, test) { texts, budget in
        if budget.isFound(pattern, in: texts.texts, isBroad: test.isBroad) { return true }
        return test.isBroad && budget.isFound(pattern, in: texts.otherForms(), isBroad: true)
      }
    }
  }

  private mutating func withTexts(
    of value: Value,
    _ test: RuleCondition.Test,
    _ body: (inout TextCollection, inout Budget) -> Bool
  ) -> Bool {
    guard let slot = test.slot else {
      guard var collection = TextCollection(value) else { return false }
      return body(&collection, &budget)
    }
    if texts[slot] == nil { texts[slot] = TextCollection(value) }
    guard texts[slot] != nil else { return false }
    return body(&texts[slot]!, &budget)
  }
}

extension Evaluation.Budget {
  /// A pattern that gives up is found where that is the careful answer.
  mutating func isFound(_ pattern: Pattern, in texts: [String], isBroad: Bool) -> Bool {
    for text in texts {
      searches -= 1
      bytes -= text.utf8.count
      guard searches >= 0, bytes >= 0, surrenders > 0 else { return isBroad }
      switch pattern.firstMatch(in: text) {
      case .match: return true
      case .noMatch: continue
      case .gaveUp:
        surrenders -= 1
        return isBroad
      }
    }
    return false
  }
}

extension TextCollection {
  fileprivate init?(_ value: Value) {
    switch value {
    case .text(let text): self.init(text)
    case .json(let json): self.init(json)
    default: return nil
    }
  }
}

extension Operand {
  fileprivate func equals(_ value: Value, isBroad: Bool) -> Bool {
    switch value {
    case .absent: self.value.isNull
    case .text(let text): equals(text, isBroad: isBroad)
    case .integer(let number): self.value == .integer(number)
    case .list: false
    case .json(let json): equals(json, isBroad: isBroad)
    }
  }
}

extension Value {
  /// Of a number, and of a text that is one.
  fileprivate var number: ExactNumber? {
    switch self {
    case .integer(let value): .integer(value)
    case .json(.string(let text)): Self.number(text)
    case .text(let text): Self.number(text)
    case .json(let json): ExactNumber(json)
    case .absent, .list: nil
    }
  }

  private static func number(_ text: String) -> ExactNumber? {
    guard text.utf8.count <= 1_000 else { return nil }
    return JSONNumber(text).flatMap { ExactNumber(.number($0)) }
  }
}
