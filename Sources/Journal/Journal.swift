package import Audit
package import Digest
internal import Glibc
package import Posix

/// The durable record of jobs: SQLite with a write-ahead log, synced at every commit.
///
/// All methods are for the loop's thread. Writes gather while the commit before is under way and then share one
/// (group commit); completions come back on the loop in the order of the calls. Reads have a thread and a connection of
/// their own and see what was committed.
///
/// What cannot be written is not lost: when the disk is full or cannot be written, entries that may be refused are (a
/// new job), the others stay in memory and are tried again until they are on disk, and nothing acts on them before.
///
/// Safety: every stored property is touched on `loop`'s thread alone; the writer comes back by `loop.submit`.
package final class Journal: @unchecked Sendable {
  private struct Entry {
    let changes: [Change]
    let isRefusable: Bool
    let then: ((JournalError?) -> Void)?

    var isAudited: Bool {
      changes.contains { change in
        if case .audit = change { true } else { false }
      }
    }
  }

  let loop: EventLoop
  private(set) var writer: JournalWriter!
  package let reader: JournalReader
  /// Held until the journal is closed.
  private var lock: Descriptor?
  package let path: String
  /// The number of this start of the coordinator.
  package let run: Int64
  /// The next job's `seq`.
  private var nextSeq: Int64
  private var pending: [Entry] = []
  private var writing: [Entry] = []
  private var isFlushDue = false
  private var retryDelay: Int64 = 0
  private var retryTimer: LoopTimer?
  private var isClosed = false
  /// Why the last write failed; nil when it did not.
  package private(set) var trouble: JournalError?
  package var onTrouble: ((JournalError?) -> Void)?
  /// Of the key that signs heads.
  package let auditKey: VerifyingKey
  /// For the audit log, so that a long search there is in nobody's way.
  package let auditReader: JournalReader
  /// Called with each head of the audit log when it is on disk.
  package var onAuditHead: ((AuditHead) -> Void)?
  private var headTimer: LoopTimer?
  /// Commits and entries since the start; their quotient is how many share a commit.
  package private(set) var commits = 0
  package private(set) var entries = 0

  /// One commit takes at most so many entries, so that none waits for all of a flood.
  private static let batchLimit = 4_096

  /// How long a record of the audit log waits at most for a head.
  private static let headDelay: Milliseconds = 60_000

  /// Opens `folder`/journal.db, brings its schema up to date and notes this start. The audit log's key is in `folder`, too;
  /// its end is signed after every `headInterval` records.
  package init(
    folder: String,
    version: String,
    on loop: EventLoop,
    headInterval: Int64 = 1_000
  ) throws(JournalError) {
    self.loop = loop
    path = "\(folder)/journal.db"
    lock = try Self.lock(folder)
    let database = try Database(path, .readWrite)
    // Before anything is written to what may not be ours.
    try Migrations.check(database, path: path)
    try Self.configure(database)
    try Migrations.apply(to: database)
    run = try database.integer("SELECT coalesce(max(n), 0) + 1 FROM runs")
    // Jobs that were removed keep their numbers: ids and idempotency keys are made of them. A call that is written when
    // it has ended may have been cut short after calls in it had used something.
    nextSeq = try database.integer(
      """
      SELECT max((SELECT coalesce(max(seq), 0) FROM jobs), (SELECT coalesce(max(last_seq), 0) FROM runs),
        (SELECT coalesce(max(job), 0) FROM usage), (SELECT coalesce(max(number), 0) FROM approvals)) + 1
      """
    )
    try Self.note(run, version, in: database)
    let key = try Self.openKey(folder)
    auditKey = key.verifying
    let trail = try AuditTrail(database, key: key, interval: headInterval)
    reader = try JournalReader(path, on: loop)
    auditReader = try JournalReader(path, on: loop)
    writer = JournalWriter(database, run: run, trail: trail, loop: loop) { [weak self] outcome in
      self?.written(outcome)
    } reportHead: { [weak self] head in
      self?.onAuditHead?(head)
    }
  }

  private static func openKey(_ folder: String) throws(JournalError) -> SigningKey {
    do throws(AuditKey.Problem) {
      return try AuditKey.open(in: folder)
    } catch {
      let kind: JournalError.Kind =
        switch error.errno {
        case ENOSPC, EDQUOT: .full
        case EROFS, EACCES: .readOnly
        default: .io
        }
      throw JournalError(kind, "journal: \(error.description)")
    }
  }

  private static func configure(_ database: Database) throws(JournalError) {
    try database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    guard try database.text("PRAGMA journal_mode = WAL") == "wal" else {
      throw JournalError(.io, "journal: the file system of the state folder cannot hold a write-ahead log")
    }
    try database.execute(
      """
      PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000; PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY; PRAGMA trusted_schema = OFF
      """
    )
  }

  /// Two coordinators in one folder would each believe that they hold the truth.
  static func lock(_ folder: String) throws(JournalError) -> Descriptor {
    let file = "\(folder)/journal.lock"
    let raw = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard raw >= 0 else {
      let kind: JournalError.Kind = errno == EROFS || errno == EACCES ? .readOnly : errno == ENOSPC ? .full : .io
      throw JournalError(kind, "journal: '\(file)' cannot be opened: \(errnoMessage(errno))")
    }
    let descriptor = Descriptor(owning: raw)
    guard flock(raw, LOCK_EX | LOCK_NB) == 0 else {
      throw JournalError(.locked, "another coordinator uses the state folder '\(folder)'")
    }
    return descriptor
  }

  private static func note(_ run: Int64, _ version: String, in database: Database) throws(JournalError) {
    let statement = try database.prepare(
      "INSERT INTO runs (n, boot_id, pid, version, started_at) VALUES (?, ?, ?, ?, ?)"
    )
    statement.bind(1, run)
    statement.bind(2, bootID())
    statement.bind(3, Int64(getpid()))
    statement.bind(4, version)
    statement.bind(5, WallTime.now)
    try statement.run()
  }

  // MARK: Writing

  package func takeSeq() -> Int64 {
    defer { nextSeq += 1 }
    return nextSeq
  }

  /// Writes `changes`, all or none; `then` is called on the loop when they are on disk, or cannot be.
  ///
  /// An entry that is not `refusable` gets an error only for a mistake of ours; other trouble is waited out.
  package func commit(_ changes: [Change], refusable: Bool = false, then: ((JournalError?) -> Void)? = nil) {
    // Between two tries nothing new is taken on.
    if isClosed || (refusable && trouble != nil && (retryTimer != nil || trouble?.mayPass == false)) {
      let error = trouble ?? JournalError(.closed, "the journal is closed")
      loop.deferred { then?(error) }
      return
    }
    pending.append(Entry(changes: changes, isRefusable: refusable, then: then))
    flushSoon()
  }

  /// Entries that are not on disk yet.
  package var backlog: Int { pending.count + writing.count }

  private func flushSoon() {
    guard writing.isEmpty, !isFlushDue, retryTimer == nil else { return }
    isFlushDue = true
    // After this round of the loop: what else happens in it shares the commit.
    loop.deferred { [weak self] in self?.flush() }
  }

  private func flush() {
    isFlushDue = false
    guard writing.isEmpty, !pending.isEmpty else { return }
    if pending.count <= Self.batchLimit {
      swap(&writing, &pending)
    } else {
      writing = Array(pending.prefix(Self.batchLimit))
      pending.removeFirst(Self.batchLimit)
    }
    writer.write(writing.map(\.changes))
  }

  private func written(_ outcome: JournalWriter.Outcome) {
    guard !isClosed else { return }
    let batch = writing
    writing = []
    let settled = outcome.results.count
    if settled > 0 {
      commits += 1
      entries += settled
    }
    if outcome.failure == nil {
      if trouble != nil {
        trouble = nil
        onTrouble?(nil)
      }
      retryDelay = 0
    }
    if headTimer == nil, batch.contains(where: \.isAudited) {
      headTimer = loop.schedule(after: Self.headDelay) { [weak self] in
        guard let self else { return }
        headTimer = nil
        signAudit()
      }
    }
    for (entry, error) in zip(batch, outcome.results) { entry.then?(error) }
    if let failure = outcome.failure {
      failed(Array(batch.dropFirst(settled)), failure)
    } else if !pending.isEmpty {
      flushSoon()
    }
  }

  private func failed(_ batch: [Entry], _ error: JournalError) {
    let refused = (batch + pending).filter(\.isRefusable)
    pending = (batch + pending).filter { !$0.isRefusable }
    if trouble != error {
      trouble = error
      onTrouble?(error)
    }
    for entry in refused { entry.then?(error) }
    guard error.mayPass else { return }
    retryDelay = min(max(retryDelay * 2, 100), 2_000)
    retryTimer = loop.schedule(after: Milliseconds(retryDelay)) { [weak self] in
      guard let self, !isClosed else { return }
      retryTimer = nil
      if pending.isEmpty { pending.append(Entry(changes: [.probe], isRefusable: true, then: nil)) }
      flush()
    }
  }

  /// Has the end of the audit log signed, if it is not.
  package func signAudit() {
    if !isClosed { writer.sign() }
  }

  /// Writes what waits, if the disk takes it, and ends both threads. Completions are not called any more.
  package func close() {
    guard !isClosed else { return }
    isClosed = true
    if let retryTimer { loop.cancel(retryTimer) }
    if let headTimer { loop.cancel(headTimer) }
    reader.close()
    auditReader.close()
    if let head = writer.close(after: trouble == nil ? pending.map(\.changes) : []) { onAuditHead?(head) }
    pending = []
    writing = []
    lock = nil
  }
}

/// Milliseconds since 1970, the journal's time.
package enum WallTime {
  package static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}

private func bootID() -> String {
  guard let file = fopen("/proc/sys/kernel/random/boot_id", "re") else { return "" }
  defer { fclose(file) }
  var buffer = [CChar](repeating: 0, count: 64)
  guard fgets(&buffer, 64, file) != nil else { return "" }
  return String(decoding: buffer.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
