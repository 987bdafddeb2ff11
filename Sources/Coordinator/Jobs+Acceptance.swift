internal import Digest
internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Plan
internal import Posix
internal import Supervision
internal import Wire

/// From a submission to a job on disk, and from the disk back into memory.
extension Jobs {
  typealias Answer<T> = (Result<T, WireError>) -> Void

  /// Mistakes of a plan against today's catalog; a decoded plan when there are none.
  /// Nobody writes the answer of a plan that was not made for a request (`isPlanned`).
  func check(_ source: JSON, isPlanned: Bool = false) -> (plan: Plan?, mistakes: [PlanMistake]) {
    do throws(PlanErrors) {
      let plan = try Plan(decoding: source)
      var mistakes = mistakes(of: plan)
      if !isPlanned, plan.finalSynthesis?.role != nil {
        mistakes.append(
          PlanMistake(
            path: "/final_synthesis/role",
            name: PlanError.Name.invalidValue.rawValue,
            message: "a model writes the answer of a request alone: without 'role' the text is the answer"
          )
        )
      }
      return mistakes.isEmpty ? (plan, []) : (nil, mistakes)
    } catch {
      return (nil, error.errors.map { PlanMistake($0) } + unknownTools(source))
    }
  }

  func mistakes(of plan: Plan) -> [PlanMistake] {
    let errors =
      plan.check(
        { [supervisor] name in supervisor.catalog[name].map(PlanTool.init) },
        knownTools: Array(supervisor.catalog.keys)
      )
      + refusedHosts(plan) + refusedTools(plan)
    return errors.map { PlanMistake($0) }
  }

  /// Of a plan that cannot be read as a whole: what can be said of its tools all the same.
  private func unknownTools(_ source: JSON) -> [PlanMistake] {
    let known = Array(supervisor.catalog.keys)
    var mistakes: [PlanMistake] = []
    for (index, step) in (source["steps"]?.arrayValue ?? []).enumerated() where mistakes.count < PlanLimit.errors {
      guard let tool = step["tool"]?.stringValue, supervisor.catalog[tool] == nil else { continue }
      // Its worker is about to offer it.
      if supervisor.kindPromising(tool) != nil { continue }
      let hint = nearest(to: tool, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      let message = "no worker offers the tool \(quoted(tool))\(hint)"
      mistakes.append(
        PlanMistake(path: "/steps/\(index)/tool", name: PlanError.Name.unknownTool.rawValue, message: message)
      )
    }
    return mistakes
  }

  /// A jailed run reaches hosts by a worker that offers a tunnel: without one, what it could not be given is refused
  /// before anything starts.
  private func refusedHosts(_ plan: Plan) -> [PlanError] {
    plan.steps.enumerated().compactMap { index, step in
      guard let needs = step.needs, !needs.hosts.isEmpty, let kind = supervisor.catalog[step.tool]?.kind,
        kind.manifest.permissions.jails, !supervisor.canGrantHosts(to: kind)
      else { return nil }
      return PlanError(
        path: "/steps/\(index)/needs/hosts",
        name: .invalidValue,
        message: "no worker offers the runs of tool '\(step.tool)' a tunnel: hosts cannot be granted to it"
      )
    }
  }

  /// Tools that only some workers may call.
  private func refusedTools(_ plan: Plan) -> [PlanError] {
    plan.steps.enumerated().compactMap { index, step in
      guard let refusal = supervisor.catalog[step.tool]?.refusal(ofCaller: nil) else { return nil }
      return PlanError(path: "/steps/\(index)/tool", name: .invalidValue, message: refusal.message)
    }
  }

  /// Whether a worker that has not answered yet may offer what is missing.
  private func mayBeOfferedSoon(_ mistakes: [PlanMistake]) -> Bool {
    mistakes.contains { $0.name == PlanError.Name.unknownTool.rawValue }
      && supervisor.kinds.values.contains { $0.isStarting }
  }

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
    if let refusal = refusal(of: start) ?? blocks(start, caller) { return answer(.failure(refusal)) }
    var (checked, mistakes) = check(start.plan, isPlanned: start.assignment != nil)
    if let plan = checked {
      mistakes = blocked(plan, start, caller)
      if !mistakes.isEmpty { checked = nil }
    }
    if let plan = checked { return accept(plan, start, message, caller, answer: answer) }
    guard mayBeOfferedSoon(mistakes), tries > 0, !isDraining else { return answer(.failure(Self.invalid(mistakes))) }
    loop.schedule(after: 50) { [weak self] in self?.accept(message, caller, tries: tries - 1, answer: answer) }
  }

