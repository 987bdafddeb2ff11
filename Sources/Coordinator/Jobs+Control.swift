internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Policy
internal import Wire

/// What people do to jobs. Every answer comes when what was decided is on disk.
extension Jobs {
  /// Finds a job by its id and has `body` change it; one that is only on disk is read first. `isHand`: what the job does
  /// from then on is the caller's doing, too.
  private func change(
    _ id: String,
    by caller: Caller,
    isHand: Bool = false,
    tries: Int = 3,
    answer: @escaping Answer<JobChange>,
    _ body: @escaping (ActiveJob) throws(WireError) -> Event
  ) {
    let perform = { [self] (job: ActiveJob) in
      let event: Event
      do throws(WireError) {
        try checkOwner(job.record, caller)
        event = try body(job)
      } catch {
        return answer(.failure(error))
      }
      let hand = isHand ? judge.meters.note(hand: caller.uid, in: job.machine.seq) : nil
      apply(job.machine.handle(event, context(job)), job, with: hand.map { [$0] } ?? []) { [self] error in
        report(job.machine.seq, error, answer)
      }
    }
    if let seq = ids[id], let job = active[seq] { return perform(job) }
    read(id, answer: answer) { [weak self] stored in
      guard let self else { return }
      if let job = active[stored.record.seq] { return perform(job) }
      let state = stored.record.state.rawValue
      if stored.record.kind == .call, !stored.record.state.isFinal {
        let why = "'\(id)' is a call: it is its caller's to cancel, and cannot be changed otherwise"
        return answer(.failure(WireError(.conflict, why, data: ["state": .string(state)])))
      }
      if stored.record.state.isFinal {
        return answer(
          .failure(WireError(.conflict, "job '\(id)' has ended (\(state))", data: ["state": .string(state)]))
        )
      }
      // An open job is here or in the queue: this one has moved on since it was read.
      if !isWaitingToRun(stored.record.seq), tries > 0 {
        return change(id, by: caller, isHand: isHand, tries: tries - 1, answer: answer, body)
      }
      withdrawQueued(stored.record.seq)
      guard let job = load(stored) else {
        return answer(.failure(WireError(.internalError, "job '\(id)' cannot be read")))
      }
      perform(job)
      // It was queued and nothing has happened to it: back to where it was.
      if job.machine.state == .queued {
        active[job.machine.seq] = nil
        ids[id] = nil
        enqueue(job.machine.seq, priority: job.priority)
      } else if !job.machine.isFinal {
        watchDeadline(job)
      }
    }
  }

  /// Jobs are their submitter's, and an admin's.
  private func checkOwner(_ record: JobRecord, _ caller: Caller) throws(WireError) {
    let owner = Self.parse(record.caller)?["uid"]?.integerValue
    guard caller.role < .admin, owner != Int64(caller.uid) else { return }
    throw WireError(
      .forbidden,
      "job '\(record.id)' is somebody else's: only who asked for it, or an admin, may change it",
      data: ["job": .string(record.id)]
    )
  }

  /// Answers with the job as it is on disk.
  private func report(_ seq: Int64, _ error: JournalError?, _ answer: @escaping Answer<JobChange>) {
    if let error { return answer(.failure(Self.storage(error))) }
    journal.reader.read { database in
      try database.job(seq: seq)
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let record?): answer(.success(JobChange(job: summary(record))))
      case .success(nil): answer(.failure(WireError(.notFound, "the job was removed")))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }

