internal import Digest
internal import Engine
internal import JSON
internal import Journal
internal import Policy
internal import Posix
internal import Wire

/// The lines that decisions and acts leave in the audit log. Each goes into the entry of what it tells of.
extension Judge {
  /// A tool is about to be invoked: on disk before it is.
  func invoked(_ act: Act, _ input: JSON, _ occasion: Occasion, _ worker: String?) -> Change {
    var invocation = AuditEvent.Invocation(tool: act.tool, worker: worker, input: input)
    invocation.needs = act.needs
    invocation.limits = act.limits
    invocation.jail = act.needs?.profile
    invocation.policy = version
    invocation.attempt = act.attempt
    invocation.idempotencyKey = occasion.isNested ? act.step : nil
    return line(.invoked(invocation), occasion, step: act)
  }

  /// How an invocation ended.
  func ended(
    _ tool: String,
    _ result: Result<ToolResult, WireError>,
    isSecret: Bool,
    by caller: Caller?,
    job: String,
    step: String,
    item: Int? = nil
  ) -> Change {
    var ending: AuditEvent.Ending
    switch result {
    case .success(let value):
      ending = AuditEvent.Ending(tool: tool, result: value.failure == nil ? "succeeded" : "failed")
      if policy.audit.results != .none, !isSecret { ending.output = value.output.serialized() }
      ending.receipt = value.receipt
    case .failure(let error):
      ending = AuditEvent.Ending(tool: tool, result: error.name == .cancelled ? "cancelled" : "failed")
      // A worker may say anything there, and a secret in the worst case.
      let isKnown = WireError.codes[error.name] != nil
      ending.error = (isKnown ? error.name : .toolFailed).rawValue
      ending.receipt = error.receipt
    }
    ending.isSecret = isSecret
    return auditor.change(.ended(ending), by: caller, job: job, step: step, item: item)
  }

  /// Something that will not happen.
  func refusal(_ error: WireError, _ act: Act, _ occasion: Occasion, _ decision: Decision) -> Change {
    line(decided(decision.matches.isEmpty ? Self.decision(error) : decision, act), occasion, step: act)
  }

  /// Something that goes on although a rule remarks on it.
  func warned(_ decision: Decision, _ act: Act, _ occasion: Occasion) -> Change {
    line(decided(decision, act), occasion, step: act)
  }

  /// What was decided about a request, or about a plan as a whole; `job`: nil where none came of it.
  func decided(
    _ decision: Decision,
    at point: Facts.Point,
    about facts: JSON,
    by caller: Caller,
    job: String?
  ) -> Change {
    auditor.change(
      .decided(decision, point: point, tool: nil, facts: SHA256.digest(facts.canonical()), policy: version ?? ""),
      by: caller,
      job: job
    )
  }

  /// A refusal as a decision, by the rules that it names.
  static func decision(_ error: WireError) -> Decision {
    let named = error.rules.isEmpty ? [error.name.rawValue] : error.rules
    return Decision(named.map { Decision.Match(rule: $0, effect: .block, message: error.message) })
  }

  private func decided(_ decision: Decision, _ act: Act) -> AuditEvent {
    .decided(
      decision,
      point: .invocation,
      tool: act.tool,
      facts: SHA256.digest(act.input.canonical()),
      policy: version ?? ""
    )
  }

  func limitReached(_ overrun: Meters.Overrun, _ occasion: Occasion, step: String?) -> Change {
    auditor.change(
      .limitReached(
        name: overrun.rule.name,
        of: overrun.rule.of.rawValue,
        atMost: "\(overrun.rule.atMost)",
        over: overrun.rule.over.rawValue
      ),
      by: occasion.caller,
      job: occasion.origin.id,
      step: step
    )
  }

  /// What somebody asked for and got accepted.
  func requested(_ what: String, _ record: JobRecord, by caller: JSON) -> Change {
    auditor.change(
      .requested(
        what: what,
        title: record.title,
        hash: record.hash,
        policy: version
      ),
      by: self.caller(caller),
      job: record.id
    )
  }

  /// Which policy holds from here on.
  func loaded() -> Change {
    return auditor.change(.policyLoaded(version: version, file: policyFile, environment: policy.environment))
  }

  /// A client's method that changes something.
  func control(_ method: String, _ details: JSONObject, by caller: Caller, job: String? = nil) -> Change {
    auditor.change(.control(method: method, details: details), by: caller, job: job)
  }

  /// What has become of an approval.
  func audit(_ record: ApprovalRecord) -> [Change] {
    guard let approval = Approval(record) else { return [] }
    let event: AuditEvent
    switch record.state {
    case .pending where approval.wasEscalated:
      event = .approvalExpired(id: approval.id, escalatedTo: approval.approvers.joined(separator: " and "))
    case .pending:
      var asked = AuditEvent.Approval(
        id: approval.id,
        tool: approval.tool,
        rules: approval.rules.map(\.name),
        hash: record.hash
      )
      asked.approver = approval.approvers.isEmpty ? nil : approval.approvers.joined(separator: " and ")
      asked.until = record.deadlineAt
      asked.policy = version
      event = .approvalAsked(asked)
    case .approved, .denied:
      event = .approvalAnswered(
        id: approval.id,
        isApproved: record.state == .approved,
        input: approval.editedInput,
        reason: record.reason
      )
    case .expired: event = .approvalExpired(id: approval.id, escalatedTo: nil)
    case .withdrawn: event = .control(method: "approval/withdrawn", details: ["approval": .string(approval.id)])
    }
    let person = approval.decidedBy.map { caller($0) }
    return [
      auditor.change(event, by: person, job: approval.job, step: approval.step, item: approval.item.map { Int($0) })
    ]
  }

  private func line(_ event: AuditEvent, _ occasion: Occasion, step act: Act) -> Change {
    auditor.change(
      event,
      by: occasion.caller,
      job: occasion.origin.id,
      step: occasion.isNested ? occasion.step ?? act.step : act.step,
      item: act.key.item
    )
  }
}

extension AuditSettings {
  init(_ rules: AuditRules) {
    self.init()
    inputs = Extent(rules.inputs)
    results = Extent(rules.results)
    redact = rules.redact
    keep = rules.keepMS > 0 ? Milliseconds(rules.keepMS) : nil
  }
}

extension AuditSettings.Extent {
  fileprivate init(_ recording: AuditRules.Recording) {
    switch recording {
    case .whole: self = .whole
    case .hash: self = .hash
    case .none: self = .none
    }
  }
}
