/// A rule about what is about to happen.
package struct Guardrail: Sendable, Equatable {
  /// Unique within the policy.
  package var name: String
  /// Never `allow`.
  package var effect: Decision.Effect
  /// Where it is looked at.
  package var at: Set<Facts.Point>
  package var when: RuleCondition
  /// For people: why.
  package var message: String
  /// Who may decide: `user:NAME`, `group:NAME`, `role:NAME`, or the URI of a channel; nil: as `approvals` says.
  package var approver: String?
  package var timeoutMS: Int64?
  package var onTimeout: Decision.OnTimeout?
  package var escalateTo: String?
  /// The preset that it comes from.
  package var preset: String?

  package init(
    name: String,
    effect: Decision.Effect,
    at: Set<Facts.Point> = Set(Facts.Point.allCases),
    when: RuleCondition,
    message: String,
    approver: String? = nil,
    timeoutMS: Int64? = nil,
    onTimeout: Decision.OnTimeout? = nil,
    escalateTo: String? = nil,
    preset: String? = nil
  ) {
    self.name = name
    self.effect = effect
    self.at = at
    self.when = when
    self.message = message
    self.approver = approver
    self.timeoutMS = timeoutMS
    self.onTimeout = onTimeout
    self.escalateTo = escalateTo
    self.preset = preset
  }
}
