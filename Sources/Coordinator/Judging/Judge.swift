internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// Decides about everything that is about to happen, in this order: what is never granted, guardrails and command rules,
/// limits and budgets, approvals. Everything that acts comes through here: steps of plans, direct calls, and calls that
/// workers make themselves.
///
/// Theory of operation. A decision depends on what is there at this moment and is made on the loop's thread; whatever
/// follows from it (a reservation, an approval that is asked for, a line of the audit log) is in the changes of the
/// verdict, which are written in one entry with the act's intent, before the act.
final class Judge {
  let approvals: Approvals
  let meters: Meters
  let metrics: Metrics
  let log: Logger
  let supervisor: Supervisor
  let names = AccountNames()
  private(set) var policy: Policy
  /// Of the policy; nil: nothing is configured.
  private(set) var version: String?
  /// That it was read from; nil: it is part of the configuration, or there is none.
  var policyFile: String?
  /// Makes the lines of the audit log.
  private(set) var auditor: AuditWriter
  /// Jobs that a limit on concurrent jobs counts, with whose they are.
  var runningJobs: [Int64: UInt32] = [:]

  init(_ journal: Journal, _ supervisor: Supervisor, log: Logger, policy: Policy) {
    approvals = Approvals(journal, supervisor.loop)
    meters = Meters()
    metrics = Metrics(journal, supervisor.loop, log: log)
    self.log = log
    self.supervisor = supervisor
    self.policy = policy
    version = policy == .none ? nil : policy.version
    auditor = AuditWriter(AuditSettings(policy.audit))
    meters.rules = policy.limits
    approvals.audit = { [unowned self] in audit($0) + metrics.approvalChanged($0) }
    metrics.waitingApprovals = { [unowned self] in approvals.pendingCount }
    metrics.audit = { [unowned self] in [auditor.change($0)] }
    metrics.take(policy.alerts)
  }

  /// Takes another policy; what was decided stays decided, what waits is asked anew when it goes on.
  func take(_ policy: Policy, file: String?) {
    self.policy = policy
    version = policy == .none ? nil : policy.version
    policyFile = file
    auditor = AuditWriter(AuditSettings(policy.audit))
    meters.rules = policy.limits
    metrics.take(policy.alerts)
  }

  // MARK: Acts

  /// Whether a tool may be invoked.
  func judge(_ act: Act, _ occasion: Occasion) -> Verdict {
    let entry = supervisor.catalog[act.tool]
    let worker = entry?.kind.manifest.name
    let needs = entry.map { act.needs.completed(by: $0.tool.needs) } ?? act.needs
    let wanted = needs.map {
      asked($0, of: act.tool, act.input, listed: act.needs?.listedPrograms, occasion.origin.ceiling)
    }
    if let wanted, let refusal = refusal(of: wanted, act.tool) { return refused(refusal, act, occasion) }
    var decision = decide(occasion.facts(.invocation, act, worker: worker), entry)
    let unapproved = wanted.map { policy.privileges.unapproved($0) }
    if let unapproved, !unapproved.isEmpty { decision = Decision(decision.matches + [Self.match([unapproved.listed])]) }
    if decision.effect == .block { return refused(Self.blocked(decision), act, occasion, decision) }
    let edited = edit(of: act, needs, occasion)
    if let edited {
      // Another policy may hold since it was approved.
      let other = decide(occasion.facts(.invocation, act.with(edited), worker: worker), entry)
      if other.effect == .block { return refused(Self.blocked(other), act, occasion, other) }
      decision = decision.asking(also: other)
    }
    let draw = draw(act, occasion, entry)
    if let overrun = meters.overrun(draw) { return over(overrun, act, occasion) }
    let input = edited ?? act.input
    if decision.effect == .requireApproval, edited != nil || !isCoveredByPlan(act, decision, occasion) {
      if case .verdict(let verdict) = answer(to: approval(of: act, needs, occasion, worker, decision), occasion) {
        return verdict
      }
    } else {
      // Another policy may have asked.
      approvals.withdrawPending(occasion.origin.job, row: occasion.row, kind: occasion.kind)
    }
    let reserved = meters.reserve(occasion.reservation, draw)
    let warning = decision.matches.filter { $0.effect == .warn }
    let warnings = warning.map { "\($0.rule): \($0.message)" }
    var verdict = Verdict(.go(input), warnings: warnings, budget: reserved.budget)
    verdict.changes =
      reserved.changes + [invoked(act, input, occasion, worker)] + metrics.hits(.warned, warning.map(\.rule))
    if !warning.isEmpty { verdict.changes.append(warned(decision, act, occasion)) }
    verdict.programs = programs(act, input, occasion)
    return verdict
  }

