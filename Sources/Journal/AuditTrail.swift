internal import Audit
internal import Digest

/// The end of the audit log's chain, as the one thread that writes keeps it.
///
/// The records of a transaction are one row: each costs a hash and its bytes, and no row of its own. What was added is
/// provisional until `settle`, which follows the commit; after `discard` it was never there.
struct AuditTrail: ~Copyable {
  /// Where the chain ends.
  private struct End {
    var number: Int64 = 0
    var hash = ChainHash.none
  }

  private var end: End
  /// The end with what was added.
  private var next: End
  private var hasher = ChainHasher()
  private var lines: [UInt8] = []
  private var hashes: [UInt8] = []
  private var count: Int64 = 0
  private var at: Int64 = 0
  private(set) var lastHead: Int64
  private let key: SigningKey
  private let interval: Int64

  /// A row holds no more, so that readers need little memory.
  private static let rowBytes = 1 << 20
  private static let rowRecords: Int64 = 1_024

  /// `interval`: records from one head to the next.
  init(_ database: Database, key: SigningKey, interval: Int64) throws(JournalError) {
    let end = try Self.end(of: database)
    lastHead = try database.integer("SELECT coalesce(max(number), 0) FROM audit_heads")
    self.key = key
    self.interval = max(interval, 1)
    self.end = end
    next = end
  }

  private static func end(of database: Database) throws(JournalError) -> End {
    let last = try database.prepare("SELECT first + count - 1, hashes FROM audit ORDER BY first DESC LIMIT 1")
    guard try last.step() else {
      return try database.auditBeginning().map { End(number: $0.number, hash: $0.hash) } ?? End()
    }
    guard let hash = ChainHash((last.blob(1) ?? []).suffix(ChainHash.byteCount)) else {
      throw JournalError(.corrupt, "journal: the last row of the audit log is damaged")
    }
    return End(number: last.integer(0), hash: hash)
  }

  /// Records since the last head.
  var unsigned: Int64 { end.number - lastHead }
  var isHeadDue: Bool { unsigned >= interval }

  // MARK: Records

  mutating func add(_ record: AuditRecord, _ database: Database) throws(JournalError) {
    if lines.count >= Self.rowBytes || count >= Self.rowRecords { try flush(database) }
    let start = lines.count
    next.number += 1
    AuditLine.write(
      next.number,
      at: record.at,
      kind: record.kind,
      actor: record.actor,
      job: record.job,
      step: record.step,
      data: record.data,
      to: &lines
    )
    let previous = next.hash
    next.hash = lines.withUnsafeBytes { bytes in
      hasher.link(after: previous, UnsafeRawBufferPointer(rebasing: bytes[start...]))
    }
    next.hash.append(to: &hashes)
    lines.append(UInt8(ascii: "\n"))
    count += 1
    at = record.at
  }

  /// Writes what was added; within the transaction, behind its other changes.
  mutating func flush(_ database: Database) throws(JournalError) {
    guard count > 0 else { return }
    let row = try database.statement("INSERT INTO audit (first, count, at, hashes, records) VALUES (?, ?, ?, ?, ?)")
    row.bind(1, next.number - count + 1)
    row.bind(2, count)
    row.bind(3, at)
    row.bind(4, blob: hashes)
    row.bind(5, lines)
    try row.run()
    clear()
  }

  mutating func settle() { end = next }

  mutating func discard() {
    next = end
    clear()
  }

  private mutating func clear() {
    lines.removeAll(keepingCapacity: lines.capacity < 4 * Self.rowBytes)
    hashes.removeAll(keepingCapacity: true)
    count = 0
  }

  // MARK: Heads

  /// Signs where the chain ends; nil when nothing was added since the last head.
  mutating func sign(_ database: Database) throws(JournalError) -> AuditHead? {
    guard unsigned > 0 else { return nil }
    let head = AuditHead(.head, number: end.number, hash: end.hash, at: WallTime.now, signedWith: key)
    let row = try database.statement(
      "INSERT INTO audit_heads (number, hash, at, key, signature) VALUES (?, ?, ?, ?, ?)"
    )
    try Self.insert(head, row)
    lastHead = end.number
    return head
  }

  private static func insert(_ head: AuditHead, _ row: Statement) throws(JournalError) {
    row.bind(1, head.number)
    row.bind(2, blob: head.hash.bytes)
    row.bind(3, head.at)
    row.bind(4, head.key)
    row.bind(5, blob: head.signature)
    try row.run()
  }

  // MARK: Retention

  /// Rows that one transaction removes at most.
  static let removalLimit: Int64 = 500

  /// Removes records from the front that are older than `time`, whole rows, never the last one. A signed statement says
  /// where the chain then begins, and a record that they were removed.
  mutating func remove(before time: Int64, _ database: Database) throws(JournalError) {
    let rows = try database.prepare(
      "SELECT first, first + count - 1, at, hashes FROM audit ORDER BY first LIMIT \(Self.removalLimit + 1)"
    )
    var first: Int64?
    var last: (row: Int64, number: Int64, hash: ChainHash)?
    var candidate: (row: Int64, number: Int64, hash: ChainHash)?
    while try rows.step() {
      // The one before is not the last row.
      if candidate != nil { last = candidate }
      guard rows.integer(2) < time, let hash = ChainHash((rows.blob(3) ?? []).suffix(ChainHash.byteCount)) else {
        break
      }
      if first == nil { first = rows.integer(0) }
      candidate = (rows.integer(0), rows.integer(1), hash)
    }
    rows.reset()
    guard let first, let last else { return }
    let beginning = AuditHead(
      .beginning,
      number: last.number,
      hash: last.hash,
      at: WallTime.now,
      signedWith: key
    )
    let row = try database.statement(
      "INSERT INTO audit_beginnings (number, hash, at, key, signature) VALUES (?, ?, ?, ?, ?)"
    )
    try Self.insert(beginning, row)
    for sql in [
      "DELETE FROM audit WHERE first <= \(last.row)", "DELETE FROM audit_heads WHERE number < \(last.number)",
      "DELETE FROM audit_beginnings WHERE number < \(last.number)",
      // Gives back a part of what came free, as much as takes about a commit's time.
      "PRAGMA incremental_vacuum(256)",
    ] { try database.execute(sql) }
    let data = "{\"first\":\(first),\"last\":\(last.number),\"hash\":\"\(last.hash.hex)\"}"
    try add(AuditRecord(kind: "audit.removed", actor: "coordinator", data: Array(data.utf8)), database)
  }
}
