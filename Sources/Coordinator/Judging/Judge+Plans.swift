internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Policy
internal import Supervision
internal import Wire

/// Decisions about jobs as a whole, before anything of them runs, and about steps that a plan grows by.
extension Judge {
  /// Whether a job may run a part of its plan.
  func judge(_ part: PlanPart, _ occasion: Occasion) -> Verdict {
    let privileges = privileges(of: part, ceiling: occasion.origin.ceiling)
    func record(_ decision: Decision) -> Change {
      decided(decision, at: .plan, about: part.plan.source, by: occasion.caller, job: occasion.origin.id)
    }
    if let forbidden = privileges.first(where: { $0.verdict == "forbidden" }) {
      let error = Self.forbidden(forbidden)
      return Verdict(
        .refused(error),
        changes: [record(Self.decision(error))] + metrics.hits(.blocked, error.rules)
      )
    }
    let isFirst = part.steps.lowerBound == 0
    var matches = isFirst ? requestMatches(occasion) : []
    for match in planMatches(part, occasion) where !matches.contains(where: { $0.rule == match.rule }) {
      matches.append(match)
    }
    let asked = privileges.filter { $0.verdict == "asks" }
    if !asked.isEmpty { matches.append(Self.match(asked.map { "\($0.kind) \($0.value)" })) }
    let decision = Decision(matches)
    if decision.effect == .block {
      return Verdict(
        .refused(Self.blocked(decision)),
        changes: [record(decision)] + metrics.hits(.blocked, decision.deciding.map(\.rule))
      )
    }
    var changes: [Change] = []
    if decision.effect == .requireApproval {
      switch answer(to: approval(of: part, privileges, occasion, decision), occasion) {
      case .approved: break
      case .verdict(let verdict): return verdict
      }
    } else {
      approvals.withdrawPending(occasion.origin.job, row: occasion.row, kind: .plan)
    }
    if isFirst {
      let admission = admit(occasion)
      if case .go = admission.outcome { changes = admission.changes } else { return admission }
    }
    let warning = matches.filter { $0.effect == .warn }
    let warnings = warning.map { "\($0.rule): \($0.message)" }
    if !warning.isEmpty { changes.append(record(decision)) }
    return Verdict(.go(.null), changes: changes + metrics.hits(.warned, warning.map(\.rule)), warnings: warnings)
  }

  /// What the rules say about a request, in words.
  private func requestMatches(_ occasion: Occasion) -> [Decision.Match] {
    let origin = occasion.origin
    let facts = Facts(
      .request,
      task: origin.task,
      job: origin.id,
      needs: origin.ceiling,
      caller: occasion.caller
    )
    return policy.decide(facts).matches
  }

  /// Why nobody needs to be asked: it will be refused. nil: it may be.
  func blocks(_ task: JSONObject, _ ceiling: Needs?, _ caller: Caller) -> WireError? {
    let decision = policy.decide(Facts(.request, task: task, needs: ceiling, caller: caller))
    return decision.effect == .block ? Self.blocked(decision) : nil
  }

  private func planMatches(_ part: PlanPart, _ occasion: Occasion) -> [Decision.Match] {
    part.steps.flatMap { decision(onStep: $0, of: part.plan, occasion, terms: part.terms).matches }
  }

  /// What the rules say about a step of a plan, its input as it was written; `terms` of tools that nobody offers yet.
  private func decision(
    onStep index: Int,
    of plan: Plan,
    _ occasion: Occasion,
    terms: [String: ToolTerms] = [:]
  ) -> Decision {
    let step = plan.steps[index]
    if occasion.origin.task["mode"] != nil, Stage(id: step.id) != nil { return .allow }
    let entry = supervisor.catalog[step.tool]
    let agreed = entry == nil ? terms[step.tool] : nil
    let act = Act(
      key: StepKey(index),
      step: step.id,
      tool: step.tool,
      input: plan.source["steps"]?.arrayValue?[index]["input"] ?? .null,
      needs: step.needs.completed(by: entry?.tool.needs ?? agreed?.needs),
      limits: step.limits
    )
    return decide(occasion.facts(.plan, act, worker: entry?.kind.manifest.name ?? agreed?.worker), entry)
  }

  /// What the policy does not permit of a plan's steps as they stand, each with its place.
  func refusals(of plan: Plan, _ occasion: Occasion) -> [(path: String, error: WireError)] {
    plan.steps.indices.compactMap { index in
      let decision = decision(onStep: index, of: plan, occasion)
      return decision.effect == .block ? ("/steps/\(index)", Self.blocked(decision)) : nil
    }
      + privileges(of: plan, ceiling: occasion.origin.ceiling).compactMap { privilege in
        guard privilege.verdict == "forbidden" else { return nil }
        guard let step = privilege.steps.first.flatMap({ plan.index(of: $0) }) else { return nil }
        return ("/steps/\(step)/needs", Self.forbidden(privilege))
      }
  }