  /// With a list of commands that are allowed, or programs that the request grants, no other program is in the jail of a
  /// shell. nil: those that the call itself says.
  private func programs(_ act: Act, _ input: JSON, _ occasion: Occasion) -> [String]? {
    guard Policy.runsShell(act.tool, input) else { return nil }
    let allowed = policy.commands?.programs.map(policy.privileges.notForbidden)
    if let named = act.needs?.listedPrograms { return allowed.map { allowed in named.filter { allowed.contains($0) } } }
    guard let most = occasion.origin.ceiling?.listedPrograms else { return allowed }
    return allowed.map { allowed in most.filter { allowed.contains($0) } } ?? most
  }

  /// What the rules say, and the tool itself: one that asks a person asks for each call of it.
  func decide(_ facts: Facts, _ entry: CatalogEntry?) -> Decision {
    let decision = policy.decide(facts)
    guard facts.point == .invocation, let tool = entry?.tool, tool.needsApproval else { return decision }
    let own = Decision.Match(
      rule: Self.ownRule,
      effect: .requireApproval,
      message: "every call of the tool '\(tool.name)' waits for a person"
    )
    return Decision(decision.matches + [own])
  }

  /// Name of the rule that tools bring themselves. No approval but that of the very call satisfies it.
  static let ownRule = "needs_approval"

  static func blocked(_ decision: Decision) -> WireError {
    let match = decision.deciding.first
    return WireError(
      .blocked,
      "blocked by the rule '\(match?.rule ?? "")': \(match?.message ?? "")",
      data: ["rules": .array(decision.deciding.map { .string($0.rule) })]
    )
  }

  /// What counts as asked for. Where commands are allowed by name, a shell has no programs but theirs, and nobody is asked
  /// about these again; where a request grants programs, it has those.
  func asked(_ needs: Needs, of tool: String, _ input: JSON, listed: [String]?, _ ceiling: Needs?) -> Needs {
    guard Policy.runsShell(tool, input), listed == nil else { return needs }
    var needs = needs
    if policy.commands?.programs != nil {
      needs.programs = nil
    } else if let most = ceiling?.listedPrograms {
      needs.programs = most
    }
    return needs
  }

  /// Why privileges are never granted, whoever approves.
  func refusal(of needs: Needs, _ tool: String) -> WireError? {
    let forbidden = policy.privileges.forbidden(needs)
    guard !forbidden.isEmpty else { return nil }
    return WireError(
      .blocked,
      "tool '\(tool)' asks for what the policy never grants: \(forbidden.listed)"
        + (forbidden.programs.contains(Needs.allPrograms) ? "; hint: list its programs in 'needs'" : ""),
      data: ["rules": ["privileges/forbid"]]
    )
  }

  // MARK: Limits

  private func draw(_ act: Act, _ occasion: Occasion, _ entry: CatalogEntry?) -> Meters.Draw {
    Meters.Draw(
      uid: occasion.caller.uid,
      job: occasion.origin.job,
      tool: act.tool,
      isTask: occasion.kind == .call && !occasion.isNested,
      mayCost: entry?.kind.manifest.permissions.outboundNetwork ?? false,
      isOutermost: !occasion.isNested,
      budget: occasion.origin.budget
    )
  }

  private func over(_ overrun: Meters.Overrun, _ act: Act, _ occasion: Occasion) -> Verdict {
    let error = overrun.error(tool: act.tool)
    guard overrun.rule.over == .wait else {
      return Verdict(.refused(error), changes: [limitReached(overrun, occasion, step: act.step)])
    }
    return Verdict(.later(error, afterMS: overrun.freeInMS.map { min($0, 60_000) } ?? 1_000))
  }

  /// What an act really used: the reserved part that is left comes free. nil: it was not done after all. Time for which
  /// a person was waited for is not its own.
  func settle(
    _ reservation: String,
    tool: String,
    _ result: Result<ToolResult, WireError>?,
    of invocation: Invocation? = nil
  ) -> [Change] {
    meters.settle(reservation, tool: tool, result.map { Meters.Amounts($0) }, heldMS: invocation?.heldMS ?? 0)
  }

  // MARK: Approvals

