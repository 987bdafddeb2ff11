internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// What people see of what waits for them, and what they say about it.
extension Jobs {
  func list(_ message: ApprovalsList, answer: @escaping Answer<ApprovalsList.Response>) {
    let before = message.before.flatMap { Approvals.number($0) }
    if let id = message.before, before == nil { return answer(.failure(Self.noApproval(id))) }
    let states: [ApprovalRecord.State] = message.all ? ApprovalRecord.State.allCases : [.pending]
    let limit = Int(message.limit)
    journal.reader.read { [job = message.job] database -> [ApprovalRecord]? in
      guard let job else { return try database.approvals(states: states, before: before, limit: limit) }
      guard let record = try database.job(id: job) else { return nil }
      let found = try database.approvals(of: record.seq).filter { states.contains($0.state) }
      return Array(found.filter { $0.number < before ?? .max }.reversed().prefix(limit))
    } then: { result in
      switch result {
      case .success(let records?):
        answer(.success(ApprovalsList.Response(approvals: records.compactMap { Approval($0) })))
      case .success(nil): answer(.failure(Self.noJob(message.job ?? "")))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }

  /// - Parameter written: who decides, as it is written down.
  func decide(
    _ message: ApprovalsDecide,
    by caller: Caller,
    as written: JSON,
    answer: @escaping Answer<ApprovalsDecide.Response>
  ) {
    guard let number = Approvals.number(message.approval) else {
      return answer(.failure(Self.noApproval(message.approval)))
    }
    guard let record = judge.approvals.pending(number), let approval = Approval(record) else {
      return explain(number, answer)
    }
    do throws(WireError) {
      let decided = try self.decided(record, approval, message, caller, written)
      if message.input != nil, let hand = judge.meters.note(hand: caller.uid, in: record.job) {
        journal.commit([hand])
      }
      judge.approvals.settle(decided) { error in
        if let error { return answer(.failure(Self.storage(error))) }
        // What it will be from here on.
        answer(.success(ApprovalsDecide.Response(approval: Approval(decided) ?? approval)))
      }
    } catch {
      answer(.failure(error))
    }
  }

  private func decided(
    _ record: ApprovalRecord,
    _ approval: Approval,
    _ message: ApprovalsDecide,
    _ caller: Caller,
    _ written: JSON
  ) throws(WireError) -> ApprovalRecord {
    if let refusal = judge.refusal(of: caller, deciding: approval, job: record.job) { throw refusal }
    guard message.hash == record.hash else {
      throw WireError(
        .conflict,
        "\(approval.id) is about something else than what was decided: look at it again",
        data: ["hash": .string(record.hash)]
      )
    }
    var approval = approval
    if let input = message.input {
      // To answer a question is no edit.
      if judge.policy.fourEyes, PersonQuestion(approval.input, of: approval.tool ?? "") == nil {
        let why = "with 'four_eyes' nobody puts an input of their own in the place of another: deny it and say why"
        throw WireError(.forbidden, why)
      }
      approval.rules += try check(input, approval, record.job, caller)
    } else if message.decision == .approve, let tool = approval.tool {
      if let refusal = PersonQuestion(approval.input, of: tool)?.refusal { throw refusal }
    }
    if message.always != nil, approval.rules.contains(where: { $0.name == Judge.ownRule }) {
      throw .invalidParams("/always", "'always' is not for tool '\(approval.tool ?? "")': each call of it is decided")
    }
    if message.always != nil, approval.kind == "plan" {
      throw .invalidParams("/always", "'always' is for steps and calls: a plan is approved once")
    }
    var decided = record
    if message.input != nil { decided.what = approval.text }
    decided.state = message.decision == .approve ? .approved : .denied
    decided.decidedAt = WallTime.now
    decided.decidedBy = written.description
    decided.reason = message.reason
    decided.input = message.input?.description
    decided.always = message.always.map { JSON.array($0.map { .string($0) }).description }
    return decided
  }

  /// Another input in the place of what was asked for: the tool must take it, no rule may block it, and whoever puts it
  /// there must be one whom the rules name that ask about it. Those rules are the answer.
  private func check(
    _ input: JSON,
    _ approval: Approval,
    _ job: Int64,
    _ caller: Caller
  ) throws(WireError) -> [Approval.Rule] {
    guard let tool = approval.tool else {
      throw .invalidParams("/input", "a plan cannot be edited here: deny it and submit another one")
    }
    guard let entry = supervisor.catalog[tool] else {
      throw WireError(.unavailable, "no worker offers tool '\(tool)' at the moment")
    }
    if let refusal = entry.refusal(ofInput: input) ?? PersonQuestion(input, of: tool)?.refusal { throw refusal }
    if let size = input.bytes(over: Limit.inputBytes) {
      throw .limitExceeded("input_bytes", "input of tool '\(tool)'", value: size, limit: Limit.inputBytes)
    }
    let facts = Facts(
      .invocation,
      task: active[job]?.origin.task ?? JSONObject(),
      job: approval.job,
      step: approval.step,
      tool: tool,
      worker: approval.worker,
      input: input,
      needs: approval.needs,
      limits: approval.limits,
      caller: judge.caller(approval.caller)
    )
    let decision = judge.decide(facts, entry)
    if decision.effect == .block { throw Judge.blocked(decision) }
    let asking = decision.effect == .requireApproval ? decision.deciding : []
    let more = judge.rules(asking).filter { !approval.satisfies([$0]) }
    if let refusal = judge.refusal(of: caller, among: more.compactMap(\.approver), deciding: approval.id) {
      throw refusal
    }
    return more.map { Approval.Rule(name: $0.name, message: $0.message, approver: $0.approver) }
  }

  /// Why there is nothing to decide about.
  private func explain(_ number: Int64, _ answer: @escaping Answer<ApprovalsDecide.Response>) {
    let id = Approvals.id(number)
    if judge.approvals.isDeciding(number) {
      return answer(.failure(WireError(.conflict, "\(id) is being decided by somebody else")))
    }
    journal.reader.read { database in
      try database.approval(number)
    } then: { result in
      switch result {
      case .success(let record?) where record.state == .pending:
        answer(.failure(WireError(.conflict, "\(id) is of a job that is not in memory yet; try again")))
      case .success(let record?):
        let who = Self.parse(record.decidedBy)?["user"]?.stringValue.map { " by \($0)" } ?? ""
        let message = "\(id) is \(record.state.rawValue) already\(who)"
        answer(.failure(WireError(.conflict, message, data: ["state": .string(record.state.rawValue)])))
      case .success(nil): answer(.failure(Self.noApproval(id)))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }

  private static func noApproval(_ id: String) -> WireError {
    WireError(.notFound, "there is no approval \(quoted(id))", data: ["approval": .string(id)])
  }

  // MARK: Privileges

  /// Asked again while a worker that starts may offer what is missing, as a submission is.
  func privileges(_ message: PlanPrivileges, tries: Int = 100, answer: @escaping Answer<PlanPrivileges.Response>) {
    let (plan, mistakes) = check(message.plan)
    if let plan { return answer(.success(PlanPrivileges.Response(privileges: judge.privileges(of: plan)))) }
    guard mayBeOfferedSoon(mistakes), tries > 0, !isDraining else {
      return answer(.success(PlanPrivileges.Response(privileges: [], mistakes: mistakes)))
    }
    loop.schedule(after: 50) { [weak self] in self?.privileges(message, tries: tries - 1, answer: answer) }
  }
}
