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

  static func parse(_ text: String?) -> JSON? {
    guard let text else { return nil }
    return try? JSON(parsing: Array(text.utf8))  // Safety: we wrote it; a file that was tampered with shows less.
  }

  func list(_ message: JobList, answer: @escaping Answer<JobList.Response>) {
    var filter = Database.JobFilter()
    filter.order = message.order == .ended ? .ended : .accepted
    filter.since = message.since
    filter.until = message.until
    filter.tool = message.tool
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
    let (wanted, wantsUsage) = (filter, message.wantsUsage)
    // To find a tool, all executions are gone through: not where jobs are read that are to run.
    let reader = filter.tool == nil ? journal.reader : journal.auditReader
    reader.read { database -> [(JobRecord, UsageAmounts?)] in
      let jobs = try database.jobs(wanted)
      return try jobs.map { ($0, wantsUsage ? try database.totalUsage(of: $0.seq) : nil) }
    } then: { [weak self] result in
      guard let self else { return }
      let jobs = result.map { found in
        found.map { record, usage in
          var summary = self.summary(record)
          summary.usage = usage?.sum
          return summary
        }
      }
      answer(jobs.mapError(Self.storage).map { JobList.Response(jobs: $0) })
    }
  }

  func show(_ message: JobShow, answer: @escaping Answer<JobShow.Response>) {
    journal.reader.read { database in
      try database.job(id: message.job).map { try ShownJob($0, message, database) }
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let shown?) where message.step != nil && shown.steps.isEmpty:
        let step = quoted(message.step ?? "")
        answer(
          .failure(
            WireError(.notFound, "job '\(message.job)' has no step \(step)", data: ["job": .string(message.job)])
          )
        )
      case .success(let shown?): answer(.success(shown.response(summary(shown.record))))
      case .success(nil): answer(.failure(Self.noJob(message.job)))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }

  static func noJob(_ id: String) -> WireError {
    WireError(.notFound, "there is no job \(quoted(id))", data: ["job": .string(id)])
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
    journal.reader.read { database -> (JobRecord, [EventRecord], Int64)? in
      guard let record = try database.job(id: id) else { return nil }
      let events = try database.events(of: record.seq, after: after, limit: limit)
      return (record, events, try database.lastEvent(of: record.seq))
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let (record, events, last)?):
        let hasMore = events.last.map { $0.number < last } ?? false
        answer(.success(JobEvents.Response(job: summary(record), events: events.map(Self.event), hasMore: hasMore)))
      case .success(nil): answer(.failure(Self.noJob(id)))
      case .failure(let error): answer(.failure(Self.storage(error)))
      }
    }
  }
}
