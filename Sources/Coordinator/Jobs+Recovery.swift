internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Plan
internal import Posix
internal import Supervision
internal import Wire

/// From the disk back into memory.
extension Jobs {
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
      (
        jobs: try database.openJobs().map { record in Recovered(record, database) },
        meters: try database.meters(at: now),
        orphans: try database.orphanedApprovals()
      )
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let found):
        judge.meters.load(found.meters)
        judge.approvals.withdraw(found.orphans)
        for job in found.jobs { recover(job) }
        if !found.jobs.isEmpty { log.info("jobs recovered", ["jobs": .integer(Int64(found.jobs.count))]) }
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