  /// The same, for whoever made the plan.
  func mistakes(of plan: Plan, _ occasion: Occasion) -> [PlanMistake] {
    refusals(of: plan, occasion).map {
      PlanMistake(path: $0.path, name: $0.error.name.rawValue, message: $0.error.message)
    }
  }

  private static func forbidden(_ privilege: Privilege) -> WireError {
    WireError(
      .blocked,
      "the policy never grants \(privilege.kind) \(privilege.value), which step '\(privilege.steps.first ?? "")' asks for",
      data: ["rules": ["privileges/forbid"]]
    )
  }

  static func match(_ privileges: [String]) -> Decision.Match {
    let shown = privileges.prefix(8).joined(separator: ", ")
    let more = privileges.count > 8 ? " and \(privileges.count - 8) more" : ""
    return Decision.Match(rule: "privileges", effect: .requireApproval, message: "it asks for \(shown)\(more)")
  }

  private func approval(
    of part: PlanPart,
    _ privileges: [Privilege],
    _ occasion: Occasion,
    _ decision: Decision
  ) -> Approval {
    let first = part.steps.lowerBound
    let steps = JSON.array(part.steps.map { part.plan.source["steps"]?.arrayValue?[$0] ?? .null })
    let hash = Approvals.hash(
      job: occasion.origin.id,
      step: nil,
      item: Int64(first),
      generation: occasion.origin.generation,
      tool: "",
      input: ["steps": steps, "task": .object(occasion.origin.task), "privileges": .array(privileges.map(\.json))],
      needs: nil,
      limits: nil
    )
    var approval = newApproval(hash, occasion, decision.deciding)
    approval.input = steps
    approval.privileges = privileges
    return approval
  }

  // MARK: Letting jobs in

  private func admit(_ occasion: Occasion) -> Verdict {
    let (seq, uid) = (occasion.origin.job, occasion.caller.uid)
    if meters.wasAdmitted(seq, occasion.origin.generation) {
      runningJobs[seq] = uid
      return Verdict(.go(.null))
    }
    for rule in policy.limits where rule.of == .concurrentJobs {
      let count = Int64(runningJobs.count { $0.key != seq && (rule.sharing == .everyone || $0.value == uid) })
      guard count >= rule.atMost else { continue }
      return tooMany(Meters.Overrun(rule: rule, used: count, freeInMS: nil), pollMS: 500)
    }
    let draw = Meters.Draw(uid: uid, job: seq, tool: nil, isTask: true, mayCost: false, isOutermost: true, budget: nil)
    if let overrun = meters.overrun(draw) {
      return tooMany(overrun, pollMS: overrun.freeInMS.map { min($0, 60_000) } ?? 60_000)
    }
    runningJobs[seq] = uid
    guard !policy.limits.isEmpty else { return Verdict(.go(.null)) }
    let reserved = meters.reserve("job:\(seq)", draw)
    return Verdict(.go(.null), changes: reserved.changes + [meters.admit(seq, occasion.origin.generation)])
  }

  private func tooMany(_ overrun: Meters.Overrun, pollMS: Int64) -> Verdict {
    let error = overrun.error(tool: nil)
    return overrun.rule.over == .fail ? Verdict(.refused(error)) : Verdict(.later(error, afterMS: pollMS))
  }

  /// A job comes into memory: what was decided about it, and what it has used.
  func adopt(_ stored: StoredJob) {
    approvals.adopt(stored.approvals, stored.record.seq)
    meters.adopt(stored.meters, job: stored.record.seq)
  }

  /// A job is over: its place is free.
  func jobEnded(_ seq: Int64) {
    runningJobs[seq] = nil
    _ = meters.settle("job:\(seq)", tool: nil, Meters.Amounts())
    meters.forget(job: seq)
    approvals.jobEnded(seq)
  }

  // MARK: Coverage

  /// Whether the approval of a plan, or of what it grew by, is good for an act of one of the steps that it showed: it
  /// named the privileges, and it showed every input that was literal.
  func isCoveredByPlan(_ act: Act, _ decision: Decision, _ occasion: Occasion) -> Bool {
    guard occasion.kind == .step else { return false }
    let asked = rules(decision.deciding)
    guard asked.allSatisfy({ $0.name != Self.ownRule && (act.isLiteral || $0.name == "privileges") }) else {
      return false
    }
    return approvals.plans(of: occasion.origin.job, generation: act.generation).contains { approved in
      approved.input?.arrayValue?.contains(act.written) == true && approved.satisfies(asked)
    }
  }
}

extension Privilege {
  fileprivate var json: JSON {
    ["kind": .string(kind), "value": .string(value), "steps": .array(steps.map { .string($0) })]
  }
}
