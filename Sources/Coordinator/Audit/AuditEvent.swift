package import JSON
package import Policy
package import Wire

/// What the audit log tells of, in the types of those who do it. `protocol/audit.md` has the members of each.
package enum AuditEvent: Sendable {
  case started(version: String)
  case stopped(version: String)
  /// `file`: nil when the policy is part of the configuration; `version`: nil when there is none any more.
  case policyLoaded(version: String?, file: String?, environment: String?)
  /// Work was asked for and accepted: `what` is `request`, `plan`, `call` or `fork`; `hash` is the submission's.
  case requested(what: String, title: String, hash: String, policy: String?)
  /// Something was asked for by somebody who may not, or that the policy forbids as a whole.
  case refused(method: String, role: Role, needed: Role)
  /// The policy looked at something; `facts` is the hash of what it was told.
  case decided(Decision, point: Facts.Point, tool: String?, facts: String, policy: String)
  case approvalAsked(Approval)
  /// Somebody decided. `input`: what they put in the place of what was asked.
  case approvalAnswered(id: String, isApproved: Bool, input: JSON?, reason: String?)
  /// Nobody decided in time; `escalatedTo`: who is asked now, nil: it is denied.
  case approvalExpired(id: String, escalatedTo: String?)
  /// A tool is about to be invoked.
  case invoked(Invocation)
  case ended(Ending)
  /// A client's method that changes something, such as `job/cancel`.
  case control(method: String, details: JSONObject)
  case limitReached(name: String, of: String, atMost: String, over: String)
  /// A tool was offered for the first time by a worker whose tools are pinned.
  case toolPinned(worker: String, tool: String, digest: String)
  /// It is not what it was, and nobody is given it.
  case toolWithheld(worker: String, tool: String, digest: String, pinned: String?)
  /// Somebody took the new one.
  case toolAccepted(worker: String, tool: String, digest: String, previous: String?)
  /// An alert of the policy was raised, or is over.
  case alert(RaisedAlert, isRaised: Bool)

  package struct Approval: Sendable {
    package var id: String
    package var tool: String?
    /// Names of the rules that want it.
    package var rules: [String]
    package var approver: String?
    /// Wall time, milliseconds since 1970.
    package var until: Int64?
    /// The hash of what is approved: input, needs and limits.
    package var hash: String
    package var policy: String?

    package init(
      id: String,
      tool: String? = nil,
      rules: [String],
      approver: String? = nil,
      until: Int64? = nil,
      hash: String,
      policy: String? = nil
    ) {
      self.id = id
      self.tool = tool
      self.rules = rules
      self.approver = approver
      self.until = until
      self.hash = hash
      self.policy = policy
    }
  }

  package struct Invocation: Sendable {
    package var tool: String
    package var worker: String?
    package var input: JSON
    package var needs: Needs?
    package var limits: ResourceLimits?
    /// The jail's profile or grade, where there is one.
    package var jail: String?
    package var policy: String?
    /// The hash of the plan that the step is of.
    package var plan: String?
    package var attempt: Int64?
    package var idempotencyKey: String?
    /// The key of the call that this one was made in.
    package var parent: String?

    package init(tool: String, worker: String? = nil, input: JSON) {
      self.tool = tool
      self.worker = worker
      self.input = input
    }
  }

  package struct Ending: Sendable {
    package var tool: String
    /// `succeeded`, `failed`, `unknown`, `cancelled` or `retrying`.
    package var result: String
    /// The text of what it returned.
    package var output: [UInt8]?
    /// Nothing of `output` is written down, not even its hash.
    package var isSecret = false
    package var receipt: Receipt?
    /// An error's name; its message may quote anything and is not written down.
    package var error: String?
    package var attempt: Int64?
    package var idempotencyKey: String?

    package init(tool: String, result: String) {
      self.tool = tool
      self.result = result
    }
  }

  package var kind: String {
    switch self {
    case .started: "service.started"
    case .stopped: "service.stopped"
    case .policyLoaded: "policy.loaded"
    case .requested: "job.requested"
    case .refused: "request.refused"
    case .decided: "policy.decided"
    case .approvalAsked: "approval.asked"
    case .approvalAnswered(_, let isApproved, _, _): isApproved ? "approval.approved" : "approval.denied"
    case .approvalExpired(_, let escalatedTo): escalatedTo == nil ? "approval.expired" : "approval.escalated"
    case .invoked: "tool.invoked"
    case .ended: "tool.ended"
    case .control: "control"
    case .limitReached: "limit.reached"
    case .toolPinned: "tool.pinned"
    case .toolWithheld: "tool.withheld"
    case .toolAccepted: "tool.accepted"
    case .alert(_, let isRaised): isRaised ? "alert.raised" : "alert.cleared"
    }
  }
}
