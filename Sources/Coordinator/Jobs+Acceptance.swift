internal import Digest
internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Plan
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// From a submission to a job on disk.
extension Jobs {
  typealias Answer<T> = (Result<T, WireError>) -> Void

  /// A submission with an id is looked up first: the same one made again is answered whatever has become of its tools.
  func submit(_ message: JobSubmit, caller: JSON, answer: @escaping Answer<JobSubmit.Response>) {
    if isDraining { return answer(.failure(WireError(.draining, "the coordinator accepts no new work"))) }
    guard let id = message.id else { return accept(message, caller, answer: answer) }
    guard reserved.insert(id).inserted else {
      // The same submission may be on its way to the disk, by a client that lost its connection and asks again.
      loop.schedule(after: 10) { [weak self] in self?.submit(message, caller: caller, answer: answer) }
      return
    }
    let done: Answer<JobSubmit.Response> = { [weak self] result in
      self?.reserved.remove(id)
      answer(result)
    }
    let hash = Self.hash(message)
    journal.reader.read { database in
      try database.job(id: id)
    } then: { [weak self] result in
      switch result {
      case .success(nil): self?.accept(message, caller, answer: done)
      case .success(let known?) where known.hash == hash && known.kind == .plan:
        guard let self else { return }
        done(.success(JobSubmit.Response(job: summary(known), isExisting: true)))
      case .success:
        done(.failure(WireError(.conflict, "there is a job '\(id)' with other content", data: ["job": .string(id)])))
      case .failure(let error): done(.failure(Self.storage(error)))
      }
    }
  }

  /// Checks a new submission, again while a worker that starts may offer what is missing.
  private func accept(
    _ message: JobSubmit,
    _ caller: JSON,
    tries: Int = 100,
    answer: @escaping Answer<JobSubmit.Response>
  ) {
    let start: Start
    do throws(WireError) {
      start = try self.start(message.work)
    } catch {
      return answer(.failure(error))
    }
    if let refusal = refusal(of: start) { return answer(.failure(refusal)) }
    if let blocked = blocks(start, caller) {
      note([blocked], at: .request, about: .object(start.assignment?.task ?? JSONObject()), caller)
      return answer(.failure(blocked))
    }
    let (checked, mistakes) = check(start.plan, isPlanned: start.assignment != nil)
    if let plan = checked {
      let refusals = refusals(of: plan, start, caller)
      if refusals.isEmpty { return accept(plan, start, message, caller, answer: answer) }
      note(refusals.map(\.error), at: .plan, about: plan.source, caller)
      let blocked = refusals.map { PlanMistake(path: $0.path, name: $0.error.name.rawValue, message: $0.error.message) }
      return answer(.failure(Self.invalid(blocked)))
    }
    guard mayBeOfferedSoon(mistakes), tries > 0, !isDraining else { return answer(.failure(Self.invalid(mistakes))) }
    loop.schedule(after: 50) { [weak self] in self?.accept(message, caller, tries: tries - 1, answer: answer) }
  }

  /// Why the policy does not have a request taken on.
  private func blocks(_ start: Start, _ caller: JSON) -> WireError? {
    start.assignment.flatMap { judge.blocks($0.task, $0.request.needs, judge.caller(caller)) }
  }

  /// What rules refused is in the audit log and in the metrics, though there is no job.
  private func note(_ refusals: [WireError], at point: Facts.Point, about work: JSON, _ caller: JSON) {
    let hits = judge.metrics.hits(.blocked, refusals.flatMap(\.rules))
    let decision = Decision(refusals.flatMap { Judge.decision($0).matches })
    journal.commit([judge.decided(decision, at: point, about: work, by: judge.caller(caller), job: nil)] + hits)
  }

  private func refusals(of plan: Plan, _ start: Start, _ caller: JSON) -> [(path: String, error: WireError)] {
    var task = start.assignment?.task ?? JSONObject()
    if start.assignment == nil { task["description"] = plan.description.map { .string($0) } }
    let origin = Origin(job: 0, id: "", caller: caller, task: task)
    return judge.refusals(
      of: plan,
      Occasion(
        origin: origin,
        row: 0,
        kind: .plan,
        caller: origin.caller(judge),
        isNested: false,
        reservation: ""
      )
    )
  }

  static func invalid(_ mistakes: [PlanMistake]) -> WireError {
    let more = mistakes.count > 1 ? " (and \(mistakes.count - 1) more)" : ""
    let listed = mistakes.map { mistake -> JSON in
      ["path": .string(mistake.path), "name": .string(mistake.name), "message": .string(mistake.message)]
    }
    return WireError(
      .invalidPlan,
      "the plan cannot be run: \(mistakes.first?.message ?? "")\(more)",
      data: ["mistakes": .array(listed)]
    )
  }

  static func storage(_ error: JournalError) -> WireError {
    WireError(.storageFailed, error.message, data: ["reason": .string(error.kind.rawValue)])
  }

