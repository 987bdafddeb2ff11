/// One write. A transaction is a list of them.
package enum Change: Sendable {
  case insertJob(JobRecord)
  case updateJob(JobUpdate)
  /// An attempt is about to be dispatched, or a step changes without an attempt.
  case putStep(job: Int64, StepRecord)
  /// How an attempt ended; what was written at its start stays.
  case endStep(job: Int64, StepEnd)
  /// Forgets what earlier generations did with these steps and all their items.
  case clearSteps(job: Int64, [Int])
  case event(EventRecord)
  case insertCall(CallRecord)
  case endCall(CallRecord)
  case usage(UsageRecord)
  case artifacts(job: Int64, [String])
  /// A new approval, or what has become of one.
  case putApproval(ApprovalRecord)
  /// A tool is taken as it is offered.
  case putPin(PinRecord)
  /// Adds to what was used of something limited.
  case meter(MeterRecord)
  /// Forgets what no limit looks back on at this time.
  case removeMeters(before: Int64)
  /// An attempt or a call has ended.
  case execution(ExecutionRecord)
  case ruleHits(RuleHits)
  /// Forgets what metrics are made of that is older than this time; a bounded number at once.
  case removeMetrics(before: Int64)
  /// A line of the audit log.
  case audit(AuditRecord)
  /// Removes audit records from the front that are older than this time; a bounded number at once.
  case trimAudit(before: Int64)
  /// Ended jobs, with all that belongs to them.
  case deleteJobs([Int64])
  /// Changes nothing, and shows whether the disk takes writes.
  case probe
}

package struct JobUpdate: Sendable {
  package var seq: Int64
  package var state: JobState
  package var generation: Int64
  package var startedAt: Int64?
  package var endedAt: Int64?
  package var reason: String?
  package var result: String?
  /// Set when what was frozen is frozen anew.
  package var spec: String?
  /// Of another generation: it has no deadline, and has not begun.
  package var clearsTimes = false
  /// Set when the plan has grown.
  package var stepCount: Int64?

  package init(seq: Int64, state: JobState, generation: Int64 = 1) {
    self.seq = seq
    self.state = state
    self.generation = generation
  }
}

package struct StepEnd: Sendable {
  package var key: StepKey
  package var state: StepState
  package var output: [UInt8]?
  package var error: String?
  package var artifacts: String?
  package var receipt: String?
  package var endedAt: Int64?
  package var notBefore: Int64?

  package init(_ key: StepKey, _ state: StepState) {
    self.key = key
    self.state = state
  }
}

extension Database {
  func apply(_ change: Change, run: Int64) throws(JournalError) {
    switch change {
    case .insertJob(let job): try insert(job)
    case .updateJob(let update): try self.update(update)
    case .putStep(let job, let step): try put(step, job)
    case .endStep(let job, let end): try self.end(end, job)
    case .clearSteps(let job, let steps): try clear(steps, job)
    case .event(let event): try insert(event, run)
    case .insertCall(let call): try begin(call)
    case .endCall(let call): try put(call)
    case .usage(let usage): try insert(usage)
    case .putApproval(let approval): try put(approval)
    case .putPin(let pin): try put(pin)
    case .meter(let meter): try add(meter)
    case .removeMeters(let now): try removeMeters(before: now)
    case .execution(let execution): try insert(execution)
    case .ruleHits(let hits): try add(hits)
    case .removeMetrics(let time): try removeMetrics(before: time)
    case .probe: try probe(run)
    case .audit, .trimAudit: preconditionFailure("the audit log is its trail's to write")
    case .deleteJobs(let jobs):
      for job in jobs { try delete(job, run) }
      // Gives back a part of what came free, as much as takes about a commit's time.
      try execute("PRAGMA incremental_vacuum(256)")
    case .artifacts(let job, let digests):
      for digest in digests {
        let statement = try statement("INSERT OR IGNORE INTO artifacts (sha256, job) VALUES (?, ?)")
        statement.bind(1, digest)
        statement.bind(2, job)
        try statement.run()
      }
    }
  }

