/// What a plan's steps may do.
public struct PlanPrivilegeList: Sendable, Equatable {
  /// The same privilege of several steps is one entry.
  public let privileges: [Privilege]
  /// Why there is no list: those of `check(plan:)`.
  public let mistakes: [PlanMistake]
}

extension BulkheadClient {
  /// What waits for a person, newest first; with `all` also what was decided, expired or was withdrawn.
  ///
  /// - Parameters:
  ///   - id: of this job only.
  ///   - before: only what was asked before this approval, for the next page.
  ///   - limit: 1 to 1,000.
  public func approvals(
    all: Bool = false,
    job id: String? = nil,
    before: String? = nil,
    limit: Int = 100
  ) async throws(ClientError) -> [Approval] {
    try await request(ApprovalsList(all: all, job: id, before: before, limit: Int64(limit))).approvals
  }

  /// One approval, whatever has become of it; nil: there is none. `id` is `approval-7`.
  public func approval(_ id: String) async throws(ClientError) -> Approval? {
    // The newest one before the next number.
    guard id.hasPrefix("approval-"), let number = Int64(id.dropFirst(9)), number > 0, number < .max else { return nil }
    let found = try await approvals(all: true, before: "approval-\(number + 1)", limit: 1).first
    return found?.id == id ? found : nil
  }

  /// Approves exactly what `approval` shows. Returns when that is on disk; nothing acts on it before.
  ///
  /// `conflict` says that somebody else was faster, or that it is about something else by now; `forbidden` that it is for
  /// others to decide.
  ///
  /// - Parameters:
  ///   - approval: as it was shown; its hash goes along.
  ///   - input: is to run in the place of its own; not of a plan.
  ///   - always: good for further calls of the job with the same tool and privileges, whose input differs at most at these
  ///     JSON Pointers; empty: whose input is equal. nil: for nothing else. Not of a plan.
  ///   - reason: at most 4,096 bytes; for whoever asked, and the audit log.
  public func approve(
    _ approval: Approval,
    input: JSON? = nil,
    always: [String]? = nil,
    reason: String? = nil
  ) async throws(ClientError) -> Approval {
    let message = ApprovalsDecide(
      approval.id,
      .approve,
      hash: approval.hash,
      reason: reason,
      input: input,
      always: always
    )
    return try await request(message).approval
  }

  /// Denies what `approval` shows, as `approve` does.
  public func deny(_ approval: Approval, reason: String? = nil) async throws(ClientError) -> Approval {
    try await request(ApprovalsDecide(approval.id, .deny, hash: approval.hash, reason: reason)).approval
  }

  /// What a plan's steps may do, who holds them to it, and what today's policy says. Nothing is kept or run.
  public func privileges(ofPlan plan: JSON) async throws(ClientError) -> PlanPrivilegeList {
    let response = try await request(PlanPrivileges(plan: plan))
    return PlanPrivilegeList(privileges: response.privileges, mistakes: response.mistakes)
  }
}
