internal import JSON
package import Wire

/// Whether a step runs at all, decided once when all that it depends on is done.
package struct Condition: Sendable {
  /// Each reference once, in the order in which they first appear.
  package let references: [Reference]
  let uses: [Use]
  let root: Node

  indirect enum Node: Sendable {
    case all([Node])
    case any([Node])
    case not(Node)
    case test(Test)
  }

  /// One value, and what must all be true of it.
  struct Test: Sendable {
    let value: Template
    let checks: [Check]
    /// As a JSON Pointer into the plan.
    let path: String
  }

  enum Check: Sendable {
    case equals(Template)
    case notEquals(Template)
    case isIn(Template)
    case contains(Template)
    case matches(Pattern)
    case order(Comparison, Template)
    case exists(Bool)
  }

  enum Comparison: String, Sendable {
    case gt, gte, lt, lte
  }

  init(root: Node) {
    self.root = root
    var uses: [Use] = []
    root.visitTests { test in
      uses += test.value.uses
      for check in test.checks { uses += check.operand?.uses ?? [] }
    }
    self.uses = uses
    references = Reference.distinct(uses)
  }

  /// Throws `invalid_input`, with `data.path`, for a pointer that leads nowhere (but beside `exists` that counts as null),
  /// for a value that cannot be compared so, and for a pattern that gives up. Parts that no longer matter are not looked at.
  package func evaluate(_ scope: Scope) throws(WireError) -> Bool { try root.evaluate(scope) }
}

extension Condition.Node {
  fileprivate func visitTests(_ body: (Condition.Test) -> Void) {
    switch self {
    case .all(let parts), .any(let parts): for part in parts { part.visitTests(body) }
    case .not(let part): part.visitTests(body)
    case .test(let test): body(test)
    }
  }

  fileprivate func evaluate(_ scope: Scope) throws(WireError) -> Bool {
    switch self {
    case .all(let parts):
      for part in parts where try !part.evaluate(scope) { return false }
      return true
    case .any(let parts):
      for part in parts where try part.evaluate(scope) { return true }
      return false
    case .not(let part): return try !part.evaluate(scope)
    case .test(let test): return try test.evaluate(scope)
    }
  }
}

extension Condition.Check {
  fileprivate var operand: Template? {
    switch self {
    case .equals(let operand), .notEquals(let operand), .isIn(let operand), .contains(let operand): operand
    case .order(_, let operand): operand
    case .matches, .exists: nil
    }
  }
}

extension Condition.Test {
  fileprivate func evaluate(_ scope: Scope) throws(WireError) -> Bool {
    var scope = scope
    for check in checks { if case .exists = check { scope.isLenient = true } }
    let value = try value.resolve(scope)
    for check in checks where try !holds(check, of: value, scope) { return false }
    return true
  }

  private func holds(_ check: Condition.Check, of value: JSON, _ scope: Scope) throws(WireError) -> Bool {
    switch check {
    case .exists(let due): return value.isNull != due
    case .equals(let operand): return try operand.resolve(scope) == value
    case .notEquals(let operand): return try operand.resolve(scope) != value
    case .isIn(let operand):
      switch try operand.resolve(scope) {
      case .array(let choices): return choices.contains(value)
      case .null: return false
      case let other: throw wrong("in", "has \(other.typeName) where array is due")
      }
    case .contains(let operand):
      let part = try operand.resolve(scope)
      switch (value, part) {
      case (.array(let elements), _): return elements.contains(part)
      case (.string(let text), .string(let part)): return text.holds(part)
      case (.null, _), (.string, .null): return false
      case (.string, _): throw wrong("contains", "looks for \(part.typeName) in a string")
      default: throw wrong("contains", "looks into \(value.typeName) where a string or an array is due")
      }
    case .matches(let pattern):
      switch value {
      case .null: return false
      case .string(let text):
        switch pattern.firstMatch(in: text) {
        case .match: return true
        case .noMatch: return false
        case .gaveUp: throw wrong("matches", "gave up: pattern \(quoted(pattern.source)) takes too many steps")
        }
      default: throw wrong("matches", "looks into \(value.typeName) where string is due")
      }
    case .order(let comparison, let operand):
      let bound = try operand.resolve(scope)
      if value.isNull || bound.isNull { return false }
      guard let left = ExactNumber(value), let right = ExactNumber(bound) else {
        let wrongType = ExactNumber(value) == nil ? value.typeName : bound.typeName
        throw wrong(comparison.rawValue, "compares \(wrongType) where number is due")
      }
      switch comparison {
      case .gt: return right < left
      case .gte: return !(left < right)
      case .lt: return left < right
      case .lte: return !(right < left)
      }
    }
  }

  private func wrong(_ name: String, _ what: String) -> WireError {
    WireError(.invalidInput, "'\(path)/\(name)' \(what)", data: ["path": .string("\(path)/\(name)")])
  }
}
