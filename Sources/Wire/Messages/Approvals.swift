package import JSON

/// Client → coordinator: what waits, or waited, for a person. Newest first.
package struct ApprovalsList: WireRequest {
  package static let method = "approvals/list"
  package static let limit: Int64 = 1_000

  /// Those that wait, or all.
  package var all: Bool
  /// Of this job only.
  package var job: String?
  /// Older than this approval.
  package var before: String?
  package var limit: Int64

  package init(all: Bool = false, job: String? = nil, before: String? = nil, limit: Int64 = 100) {
    self.all = all
    self.job = job
    self.before = before
    self.limit = limit
  }

  package init(from fields: inout Fields) throws(WireError) {
    all = try fields.optional("all") ?? false
    job = try fields.optional("job")
    before = try fields.optional("before")
    limit = try fields.integer("limit", in: 1...Self.limit) ?? 100
  }

  package func encode(into writer: inout JSONWriter) {
    if all { writer.member("all", true) }
    writer.member("job", job)
    writer.member("before", before)
    writer.member("limit", limit)
  }

  package struct Response: WireBody {
    package var approvals: [Approval]

    package init(approvals: [Approval]) { self.approvals = approvals }
    package init(from fields: inout Fields) throws(WireError) { approvals = try fields.requireBodies("approvals") }
    package func encode(into writer: inout JSONWriter) { writer.member("approvals", approvals) }
  }
}

/// Client → coordinator: a person's word about what waits for it. Answered when the decision is on disk.
package struct ApprovalsDecide: WireRequest {
  package static let method = "approvals/decide"
  package static let reasonBytes = 4_096

  package enum Decision: String, Sendable, CaseIterable {
    case approve, deny
  }

  package var approval: String
  package var decision: Decision
  /// Of what the person has seen: what changed since is not decided about.
  package var hash: String
  package var reason: String?
  /// To be run in the place of what was asked for.
  package var input: JSON?
  /// Good for further calls of the job, too, whose input differs at most at these pointers.
  package var always: [String]?

  package init(
    _ approval: String,
    _ decision: Decision,
    hash: String,
    reason: String? = nil,
    input: JSON? = nil,
    always: [String]? = nil
  ) {
    self.approval = approval
    self.decision = decision
    self.hash = hash
    self.reason = reason
    self.input = input
    self.always = always
  }

  package init(from fields: inout Fields) throws(WireError) {
    approval = try fields.require("approval")
    let word = try fields.require("decision", String.self)
    guard let decision = Decision(rawValue: word) else {
      throw .invalidParams(
        fields.path("decision"),
        "'\(fields.path("decision"))' is \(quoted(word)) where 'approve' or 'deny' is due"
      )
    }
    self.decision = decision
    hash = try fields.require("hash")
    reason = try fields.optional("reason")
    if let reason, reason.utf8.count > Self.reasonBytes {
      throw .limitExceeded(
        "reason_bytes",
        "'\(fields.path("reason"))'",
        value: reason.utf8.count,
        limit: Self.reasonBytes
      )
    }
    input = try fields.optional("input")
    always = try fields.strings("always", limit: 64)
    if decision == .deny, input != nil || always != nil {
      throw .invalidParams(fields.path("decision"), "'input' and 'always' belong to an approval, not to a denial")
    }
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("approval", approval)
    writer.member("decision", decision.rawValue)
    writer.member("hash", hash)
    writer.member("reason", reason)
    writer.member("input", input)
    writer.member("always", always)
  }

  package struct Response: WireBody {
    package var approval: Approval

    package init(approval: Approval) { self.approval = approval }
    package init(from fields: inout Fields) throws(WireError) { approval = try fields.requireBody("approval") }
    package func encode(into writer: inout JSONWriter) { writer.member("approval", approval) }
  }
}

/// Client → coordinator: what a plan's steps may do, as one list, and what today's policy says about it.
package struct PlanPrivileges: WireRequest {
  package static let method = "plan/privileges"

  package var plan: JSON

  package init(plan: JSON) { self.plan = plan }
  package init(from fields: inout Fields) throws(WireError) { plan = try fields.require("plan") }
  package func encode(into writer: inout JSONWriter) { writer.member("plan", plan) }

  package struct Response: WireBody {
    package var privileges: [Privilege]
    package var mistakes: [PlanMistake]

    package init(privileges: [Privilege], mistakes: [PlanMistake] = []) {
      self.privileges = privileges
      self.mistakes = mistakes
    }

    package init(from fields: inout Fields) throws(WireError) {
      privileges = try fields.requireBodies("privileges")
      mistakes = try fields.requireBodies("mistakes")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("privileges", privileges)
      writer.member("mistakes", mistakes)
    }
  }
}