  /// Why the policy does not have a request taken on.
  private func blocks(_ start: Start, _ caller: JSON) -> WireError? {
    start.assignment.flatMap { judge.blocks($0.task, judge.caller(caller)) }
  }

  private func blocked(_ plan: Plan, _ start: Start, _ caller: JSON) -> [PlanMistake] {
    var task = start.assignment?.task ?? JSONObject()
    if start.assignment == nil { task["description"] = plan.description.map { .string($0) } }
    let origin = Origin(job: 0, id: "", caller: caller, task: task)
    return judge.mistakes(
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
      budget: spec.budget
    )
  }

  /// Takes a job of the journal into memory and goes on with it.
  func open(_ stored: StoredJob) {
    guard active[stored.record.seq] == nil, let job = load(stored) else { return }
    begin(job)
  }

  /// A job of the journal as it is after what happened to it while nobody looked; queued ones are not started.
  func load(_ stored: StoredJob) -> ActiveJob? {
    let record = stored.record
    let spec: JobSpec
    do {
      spec = try JobSpec(record.spec)
    } catch {
      log.error("a job's plan cannot be read", ["job": .string(record.id), "reason": .string("\(error)")])
      var update = JobUpdate(seq: record.seq, state: .failed, generation: record.generation)
      update.endedAt = WallTime.now
      update.reason = WireError(.internalError, "its plan cannot be read: \(error)").json.description
      journal.commit([.updateJob(update)])
      return nil
    }
    let job = ActiveJob(Self.machine(record, spec, lastEvent: stored.lastEvent), record)
    judge.adopt(stored)
    let effects = job.machine.recover(stored.steps, context(job))
    active[record.seq] = job
    ids[record.id] = record.seq
    apply(effects, job)
    CrashPoint.hit(.insideRecovery)
    return job
  }

  /// After a start: what ran goes on, what was queued is queued, and direct calls, whose callers are gone, are over.
  func recover(then done: @escaping () -> Void) {
    // One read, the first of all: nobody who asks for a job finds it open on disk and not yet here.
    let now = WallTime.now
    journal.reader.read { database in
      (try database.openJobs().map { record in Recovered(record, database) }, try database.meters(at: now))
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success((let jobs, let meters)):
        judge.meters.load(meters)
        for job in jobs { recover(job) }
        if !jobs.isEmpty { log.info("jobs recovered", ["jobs": .integer(Int64(jobs.count))]) }
      case .failure(let error): log.error("jobs cannot be recovered", ["reason": .string(error.message)])
      }
      done()
    }
  }

  /// A job that had not ended, with what it needs to go on.
  private struct Recovered: Sendable {
    let record: JobRecord
    /// nil for a job that had not begun.
    let stored: Result<StoredJob, JournalError>?

    init(_ record: JobRecord, _ database: Database) {
      self.record = record
      let isUnderWay = record.kind == .plan && record.state != .queued
      stored = isUnderWay ? Result { () throws(JournalError) in try StoredJob(record.seq, database) } : nil
    }
  }

  private func recover(_ job: Recovered) {
    switch job.stored {
    case nil where job.record.kind == .call: abandon(job.record)
    case nil: enqueue(job.record.seq, priority: job.record.priority)
    case .success(let stored)?: open(stored)
    case .failure(let error)?:
      log.error("a job cannot be read", ["job": .string(job.record.id), "reason": .string(error.message)])
    }
  }

  private func abandon(_ record: JobRecord) {
    let error = WireError(.outcomeUnknown, "the coordinator ended while the call ran")
    var update = JobUpdate(seq: record.seq, state: .failed, generation: record.generation)
    update.endedAt = WallTime.now
    update.reason = error.json.description
    var end = StepEnd(StepKey(0), .failed)
    end.error = error.json.description
    end.endedAt = update.endedAt
    journal.commit([.endStep(job: record.seq, end), .updateJob(update)])
    // Who would have made it is gone.
    journal.reader.read { database in
      try database.approvals(of: record.seq).filter { $0.state == .pending }
    } then: { [weak self] result in
      if case .success(let open) = result { self?.judge.approvals.withdraw(open) }
    }
  }
}

extension PlanTool {
  init(_ entry: CatalogEntry) { self.init(inputSchema: entry.input, outputSchema: entry.output) }
}
