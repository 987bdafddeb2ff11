internal import Digest
internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Policy
internal import Posix
internal import Wire

/// What waits for a person, and what was decided about the jobs in memory.
///
/// An approval is good for one thing: the job, the step and the hash of tool, input, needs and limits that it names.
/// Asking is written with the wait that follows from it, a decision before anybody acts on it.
final class Approvals {
  private let journal: Journal
  private let loop: EventLoop
  /// Of jobs in memory, by seq, oldest first.
  private var known: [Int64: [ApprovalRecord]] = [:]
  private var timers: [Int64: LoopTimer] = [:]
  /// Being written: nobody else decides.
  private var deciding: Set<Int64> = []
  /// Told when a call's approval is decided.
  private var waiters: [Int64: (ApprovalRecord) -> Void] = [:]
  /// Told when a job's is.
  var onDecided: ((ApprovalRecord) -> Void)?
  /// Told of everything new that waits.
  var onAsked: ((ApprovalRecord) -> Void)?
  /// What is written with each change: the audit log's record of it.
  var audit: ((ApprovalRecord) -> [Change]) = { _ in [] }

  init(_ journal: Journal, _ loop: EventLoop) {
    self.journal = journal
    self.loop = loop
  }

  var pendingCount: Int { timers.count }

  static func id(_ number: Int64) -> String { "approval-\(number)" }

  static func number(_ id: String) -> Int64? {
    let digits = id.hasPrefix("approval-") ? Substring(id.utf8.dropFirst(9)) : Substring(id)
    return digits.utf8.allSatisfy { (48...57).contains($0) } ? Int64(digits) : nil
  }

  // MARK: Asking

  /// What was asked before about exactly this.
  func find(_ job: Int64, row: Int64, hash: String) -> ApprovalRecord? {
    known[job]?.last { $0.step == row && $0.hash == hash && $0.state != .withdrawn }
  }

  /// An approval of something else in the job that is good for this, too.
  func standing(for approval: Approval, _ job: Int64) -> ApprovalRecord? {
    known[job]?.last { $0.state == .approved && $0.always != nil && Self.covers($0, approval) }
  }

  /// The approved parts of the plan with which a generation of a job began, and by which it grew.
  func plans(of job: Int64, generation: Int64) -> [Approval] {
    let plans = known[job]?.filter { $0.kind == .plan && $0.state == .approved } ?? []
    return plans.compactMap { Approval($0) }.filter { $0.generation == generation }
  }

  /// The input that whoever approved it last put in the place of what has this hash; JSON.
  func edit(_ job: Int64, row: Int64, hash: () -> String) -> String? {
    let approved = known[job]?.filter { $0.step == row && $0.state == .approved } ?? []
    // Hashing takes its time, and hardly anything is ever edited.
    guard approved.contains(where: { $0.input != nil }) else { return nil }
    let hash = hash()
    return approved.last { $0.hash == hash }?.input
  }

  /// Notes what is asked; the change is to be written with the wait.
  func ask(_ approval: Approval, _ job: Int64, row: Int64, kind: ApprovalRecord.Kind) -> (ApprovalRecord, [Change]) {
    let number = journal.takeSeq()
    var approval = approval
    approval.id = Self.id(number)
    let record = ApprovalRecord(
      number: number,
      job: job,
      step: row,
      kind: kind,
      hash: approval.hash,
      what: approval.text,
      createdAt: approval.createdAt,
      deadlineAt: approval.deadlineAt
    )
    known[job, default: []].append(record)
    watch(record)
    onAsked?(record)
    return (record, [.putApproval(record)] + audit(record))
  }

  func wait(for number: Int64, _ then: @escaping (ApprovalRecord) -> Void) { waiters[number] = then }

  func stopWaiting(for number: Int64) {
    waiters[number] = nil
  }

  private func watch(_ record: ApprovalRecord, atLeast least: Int64 = 0) {
    let remaining = max(least, min(record.deadlineAt - WallTime.now, record.deadlineAt - record.createdAt))
    timers[record.number] = loop.schedule(after: Milliseconds(remaining)) { [weak self] in
      self?.timers[record.number] = nil
      self?.expire(record)
    }
  }

  // MARK: Jobs that come and go

  /// Takes up what the journal knows of a job that comes into memory.
  func adopt(_ records: [ApprovalRecord], _ job: Int64) {
    guard known[job] == nil, !records.isEmpty else { return }
    known[job] = records
    for record in records where record.state == .pending { watch(record) }
  }