  private func insert(_ job: JobRecord) throws(JournalError) {
    let statement = try statement(
      """
      INSERT INTO jobs (seq, id, kind, state, priority, generation, title, caller, hash, spec, step_count, created_at,
        started_at, ended_at, deadline_at, reason, result)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    )
    statement.bind(1, job.seq)
    statement.bind(2, job.id)
    statement.bind(3, job.kind.rawValue)
    statement.bind(4, job.state.rawValue)
    statement.bind(5, job.priority)
    statement.bind(6, job.generation)
    statement.bind(7, job.title)
    statement.bind(8, job.caller)
    statement.bind(9, job.hash)
    statement.bind(10, job.spec)
    statement.bind(11, job.stepCount)
    statement.bind(12, job.createdAt)
    statement.bind(13, job.startedAt)
    statement.bind(14, job.endedAt)
    statement.bind(15, job.deadlineAt)
    statement.bind(16, job.reason)
    statement.bind(17, job.result)
    try statement.run()
  }

  private func update(_ job: JobUpdate) throws(JournalError) {
    let statement = try statement(
      """
      UPDATE jobs SET state = ?2, generation = ?3, started_at = iif(?9, NULL, coalesce(started_at, ?4)),
        ended_at = ?5, reason = ?6,
        result = ?7, spec = coalesce(?8, spec), deadline_at = iif(?9, NULL, deadline_at), step_count = coalesce(?10, step_count) WHERE seq = ?1
      """
    )
    statement.bind(1, job.seq)
    statement.bind(2, job.state.rawValue)
    statement.bind(3, job.generation)
    statement.bind(4, job.startedAt)
    statement.bind(5, job.endedAt)
    statement.bind(6, job.reason)
    statement.bind(7, job.result)
    statement.bind(8, job.spec)
    statement.bind(9, job.clearsTimes ? 1 : 0)
    statement.bind(10, job.stepCount)
    try statement.run()
    if changes != 1 { throw JournalError(.invalid, "journal: there is no job \(job.seq) to update") }
    if job.state.isFinal { try closeCalls(of: job) }
  }

  /// Calls whose end nobody saw: the coordinator died, and their caller was not run again.
  private func closeCalls(of job: JobUpdate) throws(JournalError) {
    let statement = try statement(
      "UPDATE calls SET state = 'failed', error = ?, ended_at = ? WHERE job = ? AND state = 'running'"
    )
    statement.bind(1, #"{"name":"outcome_unknown","message":"nobody saw how the call ended"}"#)
    statement.bind(2, job.endedAt)
    statement.bind(3, job.seq)
    try statement.run()
  }

  /// A call of a job that has ended is not begun: nobody would close it.
  private func begin(_ call: CallRecord) throws(JournalError) {
    let statement = try statement("SELECT 1 FROM jobs WHERE seq = ? AND ended_at IS NULL")
    statement.bind(1, call.job)
    guard try statement.step() else {
      throw JournalError(.invalid, "journal: job \(call.job) has ended, and no call begins in it")
    }
    statement.reset()
    try put(call)
  }

  private func put(_ step: StepRecord, _ job: Int64) throws(JournalError) {
    let statement = try statement(
      """
      INSERT OR REPLACE INTO steps (id, state, generation, attempt, key, worker, input, output, error, artifacts,
        receipt, started_at, ended_at, not_before)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    )
    statement.bind(1, step.key.row(of: job))
    statement.bind(2, step.state.rawValue)
    statement.bind(3, step.generation)
    statement.bind(4, step.attempt)
    statement.bind(5, step.idempotencyKey)
    statement.bind(6, step.worker)
    statement.bind(7, step.input)
    statement.bind(8, step.output)
    statement.bind(9, step.error)
    statement.bind(10, step.artifacts)
    statement.bind(11, step.receipt)
    statement.bind(12, step.startedAt)
    statement.bind(13, step.endedAt)
    statement.bind(14, step.notBefore)
    try statement.run()
  }