  /// Reads a job; `body` is called for one that exists.
  func read<T>(_ id: String, answer: @escaping Answer<T>, _ body: @escaping (StoredJob) -> Void) {
    journal.reader.read { database -> StoredJob? in
      guard let record = try database.job(id: id) else { return nil }
      return try StoredJob(record.seq, database)
    } then: { result in
      switch result {
      case .success(let stored?): body(stored)
      case .success(nil): answer(.failure(Self.noJob(id)))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }

  func cancel(_ message: JobCancel, by caller: Caller, answer: @escaping Answer<JobChange>) {
    change(message.job, by: caller, answer: answer) { _ in .cancel }
  }

  func pause(_ message: JobPause, by caller: Caller, answer: @escaping Answer<JobChange>) {
    change(message.job, by: caller, answer: answer) { job throws(WireError) in
      guard job.machine.state != .cancelling else {
        throw WireError(.conflict, "job '\(message.job)' is being cancelled")
      }
      return .pause
    }
  }

  func resume(_ message: JobResume, by caller: Caller, answer: @escaping Answer<JobChange>) {
    change(message.job, by: caller, isHand: true, answer: answer) { _ in .resume }
  }

  func resolve(_ message: JobResolve, by caller: Caller, answer: @escaping Answer<JobChange>) {
    change(message.job, by: caller, isHand: true, answer: answer) { job throws(WireError) in
      guard let step = job.machine.plan.index(of: message.step) else {
        throw Self.noStep(message.step, job.machine.plan)
      }
      let key = StepKey(step, item: message.item.map { Int($0) })
      guard job.machine.isUnknown(key) else {
        throw WireError(
          .conflict,
          "step '\(message.step)' is not unknown: nothing is to be resolved",
          data: ["step": .string(message.step)]
        )
      }
      switch message.outcome {
      case .succeeded: return .resolve(key, .succeeded(message.output ?? .null))
      case .failed: return .resolve(key, .failed)
      case .retry: return .resolve(key, .retry)
      case .skip: return .resolve(key, .skip)
      }
    }
  }

  private static func noStep(_ id: String, _ plan: Plan) -> WireError {
    let nearest = nearest(to: id, among: plan.steps.map(\.id))
    return WireError(
      .notFound,
      "the plan has no step \(quoted(id))" + (nearest.map { " (did you mean '\($0)'?)" } ?? ""),
      data: ["step": .string(id)]
    )
  }

  // MARK: Again

  func retry(_ message: JobRetry, by caller: Caller, answer: @escaping Answer<JobChange>) {
    if isDraining { return answer(.failure(WireError(.draining, "the coordinator accepts no new work"))) }
    read(message.job, answer: answer) { [weak self] stored in
      guard let self else { return }
      do throws(WireError) {
        try checkOwner(stored.record, caller)
        try reopen(stored, from: message.from, by: caller, answer: answer)
      } catch {
        answer(.failure(error))
      }
    }
  }

  private func reopen(
    _ stored: StoredJob,
    from: String?,
    by caller: Caller,
    answer: @escaping Answer<JobChange>
  ) throws(WireError) {
    var record = stored.record
    guard record.kind == .plan else {
      throw WireError(.conflict, "'\(record.id)' is a call, which is made anew instead")
    }
    guard record.state.isFinal, active[record.seq] == nil else {
      throw WireError(.conflict, "job '\(record.id)' has not ended (\(record.state.rawValue))")
    }
    var spec = try spec(of: record)
    var start: Int?
    if let from {
      guard let index = spec.plan.index(of: from) else { throw Self.noStep(from, spec.plan) }
      start = index
      spec = try cut(spec, at: index)
    }
    let again = JobMachine.again(
      spec.plan,
      from: start,
      stored.steps,
      replaced: spec.assignment?.replaced ?? []
    )
    if again.isEmpty {
      throw WireError(.conflict, "every step of job '\(record.id)' succeeded; name one to begin with")
    }
    var machine = Self.machine(record, spec, lastEvent: stored.lastEvent)
    let kept = stored.steps.filter { $0.key.step < spec.plan.steps.count }
    let effects = try machine.reopen(kept, again: again, from: from, context())
    record.state = .queued
    record.stepCount = Int64(spec.plan.steps.count)
    record.generation = machine.generation
    record.endedAt = nil
    record.reason = nil
    // Its deadline and its start were those of the generation before.
    record.deadlineAt = nil
    record.startedAt = nil
    judge.adopt(stored)
    let job = ActiveJob(machine, record)
    active[record.seq] = job
    ids[record.id] = record.seq
    let hand = judge.meters.note(hand: caller.uid, in: record.seq)
    apply(effects, job, with: hand.map { [$0] } ?? []) { [weak self] error in
      guard let self else { return }
      report(record.seq, error, answer)
      if error == nil { begin(job) }
    }
  }

  /// What is planned anew forgets what had been planned.
  private func cut(_ spec: JobSpec, at step: Int) throws(WireError) -> JobSpec {
    do throws(PlanErrors) {
      return try spec.cut(beforeWhatGrewFrom: step)
    } catch {
      throw WireError(.internalError, "the plan cannot be cut off behind '\(spec.plan.steps[step].id)': \(error)")
    }
  }

  private func spec(of record: JobRecord) throws(WireError) -> JobSpec {
    do {
      return try JobSpec(record.spec)
    } catch {
      throw WireError(.internalError, "the plan of job '\(record.id)' cannot be read: \(error)")
    }
  }

  func fork(_ message: JobFork, caller: JSON, answer: @escaping Answer<JobChange>) {
    if isDraining { return answer(.failure(WireError(.draining, "the coordinator accepts no new work"))) }
    read(message.job, answer: answer) { [weak self] stored in
      guard let self else { return }
      do throws(WireError) {
        try fork(stored, message, caller, answer: answer)
      } catch {
        answer(.failure(error))
      }
    }
  }

  private func fork(
    _ stored: StoredJob,
    _ message: JobFork,
    _ caller: JSON,
    answer: @escaping Answer<JobChange>
  ) throws(WireError) {
    guard stored.record.kind == .plan else {
      throw WireError(.conflict, "'\(stored.record.id)' is a call, which has no steps to fork from")
    }
    var old = try spec(of: stored.record)
    guard let from = old.plan.index(of: message.from) else { throw Self.noStep(message.from, old.plan) }
    old = try cut(old, at: from)
    let (checked, mistakes) = check(
      old.plan.source.replacing(input: message.input, ofStep: from),
      isPlanned: old.assignment != nil
    )
    guard let plan = checked else { throw Self.invalid(mistakes) }
    let again = JobMachine.again(plan, from: from, stored.steps, replaced: old.assignment?.replaced ?? [])
    var tools: [String: ToolTerms] = [:]
    for step in plan.steps where tools[step.tool] == nil { tools[step.tool] = offer(step.tool)?.terms }
    let spec = JobSpec(
      plan: plan,
      tools: tools,
      assignment: old.assignment,
      recipe: old.recipe,
      budget: old.budget
    )
    let seq = journal.takeSeq()
    var record = stored.record
    record.seq = seq
    record.id = message.id ?? "job-\(seq)"
    record.state = .queued
    record.generation = 1
    record.caller = caller.description
    record.hash = "fork of \(stored.record.id) from \(message.from)"
    record.spec = spec.text
    record.stepCount = Int64(plan.steps.count)
    record.createdAt = WallTime.now
    record.startedAt = nil
    record.endedAt = nil
    record.deadlineAt = nil
    record.reason = nil
    record.result = nil
    var machine = Self.machine(record, spec)
    let kept = stored.steps.filter { $0.key.step < plan.steps.count && !again.contains($0.key.step) }
    let taken = kept.map { row in
      var row = row
      row.generation = 1
      return row
    }
    let effects = try machine.adopt(taken)
    guard ids[record.id] == nil, reserved.insert(record.id).inserted else {
      throw WireError(.conflict, "there is a job '\(record.id)' already")
    }
    let final = record
    journal.reader.read { database in
      try database.job(id: final.id)
    } then: { [weak self] result in
      guard let self else { return }
      guard case .success(nil) = result else {
        reserved.remove(final.id)
        return answer(.failure(WireError(.conflict, "there is a job '\(final.id)' already")))
      }
      enter(final, machine, effects) { [self] result in
        reserved.remove(final.id)
        answer(result.map { JobChange(job: summary(final)) })
      }
    }
  }
}

extension JSON {
  /// A plan with another input of one step; nil leaves it as it is.
  fileprivate func replacing(input: JSON?, ofStep index: Int) -> JSON {
    guard let input, case .object(var plan) = self, case .array(var steps)? = plan["steps"],
      case .object(var step) = steps[index]
    else { return self }
    step["input"] = input
    steps[index] = .object(step)
    plan["steps"] = .array(steps)
    return .object(plan)
  }
}
