internal import JSON

/// What must be true of the facts for a guardrail to match.
///
/// Deciding never fails: what cannot be compared is not equal, greater or contained. Where there is doubt a rule matches:
/// look-alikes are compared where that makes a match more likely, and only plainly equal texts where it makes one less
/// likely (`not_equals`, and below an odd number of `not`); a pattern that gives up matches there, or does not here.
package struct RuleCondition: Sendable, Equatable {
  /// As it is written in the policy.
  let source: JSON
  let root: Node

  indirect enum Node: Sendable {
    case all([Node])
    case any([Node])
    case not(Node)
    case test(Test)
  }

  /// One value, and what must all be true of it.
  struct Test: Sendable {
    let subject: Subject
    let checks: [Check]
    /// As a JSON Pointer into the guardrail.
    let path: String
    /// Whether a match here makes the guardrail's match more likely.
    let isBroad: Bool
  }

  /// Holds whatever happens.
  package static let always = RuleCondition(source: ["all": []], root: .all([]))

  init(source: JSON, root: Node) {
    self.source = source
    self.root = root
  }

  /// Two conditions are the same when they are written alike.
  package static func == (left: RuleCondition, right: RuleCondition) -> Bool { left.source == right.source }
}

extension RuleCondition.Node {
  /// The tools, folded, of which one must be invoked for this to hold; nil: it can hold for any tool and for none.
  var necessaryTools: Set<[UInt8]>? {
    switch self {
    case .not: return nil
    case .any(let parts):
      var tools: Set<[UInt8]> = []
      for part in parts {
        guard let more = part.necessaryTools else { return nil }
        tools.formUnion(more)
      }
      return tools
    case .all(let parts):
      var tools: Set<[UInt8]>?
      for part in parts {
        guard let due = part.necessaryTools else { continue }
        tools = tools.map { $0.intersection(due) } ?? due
      }
      return tools
    case .test(let test):
      guard test.subject == .tool, test.isBroad else { return nil }
      return test.checks.lazy.compactMap(\.tools).first
    }
  }
}
