/// What is read of the journal. Every list is bounded by its caller.
extension Database {
  private static let jobColumns =
    """
    seq, id, kind, state, priority, generation, title, caller, hash, step_count, created_at, started_at, ended_at,
    deadline_at, reason
    """

  private static func job(_ row: Statement) throws(JournalError) -> JobRecord {
    guard let kind = row.text(2).flatMap(JobRecord.Kind.init(rawValue:)),
      let state = row.text(3).flatMap(JobState.init(rawValue:))
    else { throw JournalError(.corrupt, "journal: job \(row.integer(0)) has a kind or state that does not exist") }
    var job = JobRecord(
      seq: row.integer(0),
      id: row.text(1) ?? "",
      kind: kind,
      state: state,
      priority: row.integer(4),
      title: row.text(6) ?? "",
      caller: row.text(7) ?? "{}",
      hash: row.text(8) ?? "",
      spec: "",
      stepCount: row.integer(9),
      createdAt: row.integer(10)
    )
    job.generation = row.integer(5)
    job.startedAt = row.optionalInteger(11)
    job.endedAt = row.optionalInteger(12)
    job.deadlineAt = row.optionalInteger(13)
    job.reason = row.text(14)
    return job
  }

  /// What a list of jobs is limited to.
  package struct JobFilter: Sendable {
    package enum Order: Sendable {
      /// The one accepted last first.
      case accepted
      /// The one ended last first; without those that have not ended.
      case ended
    }

    package var order = Order.accepted
    package var states: [JobState] = []
    package var kind: JobRecord.Kind?
    /// Only jobs accepted before this one; in the order of their ends, of those that ended at `until` only.
    package var before: Int64?
    /// Only jobs that ended at this time or later, and before this one; milliseconds since 1970.
    package var since: Int64?
    package var until: Int64?
    /// Only jobs in which this tool was executed, as far as executions are kept.
    package var tool: String?
    package var limit = 100

    package init() {}

    fileprivate var conditions: [String] {
      var conditions: [String] = []
      if !states.isEmpty {
        conditions.append("state IN (\(states.map { "'\($0.rawValue)'" }.joined(separator: ", ")))")
      }
      if let kind { conditions.append("kind = '\(kind.rawValue)'") }
      if let since { conditions.append("ended_at >= \(since)") }
      if tool != nil { conditions.append("seq IN (SELECT job FROM executions WHERE tool = ?)") }
      switch order {
      case .accepted:
        if let until { conditions.append("ended_at < \(until)") }
        if let before { conditions.append("seq < \(before)") }
      case .ended:
        conditions.append("ended_at IS NOT NULL")
        if let until { conditions.append("(ended_at, seq) < (\(until), \(before ?? 0))") }
      }
      return conditions
    }
  }

  /// Newest first, without spec and result; fewer than the limit if they are large.
  package func jobs(_ filter: JobFilter) throws(JournalError) -> [JobRecord] {
    let conditions = filter.conditions
    let clause = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
    let order = filter.order == .ended ? "ended_at DESC, seq DESC" : "seq DESC"
    let rows = try prepare("SELECT \(Self.jobColumns) FROM jobs \(clause) ORDER BY \(order) LIMIT \(filter.limit)")
    rows.bind(1, filter.tool)
    var jobs: [JobRecord] = []
    var room = Self.pageBytes
    while room > 0, try rows.step() {
      let job = try Self.job(rows)
      // A byte of a title may take six in JSON.
      room -= 512 + 3 * job.title.utf8.count + job.caller.utf8.count + (job.reason?.utf8.count ?? 0)
      jobs.append(job)
    }
    return jobs
  }

  /// Every job that has not ended, oldest first, without spec and result.
  package func openJobs() throws(JournalError) -> [JobRecord] {
    let rows = try prepare(
      """
      SELECT \(Self.jobColumns) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')
      ORDER BY priority DESC, seq
      """
    )
    var jobs: [JobRecord] = []
    while try rows.step() { jobs.append(try Self.job(rows)) }
    return jobs
  }