  /// The job is over: what still waits for a person will not happen.
  func jobEnded(_ job: Int64) {
    withdraw(known.removeValue(forKey: job)?.filter { $0.state == .pending } ?? [])
  }

  /// What is asked about a step, or a plan, and needs nobody's word any more.
  func withdrawPending(_ job: Int64, row: Int64, kind: ApprovalRecord.Kind) {
    guard pendingCount > 0, kind != .call else { return }
    withdraw(known[job]?.filter { $0.state == .pending && $0.step == row && $0.kind == kind } ?? [])
  }

  /// Nobody waits for these any more.
  func withdraw(_ records: [ApprovalRecord]) {
    for record in records where !deciding.contains(record.number) {
      var record = record
      record.state = .withdrawn
      record.decidedAt = WallTime.now
      forgetTimer(record.number)
      waiters[record.number] = nil
      replace(record)
      journal.commit([.putApproval(record)] + audit(record))
    }
  }

  private func forgetTimer(_ number: Int64) {
    if let timer = timers.removeValue(forKey: number) { loop.cancel(timer) }
  }

  private func replace(_ record: ApprovalRecord) {
    guard let index = known[record.job]?.firstIndex(where: { $0.number == record.number }) else { return }
    known[record.job]?[index] = record
  }

  // MARK: Deciding

  /// One that waits; nil: there is none with that number, or it is decided.
  func pending(_ number: Int64) -> ApprovalRecord? {
    guard !deciding.contains(number) else { return nil }
    for records in known.values {
      if let record = records.first(where: { $0.number == number }), record.state == .pending { return record }
    }
    return nil
  }

  func isDeciding(_ number: Int64) -> Bool { deciding.contains(number) }

  /// Writes down what was decided about one that waits, then tells whoever waits for it.
  func settle(_ record: ApprovalRecord, then: @escaping (JournalError?) -> Void = { _ in }) {
    deciding.insert(record.number)
    forgetTimer(record.number)
    CrashPoint.hit(.beforeDecision)
    journal.commit([.putApproval(record)] + audit(record)) { [weak self] error in
      guard let self else { return }
      if error != nil { watchOn(record) }
      deciding.remove(record.number)
      if let error { return then(error) }
      CrashPoint.hit(.afterDecision)
      replace(record)
      then(nil)
      if let waiter = waiters.removeValue(forKey: record.number) { waiter(record) } else { onDecided?(record) }
    }
  }

  /// What was decided could not be written: it waits as before, until its deadline.
  private func watchOn(_ record: ApprovalRecord) {
    guard let known = known[record.job]?.first(where: { $0.number == record.number }), known.state == .pending else {
      return
    }
    watch(known, atLeast: 1_000)
  }

  /// Nobody decided in time: it goes to somebody else for as long again, once, or counts as denied.
  private func expire(_ record: ApprovalRecord) {
    guard var approval = Approval(record), !deciding.contains(record.number) else { return }
    var record = record
    if approval.onTimeout == "escalate", !approval.escalation.isEmpty {
      let now = WallTime.now
      approval = approval.escalated
      record.deadlineAt = now + max(record.deadlineAt - record.createdAt, 1_000)
      approval.deadlineAt = record.deadlineAt
      record.what = approval.text
      replace(record)
      watch(record)
      journal.commit([.putApproval(record)] + audit(record))
      onAsked?(record)
    } else {
      record.state = .expired
      record.decidedAt = WallTime.now
      settle(record)
    }
  }
}

extension Approval {
  /// What was written down, with what has become of it.
  init?(_ record: ApprovalRecord) {
    guard case .object(let object)? = Jobs.parse(record.what) else { return nil }
    do throws(WireError) { self = try Approval.decode(object) } catch { return nil }
    id = Approvals.id(record.number)
    state = record.state.rawValue
    hash = record.hash
    createdAt = record.createdAt
    deadlineAt = record.deadlineAt
    decidedBy = Jobs.parse(record.decidedBy)
    decidedAt = record.decidedAt
    reason = record.reason
    editedInput = Jobs.parse(record.input)
    always = Jobs.parse(record.always)?.arrayValue?.compactMap(\.stringValue)
  }

  var text: String {
    var writer = JSONWriter()
    writer.object(self)
    return String(decoding: writer.finish(), as: UTF8.self)
  }
}
