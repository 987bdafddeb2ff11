internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// What is told about jobs: always what is on disk.
extension Jobs {
  func summary(_ record: JobRecord) -> JobSummary {
    var summary = JobSummary(
      id: record.id,
      kind: record.kind.rawValue,
      state: record.state.rawValue,
      title: record.title,
      stepCount: record.stepCount,
      createdAt: record.createdAt,
      sequence: record.seq
    )
    summary.priority = record.priority
    summary.generation = record.generation
    summary.caller = Self.parse(record.caller) ?? [:]
    summary.startedAt = record.startedAt
    summary.endedAt = record.endedAt
    summary.deadlineAt = record.deadlineAt
    summary.reason = Self.parse(record.reason)
    return summary
  }

  func summary(_ job: ActiveJob) -> JobSummary {
    var summary = summary(job.record)
    summary.state = job.machine.state.rawValue
    summary.generation = job.machine.generation
    summary.reason = job.machine.reason
    return summary
  }

  static func parse(_ text: String?) -> JSON? {
    guard let text else { return nil }
    return try? JSON(parsing: Array(text.utf8))  // Safety: we wrote it; a file that was tampered with shows less.
  }

  func list(_ message: JobList, answer: @escaping Answer<JobList.Response>) {
    var filter = Database.JobFilter()
    filter.limit = Int(message.limit)
    filter.before = message.before
    for name in message.states {
      guard let state = JobState(rawValue: name) else {
        return answer(.failure(.invalidParams("/states", "\(quoted(name)) is no state of a job")))
      }
      filter.states.append(state)
    }
    if let name = message.kind {
      guard let kind = JobRecord.Kind(rawValue: name) else {
        return answer(.failure(.invalidParams("/kind", "\(quoted(name)) is neither 'plan' nor 'call'")))
      }
      filter.kind = kind
    }
    let wanted = filter
    journal.reader.read { database in try database.jobs(wanted) } then: { [weak self] result in
      guard let self else { return }
      answer(result.mapError(Self.storage).map { JobList.Response(jobs: $0.map(summary)) })
    }
  }

  func show(_ message: JobShow, answer: @escaping Answer<JobShow.Response>) {
    read(message.job, answer: answer) { [weak self] stored in
      guard let self else { return }
      do throws(WireError) {
        answer(.success(try report(stored, message)))
      } catch {
        answer(.failure(error))
      }
    }
  }

  /// What fits a frame beside everything else.
  private static let payloadLimit = Limit.frameBytes / 2

  private func report(_ stored: StoredJob, _ message: JobShow) throws(WireError) -> JobShow.Response {
    let spec = Self.parse(stored.record.spec) ?? [:]
    var steps = stored.record.kind == .call ? call(stored, spec) : plan(stored, spec)
    if let id = message.step {
      steps = steps.filter { $0.id == id }
      if steps.isEmpty { throw WireError(.notFound, "job '\(message.job)' has no step \(quoted(id))") }
    }
    var response = JobShow.Response(job: summary(stored.record), steps: steps)
    guard message.wantsPayloads else {
      for i in steps.indices {
        response.steps[i].input = nil
        response.steps[i].output = nil
      }
      return response
    }
    let size = stored.steps.reduce(0) { $0 + ($1.input?.utf8.count ?? 0) + ($1.output?.utf8.count ?? 0) }
    response.result = Self.parse(stored.record.result)
    response.spec = stored.record.kind == .call ? spec : spec["plan"]
    if size + stored.record.spec.utf8.count > Self.payloadLimit, message.step == nil {
      response.isAbridged = true
      response.spec = nil
      for i in steps.indices {
        response.steps[i].input = nil
        response.steps[i].output = nil
      }
    }
    return response
  }

  private func call(_ stored: StoredJob, _ spec: JSON) -> [StepReport] {
    let tool = spec["tool"]?.stringValue ?? ""
    if let row = stored.steps.first { return [report(row, "call", tool)] }
    // A call of a pure tool is one row.
    var step = StepReport(id: "call", tool: tool, state: stored.record.state.rawValue)
    step.attempt = 1
    step.input = spec["input"]
    step.output = Self.parse(stored.record.result)
    step.error = Self.parse(stored.record.reason)
    step.startedAt = stored.record.startedAt
    step.endedAt = stored.record.endedAt
    return [step]
  }

  private func plan(_ stored: StoredJob, _ spec: JSON) -> [StepReport] {
    guard let plan = spec["plan"].flatMap({ try? Plan(decoding: $0) }) else { return [] }  // Safety: as in `parse`.
    var rows: [Int: [StepRecord]] = [:]
    for row in stored.steps { rows[row.key.step, default: []].append(row) }
    return plan.steps.enumerated().flatMap { index, step -> [StepReport] in
      let known = rows[index] ?? []
      var reports = known.map { report($0, step.id, step.tool) }
      if known.first?.key.item != nil || known.isEmpty {
        let state = stored.record.state.isFinal ? "skipped" : "pending"
        reports.insert(StepReport(id: step.id, tool: step.tool, state: state), at: 0)
      }
      reports[0].dependsOn = plan.graph.dependencies[index].map { plan.steps[$0].id }
      return reports
    }
  }

  private func report(_ row: StepRecord, _ id: String, _ tool: String) -> StepReport {
    var report = StepReport(id: id, tool: tool, item: row.key.item.map(Int64.init), state: row.state.rawValue)
    report.attempt = row.attempt
    report.idempotencyKey = row.idempotencyKey
    report.worker = row.worker
    report.input = Self.parse(row.input)
    report.output = Self.parse(row.output)
    report.error = row.state == .skipped ? nil : Self.parse(row.error)
    report.artifacts = Self.parse(row.artifacts)
    report.receipt = Self.parse(row.receipt)
    report.startedAt = row.startedAt
    report.endedAt = row.endedAt
    report.notBefore = row.notBefore
    return report
  }

  static func event(_ record: EventRecord) -> JobEvent {
    JobEvent(
      number: record.number,
      at: record.at,
      run: record.run,
      kind: record.kind,
      step: record.step,
      item: record.item,
      data: parse(record.data)
    )
  }

  func events(_ message: JobEvents, answer: @escaping Answer<JobEvents.Response>) {
    let (id, after, limit) = (message.job, message.after, Int(message.limit))
    journal.reader.read { database -> (JobRecord, [EventRecord])? in
      guard let record = try database.job(id: id) else { return nil }
      return (record, try database.events(of: record.seq, after: after, limit: limit + 1))
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let (record, events)?):
        let page = events.prefix(limit).map(Self.event)
        answer(.success(JobEvents.Response(job: summary(record), events: page, hasMore: events.count > limit)))
      case .success(nil): answer(.failure(WireError(.notFound, "there is no job \(quoted(id))", data: ["job": .string(id)])))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }
}
