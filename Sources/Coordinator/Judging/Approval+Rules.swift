internal import Policy
internal import Wire

/// The rules because of which something waits for a person, and whom each of them names.
extension Judge {
  func rules(_ matches: [Decision.Match]) -> [Approval.Rule] {
    let defaults = policy.approvals
    // One that has it denied when nobody decides is enough to have it denied.
    let escalates = matches.allSatisfy { ($0.onTimeout ?? defaults.onTimeout) == .escalate }
    return matches.map { match in
      Approval.Rule(
        name: match.rule,
        message: match.message,
        approver: match.approver ?? defaults.approver,
        escalateTo: escalates ? match.escalateTo ?? defaults.escalateTo : nil
      )
    }
  }
}

extension Approval {
  /// Asked for by these.
  mutating func take(_ rules: [Rule]) {
    self.rules = rules
    let escalates = !rules.isEmpty && rules.allSatisfy { $0.escalateTo != nil }
    onTimeout = (escalates ? Decision.OnTimeout.escalate : .deny).rawValue
    // Where the rules differ, each says its own.
    approver = Set(rules.map(\.approver)).count == 1 ? rules[0].approver : nil
    escalateTo = Set(rules.map(\.escalateTo)).count == 1 ? rules[0].escalateTo : nil
  }

  /// As it is when nobody decided in time and somebody else is asked.
  var escalated: Approval {
    var next = self
    for index in next.rules.indices { next.rules[index].approver = rules[index].escalateTo ?? rules[index].approver }
    next.approver = escalateTo
    next.onTimeout = Decision.OnTimeout.deny.rawValue
    return next
  }

  /// Whether it went on to somebody else, as its approvers being those whom it was to go to shows.
  var wasEscalated: Bool { !escalation.isEmpty && onTimeout == Decision.OnTimeout.deny.rawValue }

  /// Whether today's policy would ask the same people because of the same rules.
  func isAsked(like today: Approval) -> Bool {
    let today = wasEscalated ? today.escalated : today
    return Set(rules.map(\.withoutMessage)) == Set(today.rules.map(\.withoutMessage)) && onTimeout == today.onTimeout
  }

  /// Whether whoever decided was one whom these rules name, because they were named by the same rules then.
  func satisfies(_ asked: [Rule]) -> Bool {
    asked.allSatisfy { rule in
      rules.contains { known in
        known.name == rule.name
          && (known.approver == rule.approver
            || wasEscalated && rule.escalateTo != nil && known.escalateTo == rule.escalateTo)
      }
    }
  }
}

extension Approval.Rule {
  fileprivate var withoutMessage: Approval.Rule {
    Approval.Rule(name: name, message: "", approver: approver, escalateTo: escalateTo)
  }
}
