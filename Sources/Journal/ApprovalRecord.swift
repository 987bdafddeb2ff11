/// Something that waits, or waited, for a person.
package struct ApprovalRecord: Sendable, Equatable {
  package enum State: String, Sendable, CaseIterable {
    case pending, approved, denied
    /// Nobody decided in time.
    case expired
    /// What it was about will not happen any more.
    case withdrawn
  }

  /// What it is about.
  package enum Kind: String, Sendable, CaseIterable {
    /// A job before anything of it runs, or the privileges of its plan.
    case plan
    /// An attempt at a step.
    case step
    /// A call that a client or a worker makes.
    case call
  }

  package var number: Int64
  /// Seq of the job.
  package var job: Int64
  /// Row of the step to which it belongs.
  package var step: Int64
  package var kind: Kind
  /// Of exactly what is decided about: the approval is good for nothing else.
  package var hash: String
  /// JSON: what would run, why it waits, and who may decide.
  package var what: String
  package var state = State.pending
  package var createdAt: Int64
  package var deadlineAt: Int64
  /// JSON: who decided.
  package var decidedBy: String?
  package var decidedAt: Int64?
  package var reason: String?
  /// The input in whose place the approver put another; JSON.
  package var input: String?
  /// For what else in the job it is good; JSON.
  package var always: String?

  package init(
    number: Int64,
    job: Int64,
    step: Int64,
    kind: Kind,
    hash: String,
    what: String,
    createdAt: Int64,
    deadlineAt: Int64
  ) {
    self.number = number
    self.job = job
    self.step = step
    self.kind = kind
    self.hash = hash
    self.what = what
    self.createdAt = createdAt
    self.deadlineAt = deadlineAt
  }
}

extension Database {
  func put(_ approval: ApprovalRecord) throws(JournalError) {
    let statement = try statement(
      """
      INSERT INTO approvals (number, job, step, kind, hash, what, state, created_at, deadline_at, decided_by, decided_at,
        reason, input, always) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (number) DO UPDATE SET what = excluded.what, state = excluded.state, deadline_at = excluded.deadline_at,
        decided_by = excluded.decided_by, decided_at = excluded.decided_at, reason = excluded.reason,
        input = excluded.input, always = excluded.always
      """
    )
    statement.bind(1, approval.number)
    statement.bind(2, approval.job)
    statement.bind(3, approval.step)
    statement.bind(4, approval.kind.rawValue)
    statement.bind(5, approval.hash)
    statement.bind(6, approval.what)
    statement.bind(7, approval.state.rawValue)
    statement.bind(8, approval.createdAt)
    statement.bind(9, approval.deadlineAt)
    statement.bind(10, approval.decidedBy)
    statement.bind(11, approval.decidedAt)
    statement.bind(12, approval.reason)
    statement.bind(13, approval.input)
    statement.bind(14, approval.always)
    try statement.run()
  }

  private static let approvalColumns =
    """
    number, job, step, kind, hash, what, state, created_at, deadline_at, decided_by, decided_at, reason, input, always
    """

  private static func approval(_ row: Statement) throws(JournalError) -> ApprovalRecord {
    guard let kind = row.text(3).flatMap(ApprovalRecord.Kind.init(rawValue:)),
      let state = row.text(6).flatMap(ApprovalRecord.State.init(rawValue:))
    else { throw JournalError(.corrupt, "journal: approval \(row.integer(0)) has a kind or state that does not exist") }
    var approval = ApprovalRecord(
      number: row.integer(0),
      job: row.integer(1),
      step: row.integer(2),
      kind: kind,
      hash: row.text(4) ?? "",
      what: row.text(5) ?? "{}",
      createdAt: row.integer(7),
      deadlineAt: row.integer(8)
    )
    approval.state = state
    approval.decidedBy = row.text(9)
    approval.decidedAt = row.optionalInteger(10)
    approval.reason = row.text(11)
    approval.input = row.text(12)
    approval.always = row.text(13)
    return approval
  }

  /// Of one job, oldest first.
  package func approvals(of job: Int64) throws(JournalError) -> [ApprovalRecord] {
    let sql = "SELECT \(Self.approvalColumns) FROM approvals WHERE job = ? ORDER BY number"
    return try query(sql) { rows throws(JournalError) in
      rows.bind(1, job)
      var found: [ApprovalRecord] = []
      while try rows.step() { found.append(try Self.approval(rows)) }
      return found
    }
  }

  /// Those that wait although their job has ended: a crash came between the one entry and the other.
  package func orphanedApprovals() throws(JournalError) -> [ApprovalRecord] {
    let rows = try prepare(
      """
      SELECT \(Self.approvalColumns) FROM approvals WHERE state = 'pending'
        AND job IN (SELECT seq FROM jobs WHERE ended_at IS NOT NULL) ORDER BY number
      """
    )
    var found: [ApprovalRecord] = []
    while try rows.step() { found.append(try Self.approval(rows)) }
    return found
  }

  package func approval(_ number: Int64) throws(JournalError) -> ApprovalRecord? {
    let rows = try prepare("SELECT \(Self.approvalColumns) FROM approvals WHERE number = ?")
    rows.bind(1, number)
    return try rows.step() ? try Self.approval(rows) : nil
  }

  /// Newest first; fewer than `limit` if they are large.
  package func approvals(
    states: [ApprovalRecord.State],
    before: Int64? = nil,
    limit: Int
  ) throws(JournalError) -> [ApprovalRecord] {
    var conditions = ["state IN (\(states.map { "'\($0.rawValue)'" }.joined(separator: ", ")))"]
    if let before { conditions.append("number < \(before)") }
    let rows = try prepare(
      """
      SELECT \(Self.approvalColumns) FROM approvals WHERE \(conditions.joined(separator: " AND "))
      ORDER BY number DESC LIMIT \(limit)
      """
    )
    var found: [ApprovalRecord] = []
    var room = 4 << 20
    while room > 0, try rows.step() {
      let approval = try Self.approval(rows)
      room -= 512 + approval.what.utf8.count + (approval.input?.utf8.count ?? 0)
      found.append(approval)
    }
    return found
  }
}