  private func end(_ step: StepEnd, _ job: Int64) throws(JournalError) {
    let statement = try statement(
      """
      UPDATE steps SET state = ?2, output = ?3, error = ?4, artifacts = ?5, receipt = ?6, ended_at = ?7,
        not_before = ?8 WHERE id = ?1
      """
    )
    statement.bind(1, step.key.row(of: job))
    statement.bind(2, step.state.rawValue)
    statement.bind(3, step.output)
    statement.bind(4, step.error)
    statement.bind(5, step.artifacts)
    statement.bind(6, step.receipt)
    statement.bind(7, step.endedAt)
    statement.bind(8, step.notBefore)
    try statement.run()
    if changes != 1 { throw JournalError(.invalid, "journal: a step ended that had not begun (job \(job))") }
  }

  private func clear(_ steps: [Int], _ job: Int64) throws(JournalError) {
    for step in steps {
      let statement = try statement("DELETE FROM steps WHERE id >= ? AND id < ?")
      statement.bind(1, StepKey(step).row(of: job))
      statement.bind(2, StepKey(step).row(of: job) + 1 << StepKey.itemBits)
      try statement.run()
    }
  }

  private func probe(_ run: Int64) throws(JournalError) {
    let statement = try statement("UPDATE runs SET version = version WHERE n = ?")
    statement.bind(1, run)
    try statement.run()
  }

  private func insert(_ event: EventRecord, _ run: Int64) throws(JournalError) {
    let statement = try statement(
      "INSERT INTO events (id, run, at, kind, step, item, data) VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    statement.bind(1, event.job << StepKey.eventShift | event.number)
    statement.bind(2, run)
    statement.bind(3, event.at)
    statement.bind(4, event.kind)
    statement.bind(5, event.step)
    statement.bind(6, event.item)
    statement.bind(7, event.data)
    try statement.run()
  }

  private func put(_ call: CallRecord) throws(JournalError) {
    let statement = try statement(
      """
      INSERT OR REPLACE INTO calls (key, job, parent, tool, state, input, output, artifacts, error, started_at,
        ended_at, receipt, redacted) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """
    )
    statement.bind(1, call.key)
    statement.bind(2, call.job)
    statement.bind(3, call.parent)
    statement.bind(4, call.tool)
    statement.bind(5, call.state.rawValue)
    statement.bind(6, call.input)
    statement.bind(7, call.output)
    statement.bind(8, call.artifacts)
    statement.bind(9, call.error)
    statement.bind(10, call.startedAt)
    statement.bind(11, call.endedAt)
    statement.bind(12, call.receipt)
    statement.bind(13, call.isRedacted ? 1 : 0)
    try statement.run()
  }

  /// A job that was opened again since it was chosen stays.
  private func delete(_ job: Int64, _ run: Int64) throws(JournalError) {
    let own = try statement("DELETE FROM jobs WHERE seq = ? AND ended_at IS NOT NULL")
    own.bind(1, job)
    try own.run()
    guard changes == 1 else { return }
    let mark = try statement(
      """
      UPDATE runs SET last_seq =
        max(last_seq, ?1, (SELECT coalesce(max(number), 0) FROM approvals WHERE job = ?1)) WHERE n = ?2
      """
    )
    mark.bind(1, job)
    mark.bind(2, run)
    try mark.run()
    try foldUsage(of: job)
    let ranges: [(Statement, Int64)] = [
      (try statement("DELETE FROM steps WHERE id >= ? AND id < ?"), StepKey.jobShift),
      (try statement("DELETE FROM events WHERE id >= ? AND id < ?"), StepKey.eventShift),
    ]
    for (statement, shift) in ranges {
      statement.bind(1, job << shift)
      statement.bind(2, (job + 1) << shift)
      try statement.run()
    }
    let rows = [
      try statement("DELETE FROM calls WHERE job = ?"), try statement("DELETE FROM artifacts WHERE job = ?"),
      try statement("DELETE FROM approvals WHERE job = ?"),
    ]
    for statement in rows {
      statement.bind(1, job)
      try statement.run()
    }
    let meters = try statement("DELETE FROM meters WHERE scope = ?")
    meters.bind(1, "job:\(job)")
    try meters.run()
  }
}
