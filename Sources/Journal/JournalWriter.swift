internal import Audit
internal import Posix

/// The one thread that writes. It takes what has gathered as one transaction, so that a commit's cost is shared by all
/// who wait for it.
///
/// Safety: `box` is guarded by its lock; `database` and `trail` are used by the writer's thread alone, apart from `init`
/// before that thread starts and `close` after it has ended.
final class JournalWriter: @unchecked Sendable {
  /// Entries are atomic: all changes of one are written or none.
  typealias Batch = [[Change]]
  struct Outcome: Sendable {
    /// Of the entries that are settled, from the first on: nil for one that is on disk.
    var results: [JournalError?] = []
    /// Why the others are not settled.
    var failure: JournalError?
  }

  private struct Box {
    var batch: Batch?
    var mustSign = false
    var mustStop = false
  }

  let database: Database
  private let run: Int64
  private let loop: EventLoop
  private let box = Guarded(Box())
  private let work = Semaphore()
  private var thread: JoinableThread?
  private var trail: AuditTrail
  private let report: @Sendable (Outcome) -> Void
  private let reportHead: @Sendable (AuditHead) -> Void

  /// `report` is called on `loop` once for each batch, `reportHead` once for each head of the audit log.
  init(
    _ database: Database,
    run: Int64,
    trail: consuming AuditTrail,
    loop: EventLoop,
    report: @escaping @Sendable (Outcome) -> Void,
    reportHead: @escaping @Sendable (AuditHead) -> Void
  ) {
    self.database = database
    self.run = run
    self.trail = trail
    self.loop = loop
    self.report = report
    self.reportHead = reportHead
    thread = JoinableThread("journal", stackBytes: 1 << 20) { [self] in serve() }
  }

  /// Hands over the next batch; the one before has been reported.
  func write(_ batch: Batch) {
    box.withLock { $0.batch = batch }
    work.signal()
  }

  /// Has the audit log's end signed, if there is something new.
  func sign() {
    box.withLock { $0.mustSign = true }
    work.signal()
  }

  /// Ends the thread after the batch that it has, then writes a last one and a last head, which is returned.
  func close(after last: Batch) -> AuditHead? {
    box.withLock { $0.mustStop = true }
    work.signal()
    thread?.join()
    if !last.isEmpty { _ = write(last, to: database) }
    let head = signTrail()
    // What the log holds goes into the file, so that a copy of the file alone is whole.
    // Safety: the log is as durable, and read at the next start.
    _ = try? database.integer("PRAGMA wal_checkpoint(TRUNCATE)")
    return head
  }

  private func serve() {
    var isBusy = false
    while true {
      work.wait(lingering: isBusy)
      let next = box.withLock { box in
        defer { (box.batch, box.mustSign) = (nil, false) }
        return (batch: box.batch, mustSign: box.mustSign, mustStop: box.mustStop)
      }
      isBusy = next.batch != nil
      if let batch = next.batch {
        let outcome = write(batch, to: database)
        let report = report
        loop.submit { report(outcome) }
      }
      // Whoever waits for the batch has been told.
      if next.mustSign || trail.isHeadDue, let head = signTrail() {
        let reportHead = reportHead
        loop.submit { reportHead(head) }
      }
      if next.mustStop { return }
    }
  }

  private func signTrail() -> AuditHead? {
    // A disk that takes no head now may take one later; until then the log is longer than what is signed of it.
    do throws(JournalError) { return try trail.sign(database) } catch { return nil }
  }

  /// One transaction.
  private func commit(_ batch: ArraySlice<[Change]>) throws(JournalError) {
    do throws(JournalError) {
      try database.transaction { () throws(JournalError) in
        for changes in batch {
          for change in changes { try apply(change) }
        }
        try trail.flush(database)
        CrashPoint.hit(.insideCommit)
      }
      trail.settle()
    } catch {
      trail.discard()
      throw error
    }
  }

  private func apply(_ change: Change) throws(JournalError) {
    switch change {
    case .audit(let record): try trail.add(record, database)
    case .trimAudit(let time): try trail.remove(before: time, database)
    default: try database.apply(change, run: run)
    }
  }

  private func write(_ batch: Batch, to database: Database) -> Outcome {
    CrashPoint.hit(.beforeCommit)
    do throws(JournalError) {
      try commit(batch[...])
      CrashPoint.hit(.afterCommit)
      return Outcome(results: Array(repeating: nil, count: batch.count))
    } catch {
      if error.kind != .invalid { return Outcome(failure: error) }
    }
    // One entry breaks a rule of the schema. Alone, it fails alone.
    var results: [JournalError?] = []
    for i in batch.indices {
      do throws(JournalError) {
        try commit(batch[i...i])
        results.append(nil)
      } catch {
        if error.kind != .invalid { return Outcome(results: results, failure: error) }
        results.append(error)
      }
    }
    return Outcome(results: results)
  }
}
