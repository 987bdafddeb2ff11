public import JSON

/// Something that waits, or waited, for a person: exactly what would run, why it waits, and who may decide.
public struct Approval: Sendable, Equatable {
  /// A rule that asks.
  public struct Rule: Sendable, Hashable {
    public var name: String
    public var message: String
    /// Who may decide as far as this rule goes; nil: every approver.
    public var approver: String?
    /// Who may, once nobody decided in time.
    public var escalateTo: String?

    public init(name: String, message: String, approver: String? = nil, escalateTo: String? = nil) {
      self.name = name
      self.message = message
      self.approver = approver
      self.escalateTo = escalateTo
    }
  }

  /// `approval-7`.
  public var id: String
  /// Id of the job.
  public var job: String
  /// `plan` (a job before anything of it runs), `step` or `call`.
  public var kind: String
  /// `pending`, `approved`, `denied`, `expired` or `withdrawn`.
  public var state: String
  /// SHA-256 of exactly what is decided about; whoever decides says it back.
  public var hash: String
  /// Of the job; what was approved is good for no other.
  public var generation: Int64?
  public var step: String?
  public var item: Int64?
  public var tool: String?
  /// The worker that offers the tool.
  public var worker: String?
  /// Resolved: the bytes that will run.
  public var input: JSON?
  public var needs: Needs?
  public var limits: ResourceLimits?
  /// Of a plan: what all its steps may do, and who holds them to it.
  public var privileges: [Privilege]
  public var rules: [Rule]
  /// Who may decide, where all rules name the same; see `approvers`.
  public var approver: String?
  /// What happens at the deadline: `deny` or `escalate`.
  public var onTimeout: String
  /// To whom it goes then, where all rules name the same.
  public var escalateTo: String?
  /// Who asked for the job: `uid`, `user`, `pid`, `program`.
  public var caller: JSON
  public var createdAt: Int64
  public var deadlineAt: Int64
  /// Who decided, as `caller`.
  public var decidedBy: JSON?
  public var decidedAt: Int64?
  public var reason: String?
  /// The input that the approver put in the place of `input`.
  public var editedInput: JSON?
  /// Pointers to the members of the input that may differ in what else in the job the approval is good for; nil: for
  /// nothing else.
  public var always: [String]?

  public init(
    id: String,
    job: String,
    kind: String,
    state: String,
    hash: String,
    createdAt: Int64,
    deadlineAt: Int64
  ) {
    self.id = id
    self.job = job
    self.kind = kind
    self.state = state
    self.hash = hash
    privileges = []
    rules = []
    onTimeout = "deny"
    caller = .object(JSONObject())
    self.createdAt = createdAt
    self.deadlineAt = deadlineAt
  }
}

extension Approval.Rule: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      name: try fields.require("name"),
      message: try fields.require("message"),
      approver: try fields.optional("approver"),
      escalateTo: try fields.optional("escalate_to")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("message", message)
    writer.member("approver", approver)
    writer.member("escalate_to", escalateTo)
  }
}

extension Approval {
  /// Whoever decides has to be each of these, or an admin; none: every approver may.
  public var approvers: [String] { Self.distinct([approver] + rules.map(\.approver)) }

  /// To whom it goes at the deadline, as `approvers`.
  public var escalation: [String] { Self.distinct([escalateTo] + rules.map(\.escalateTo)) }

  private static func distinct(_ names: [String?]) -> [String] {
    var found: [String] = []
    for case let name? in names where !found.contains(name) { found.append(name) }
    return found
  }
}

extension Approval: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    id = try fields.require("id")
    job = try fields.require("job")
    kind = try fields.require("kind")
    state = try fields.require("state")
    hash = try fields.require("hash")
    generation = try fields.optional("generation")
    step = try fields.optional("step")
    item = try fields.optional("item")
    tool = try fields.optional("tool")
    worker = try fields.optional("worker")
    input = try fields.optional("input")
    needs = try fields.body("needs")
    limits = try fields.body("limits")
    privileges = try fields.bodies("privileges") ?? []
    rules = try fields.bodies("rules") ?? []
    approver = try fields.optional("approver")
    onTimeout = try fields.optional("on_timeout") ?? "deny"
    escalateTo = try fields.optional("escalate_to")
    caller = try fields.require("caller")
    createdAt = try fields.require("created_at")
    deadlineAt = try fields.require("deadline_at")
    decidedBy = try fields.optional("decided_by")
    decidedAt = try fields.optional("decided_at")
    reason = try fields.optional("reason")
    editedInput = try fields.optional("edited_input")
    always = try fields.strings("always")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("job", job)
    writer.member("kind", kind)
    writer.member("state", state)
    writer.member("hash", hash)
    writer.member("generation", generation)
    writer.member("step", step)
    writer.member("item", item)
    writer.member("tool", tool)
    writer.member("worker", worker)
    writer.member("input", input)
    writer.member("needs", needs)
    writer.member("limits", limits)
    if !privileges.isEmpty { writer.member("privileges", privileges) }
    if !rules.isEmpty { writer.member("rules", rules) }
    writer.member("approver", approver)
    writer.member("on_timeout", onTimeout)
    writer.member("escalate_to", escalateTo)
    writer.member("caller", caller)
    writer.member("created_at", createdAt)
    writer.member("deadline_at", deadlineAt)
    writer.member("decided_by", decidedBy)
    writer.member("decided_at", decidedAt)
    writer.member("reason", reason)
    writer.member("edited_input", editedInput)
    writer.member("always", always)
  }
}