  /// Of all that makes two submissions the same.
  private static func hash(_ message: JobSubmit) -> String {
    var writer = JSONWriter()
    writer.object(JobSubmit(message.work))
    let work = (try? JSON(parsing: writer.finish())) ?? .null  // Safety: the writer's own output is JSON.
    var budget = JSON.null
    if let given = message.budget {
      var writer = JSONWriter()
      writer.object(given)
      budget = (try? JSON(parsing: writer.finish())) ?? .null  // Safety: as above.
    }
    let content: JSON = [
      "work": work, "priority": .integer(message.priority ?? 5),
      "deadline_ms": message.deadlineMS.map { .integer($0) } ?? .null, "paused": .bool(message.isPaused),
      "budget": budget,
    ]
    return SHA256.digest(content.canonical())
  }

  private func accept(
    _ plan: Plan,
    _ start: Start,
    _ message: JobSubmit,
    _ caller: JSON,
    answer: @escaping Answer<JobSubmit.Response>
  ) {
    let seq = journal.takeSeq()
    let now = WallTime.now
    var tools: [String: ToolTerms] = [:]
    for step in plan.steps where tools[step.tool] == nil { tools[step.tool] = offer(step.tool)?.terms }
    let spec = JobSpec(
      plan: plan,
      tools: tools,
      assignment: start.assignment,
      recipe: start.recipe,
      budget: message.budget
    )
    var record = JobRecord(
      seq: seq,
      id: message.id ?? "job-\(seq)",
      kind: .plan,
      state: message.isPaused ? .paused : .queued,
      priority: message.priority ?? 5,
      title: plan.description ?? plan.requestID ?? plan.steps.map(\.id).prefix(4).joined(separator: ", "),
      caller: caller.description,
      hash: Self.hash(message),
      spec: spec.text,
      stepCount: Int64(plan.steps.count),
      createdAt: now
    )
    record.deadlineAt = message.deadlineMS.map { now + $0 }
    enter(record, Self.machine(record, spec), []) { [self] in
      answer($0.map { _ in JobSubmit.Response(job: summary(record)) })
    }
  }

  /// Writes a new job down and, when it is on disk, answers and starts it or puts it into the queue.
  func enter(_ record: JobRecord, _ machine: JobMachine, _ adopted: [Effect], answer: @escaping Answer<Void>) {
    CrashPoint.hit(.beforeAccept)
    var accepted = EventRecord(job: record.seq, number: 1, at: record.createdAt, kind: "job.accepted")
    var what: JSONObject = ["steps": .integer(record.stepCount)]
    if let route = machine.assignment?.route {
      what["mode"] = .string(route.mode.rawValue)
      what["reason"] = .string(route.reason)
    }
    what["recipe"] = machine.spec.recipe.map { .string($0.name) }
    accepted.data = JSON.object(what).description
    let asked = machine.assignment != nil ? "request" : machine.spec.recipe != nil ? "recipe" : "plan"
    var changes: [Change] = [.insertJob(record), .event(accepted)]
    changes.append(judge.requested(asked, record, by: Self.parse(record.caller) ?? .null))
    let digests = machine.plan.source.artifactDigests
    if !digests.isEmpty { changes.append(.artifacts(job: record.seq, digests)) }
    for case .write(let change) in adopted { changes.append(change) }
    journal.commit(changes, refusable: true) { [weak self] error in
      guard let self else { return }
      if let error { return answer(.failure(Self.storage(error))) }
      CrashPoint.hit(.afterAccept)
      answer(.success(()))
      let hasRoom = runningCount < settings.activeJobs && queuedCount == 0 && !isDraining
      if record.state == .paused || hasRoom {
        begin(ActiveJob(machine, record))
      } else {
        enqueue(record.seq, priority: record.priority)
      }
    }
  }

  /// A job is in memory from here on.
  func begin(_ job: ActiveJob) {
    active[job.machine.seq] = job
    ids[job.machine.id] = job.machine.seq
    // What was queued past its deadline does not begin.
    if let at = job.record.deadlineAt, WallTime.now >= at { return handle(.deadline, job) }
    watchDeadline(job)
    if job.machine.state == .queued { handle(.start, job) }
  }

  /// What remains is counted by the clock that never steps. Wall time only bridges the time between two starts, and a
  /// step of it never gives more than there was.
  func watchDeadline(_ job: ActiveJob) {
    guard let at = job.record.deadlineAt, job.deadline == nil else { return }
    let remaining = max(0, min(at - WallTime.now, at - job.record.createdAt))
    job.deadline = loop.schedule(after: Milliseconds(remaining)) { [weak self, weak job] in
      guard let self, let job else { return }
      job.deadline = nil
      handle(.deadline, job)
    }
  }

  static func machine(_ record: JobRecord, _ spec: JobSpec, lastEvent: Int64 = 1) -> JobMachine {
    JobMachine(
      seq: record.seq,
      id: record.id,
      plan: spec.plan,
      tools: spec.tools,
      state: record.state,
      generation: record.generation,
      reason: parse(record.reason),
      lastEvent: lastEvent,
      assignment: spec.assignment,
      recipe: spec.recipe,
      budget: spec.budget,
      parts: spec.parts,
      hasBegun: record.startedAt != nil
    )
  }
}
