/// What holds for an approval where the rule that asks for it says nothing.
package struct ApprovalDefaults: Sendable, Equatable {
  /// `user:NAME`, `group:NAME`, `role:NAME`, or the URI of a channel; nil: every approver.
  package var approver: String?
  package var timeoutMS: Int64
  package var onTimeout: Decision.OnTimeout
  /// There is one where `onTimeout` is `escalate`.
  package var escalateTo: String?

  package init(
    approver: String? = nil,
    timeoutMS: Int64 = 86_400_000,
    onTimeout: Decision.OnTimeout = .deny,
    escalateTo: String? = nil
  ) {
    self.approver = approver
    self.timeoutMS = timeoutMS
    self.onTimeout = onTimeout
    self.escalateTo = escalateTo
  }
}