  /// One job with spec and result.
  package func job(id: String) throws(JournalError) -> JobRecord? {
    try query("SELECT \(Self.jobColumns), spec, result FROM jobs WHERE id = ?") { rows throws(JournalError) in
      rows.bind(1, id)
      return try whole(rows)
    }
  }

  package func job(seq: Int64) throws(JournalError) -> JobRecord? {
    try query("SELECT \(Self.jobColumns), spec, result FROM jobs WHERE seq = ?") { rows throws(JournalError) in
      rows.bind(1, seq)
      return try whole(rows)
    }
  }

  private func whole(_ rows: Statement) throws(JournalError) -> JobRecord? {
    guard try rows.step() else { return nil }
    var job = try Self.job(rows)
    job.spec = rows.text(15) ?? ""
    job.result = rows.text(16)
    return job
  }

  /// How many rows a job's steps have, and bytes of inputs and outputs; of all steps or of one with its items.
  package func stepSize(of job: Int64, step: Int? = nil) throws(JournalError) -> (rows: Int64, bytes: Int64) {
    let rows = try prepare(
      """
      SELECT count(*), coalesce(sum(coalesce(length(CAST(input AS BLOB)), 0) + coalesce(length(CAST(output AS BLOB)), 0)), 0)
      FROM steps WHERE id >= ? AND id < ?
      """
    )
    bind(rows, job, step)
    return try rows.step() ? (rows.integer(0), rows.integer(1)) : (0, 0)
  }

  private func bind(_ rows: Statement, _ job: Int64, _ step: Int?) {
    rows.bind(1, StepKey(step ?? 0).row(of: job))
    rows.bind(2, step.map { StepKey($0 + 1).row(of: job) } ?? StepKey(0).row(of: job + 1))
  }

  /// In plan order, items behind their step. Without `payloads`, inputs and outputs are left out.
  package func steps(
    of job: Int64,
    step: Int? = nil,
    payloads: Bool = true,
    items: Bool = true
  ) throws(JournalError) -> [StepRecord] {
    let payload = payloads ? "input, output" : "NULL, NULL"
    let sql = """
      SELECT id, state, generation, attempt, key, worker, \(payload), error, artifacts, receipt, started_at, ended_at,
        not_before FROM steps WHERE id >= ? AND id < ?\(items ? "" : " AND id & \(1 << StepKey.itemBits - 1) = 0")
      ORDER BY id
      """
    return try query(sql) { rows throws(JournalError) in
      bind(rows, job, step)
      var steps: [StepRecord] = []
      while try rows.step() { steps.append(try Self.step(rows, of: job)) }
      return steps
    }
  }

  private static func step(_ rows: Statement, of job: Int64) throws(JournalError) -> StepRecord {
    guard let state = rows.text(1).flatMap(StepState.init(rawValue:)) else {
      throw JournalError(.corrupt, "journal: a step of job \(job) has a state that does not exist")
    }
    var step = StepRecord(StepKey(row: rows.integer(0)), state)
    step.generation = rows.integer(2)
    step.attempt = rows.integer(3)
    step.idempotencyKey = rows.text(4)
    step.worker = rows.text(5)
    step.input = rows.text(6)
    step.output = rows.text(7)
    step.error = rows.text(8)
    step.artifacts = rows.text(9)
    step.receipt = rows.text(10)
    step.startedAt = rows.optionalInteger(11)
    step.endedAt = rows.optionalInteger(12)
    step.notBefore = rows.optionalInteger(13)
    return step
  }

  /// What one list holds at most, roughly: a page is less than a frame whatever its rows hold.
  private static let pageBytes = 4 << 20

