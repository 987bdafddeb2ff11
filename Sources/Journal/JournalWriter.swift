internal import Posix

/// The one thread that writes. It takes what has gathered as one transaction, so that a commit's cost is shared by all
/// who wait for it.
///
/// Safety: `box` is guarded by its lock; `database` is used by the writer's thread alone, apart from `init` before that
/// thread starts and `close` after it has ended.
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
    var mustStop = false
  }

  let database: Database
  private let run: Int64
  private let loop: EventLoop
  private let box = Guarded(Box())
  private let work = Semaphore()
  private var thread: JoinableThread?
  private let report: @Sendable (Outcome) -> Void

  /// `report` is called on `loop` once for each batch.
  init(
    _ database: Database,
    run: Int64,
    loop: EventLoop,
    report: @escaping @Sendable (Outcome) -> Void
  ) {
    self.database = database
    self.run = run
    self.loop = loop
    self.report = report
    thread = JoinableThread("journal", stackBytes: 1 << 20) { [self] in serve() }
  }

  /// Hands over the next batch; the one before has been reported.
  func write(_ batch: Batch) {
    box.withLock { $0.batch = batch }
    work.signal()
  }

  /// Ends the thread after the batch that it has, then writes a last one.
  func close(after last: Batch) {
    box.withLock { $0.mustStop = true }
    work.signal()
    thread?.join()
    if !last.isEmpty { _ = write(last, to: database) }
    // What the log holds goes into the file, so that a copy of the file alone is whole.
    // Safety: the log is as durable, and read at the next start.
    _ = try? database.integer("PRAGMA wal_checkpoint(TRUNCATE)")
  }

  private func serve() {
    var isBusy = false
    while true {
      work.wait(lingering: isBusy)
      let next = box.withLock { box in
        defer { box.batch = nil }
        return (batch: box.batch, mustStop: box.mustStop)
      }
      isBusy = next.batch != nil
      if let batch = next.batch {
        let outcome = write(batch, to: database)
        let report = report
        loop.submit { report(outcome) }
      }
      if next.mustStop { return }
    }
  }

  private func write(_ batch: Batch, to database: Database) -> Outcome {
    CrashPoint.hit(.beforeCommit)
    do throws(JournalError) {
      try database.transaction { () throws(JournalError) in
        for changes in batch {
          for change in changes { try database.apply(change, run: run) }
        }
        CrashPoint.hit(.insideCommit)
      }
      CrashPoint.hit(.afterCommit)
      return Outcome(results: Array(repeating: nil, count: batch.count))
    } catch {
      if error.kind != .invalid { return Outcome(failure: error) }
    }
    // One entry breaks a rule of the schema. Alone, it fails alone.
    var results: [JournalError?] = []
    for changes in batch {
      do throws(JournalError) {
        try database.transaction { () throws(JournalError) in
          for change in changes { try database.apply(change, run: run) }
        }
        results.append(nil)
      } catch {
        if error.kind != .invalid { return Outcome(results: results, failure: error) }
        results.append(error)
      }
    }
    return Outcome(results: results)
  }
}
