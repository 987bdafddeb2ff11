internal import JSON

/// What must be true of the facts for a guardrail to match.
package struct RuleCondition: Sendable, Equatable {
  /// As it is written in the policy.
  let source: JSON
  let root: Node

  indirect enum Node: Sendable {
    case all([Node])
    case any([Node])
    case not(Node)
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