  /// Events behind number `after`, in order, at most `limit`; fewer if they are large.
  package func events(of job: Int64, after: Int64 = 0, limit: Int = 10_000) throws(JournalError) -> [EventRecord] {
    let sql = "SELECT id, run, at, kind, step, item, data FROM events WHERE id > ? AND id < ? ORDER BY id LIMIT ?"
    return try query(sql) { rows throws(JournalError) in
      let last: Int64 = 1 << StepKey.eventShift - 1
      rows.bind(1, job << StepKey.eventShift | min(max(after, 0), last))
      rows.bind(2, (job + 1) << StepKey.eventShift)
      rows.bind(3, Int64(limit))
      var events: [EventRecord] = []
      var room = Self.pageBytes
      while room > 0, try rows.step() {
        let event = Self.event(rows, of: job)
        room -= 256 + (event.data?.utf8.count ?? 0)
        events.append(event)
      }
      return events
    }
  }

  private static func event(_ rows: Statement, of job: Int64) -> EventRecord {
    var event = EventRecord(
      job: job,
      number: rows.integer(0) & (1 << StepKey.eventShift - 1),
      at: rows.integer(2),
      kind: rows.text(3) ?? ""
    )
    event.run = rows.integer(1)
    event.step = rows.text(4)
    event.item = rows.optionalInteger(5)
    event.data = rows.text(6)
    return event
  }

  package func lastEvent(of job: Int64) throws(JournalError) -> Int64 {
    try query("SELECT coalesce(max(id), 0) FROM events WHERE id >= ? AND id < ?") { rows throws(JournalError) in
      rows.bind(1, job << StepKey.eventShift)
      rows.bind(2, (job + 1) << StepKey.eventShift)
      return try rows.step() ? rows.integer(0) & (1 << StepKey.eventShift - 1) : 0
    }
  }

  package func call(key: String) throws(JournalError) -> CallRecord? {
    let rows = try prepare("SELECT \(Self.callColumns) FROM calls WHERE key = ?")
    rows.bind(1, key)
    return try rows.step() ? try Self.call(rows) : nil
  }

  package func calls(of job: Int64) throws(JournalError) -> [CallRecord] {
    let rows = try prepare("SELECT \(Self.callColumns) FROM calls WHERE job = ? ORDER BY started_at, key")
    rows.bind(1, job)
    var calls: [CallRecord] = []
    while try rows.step() { calls.append(try Self.call(rows)) }
    return calls
  }

  private static let callColumns =
    "key, job, parent, tool, state, input, output, artifacts, error, started_at, ended_at, receipt, redacted"

  private static func call(_ row: Statement) throws(JournalError) -> CallRecord {
    guard let state = row.text(4).flatMap(CallRecord.State.init(rawValue:)) else {
      throw JournalError(.corrupt, "journal: a call has a state that does not exist")
    }
    var call = CallRecord(
      key: row.text(0) ?? "",
      job: row.integer(1),
      parent: row.text(2) ?? "",
      tool: row.text(3) ?? "",
      input: row.text(5) ?? "",
      startedAt: row.integer(9)
    )
    call.state = state
    call.output = row.text(6)
    call.artifacts = row.text(7)
    call.error = row.text(8)
    call.endedAt = row.optionalInteger(10)
    call.receipt = row.text(11)
    call.isRedacted = row.integer(12) != 0
    return call
  }

  /// Jobs that ended before `time`, oldest first.
  package func endedJobs(before time: Int64, limit: Int) throws(JournalError) -> [Int64] {
    let rows = try prepare("SELECT seq FROM jobs WHERE ended_at < ? ORDER BY seq LIMIT ?")
    rows.bind(1, time)
    rows.bind(2, Int64(limit))
    var jobs: [Int64] = []
    while try rows.step() { jobs.append(rows.integer(0)) }
    return jobs
  }

  package func countEndedJobs(before time: Int64) throws(JournalError) -> Int64 {
    let rows = try prepare("SELECT count(*) FROM jobs WHERE ended_at < ?")
    rows.bind(1, time)
    return try rows.step() ? rows.integer(0) : 0
  }

  /// Digests that jobs name.
  package func referencedArtifacts() throws(JournalError) -> Set<String> {
    let rows = try prepare("SELECT DISTINCT sha256 FROM artifacts")
    var digests: Set<String> = []
    while try rows.step() { if let digest = rows.text(0) { digests.insert(digest) } }
    return digests
  }
}