  enum Answer {
    case approved(ApprovalRecord)
    case verdict(Verdict)
  }

  /// What was said before about exactly this, or that it is asked now.
  func answer(to approval: Approval, _ occasion: Occasion) -> Answer {
    if let asked = approvals.find(occasion.origin.job, row: occasion.row, hash: approval.hash) {
      let known = Approval(asked)
      switch asked.state {
      // A yes is good for those rules whose approvers gave it, and what waits is for those whom today's rules name.
      case .approved: if known?.satisfies(approval.rules) == true { return .approved(asked) }
      case .denied, .expired: return .verdict(Verdict(.refused(Self.denial(asked))))
      case .pending:
        if let known, known.isAsked(like: approval) { return .verdict(Verdict(.ask(Self.waiting(known)))) }
        approvals.withdraw([asked])
      case .withdrawn: break
      }
    }
    if let standing = approvals.standing(for: approval, occasion.origin.job) { return .approved(standing) }
    approvals.withdrawPending(occasion.origin.job, row: occasion.row, kind: occasion.kind)
    let (record, changes) = approvals.ask(approval, occasion.origin.job, row: occasion.row, kind: occasion.kind)
    return .verdict(Verdict(.ask(Self.waiting(Approval(record) ?? approval)), changes: changes))
  }

  static func waiting(_ approval: Approval) -> WireError {
    let rules = approval.rules.map { "\($0.name): \($0.message)" }.joined(separator: "; ")
    return WireError(
      .approvalRequired,
      "waits for a person (\(approval.id)): \(rules)",
      data: ["approval": .string(approval.id), "hash": .string(approval.hash)]
    )
  }

  static func denial(_ record: ApprovalRecord) -> WireError {
    let id = Approvals.id(record.number)
    let who = Jobs.parse(record.decidedBy)?["user"]?.stringValue
    let why =
      record.state == .expired
      ? "nobody decided about \(id) in time"
      : "\(who ?? "somebody") denied \(id)" + (record.reason.map { ": \($0)" } ?? "")
    return WireError(.approvalDenied, why, data: ["approval": .string(id)])
  }

  /// What a person gets to see of an act.
  func approval(
    of act: Act,
    _ needs: Needs?,
    _ occasion: Occasion,
    _ worker: String?,
    _ decision: Decision
  ) -> Approval {
    var approval = newApproval(hash(of: act, needs, occasion), occasion, decision.deciding)
    approval.step = act.step
    approval.item = act.key.item.map { Int64($0) }
    approval.tool = act.tool
    approval.worker = worker
    approval.input = act.input
    approval.needs = needs
    approval.limits = act.limits
    return approval
  }

  private func hash(of act: Act, _ needs: Needs?, _ occasion: Occasion) -> String {
    Approvals.hash(
      job: occasion.origin.id,
      step: act.step,
      item: act.key.item.map { Int64($0) },
      generation: act.generation,
      tool: act.tool,
      input: act.input,
      needs: needs,
      limits: act.limits
    )
  }

  /// The input that an approver put in the place of exactly this one, whether or not a rule still asks.
  private func edit(of act: Act, _ needs: Needs?, _ occasion: Occasion) -> JSON? {
    Jobs.parse(approvals.edit(occasion.origin.job, row: occasion.row) { hash(of: act, needs, occasion) })
  }

  func newApproval(_ hash: String, _ occasion: Occasion, _ matches: [Decision.Match]) -> Approval {
    let defaults = policy.approvals
    let now = WallTime.now
    let timeout = matches.compactMap(\.timeoutMS).min() ?? defaults.timeoutMS
    var approval = Approval(
      id: "",
      job: occasion.origin.id,
      kind: occasion.kind.rawValue,
      state: "pending",
      hash: hash,
      createdAt: now,
      deadlineAt: now + timeout
    )
    approval.take(rules(matches))
    approval.generation = occasion.origin.generation
    approval.caller = occasion.origin.callerJSON
    return approval
  }

  private func refused(
    _ error: WireError,
    _ act: Act,
    _ occasion: Occasion,
    _ decision: Decision = .allow
  ) -> Verdict {
    return Verdict(
      .refused(error),
      changes: [refusal(error, act, occasion, decision)] + metrics.hits(.blocked, error.rules)
    )
  }
}

extension WireError {
  /// Of a refusal: the rules that say so.
  var rules: [String] { data["rules"]?.arrayValue?.compactMap(\.stringValue) ?? [] }
}
