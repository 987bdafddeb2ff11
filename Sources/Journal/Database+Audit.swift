package import Audit
internal import Digest
internal import Glibc

/// What is read of the audit log.
extension Database {
  /// Where the chain begins when older records were removed.
  package func auditBeginning() throws(JournalError) -> AuditHead? {
    let rows = try prepare(
      "SELECT number, hash, at, key, signature FROM audit_beginnings ORDER BY number DESC LIMIT 1"
    )
    guard try rows.step() else { return nil }
    return try Self.head(rows, .beginning)
  }

  static func head(_ row: Statement, _ kind: AuditHead.Kind) throws(JournalError) -> AuditHead {
    guard let hash = ChainHash(row.blob(1) ?? []) else {
      throw JournalError(.corrupt, "journal: the audit log's \(kind) of record \(row.integer(0)) is damaged")
    }
    return AuditHead(
      kind,
      number: row.integer(0),
      hash: hash,
      at: row.integer(2),
      key: row.text(3) ?? "",
      signature: row.blob(4) ?? []
    )
  }

  /// Heads of records from `number` on, in order.
  package func auditHeads(from number: Int64 = 0, limit: Int) throws(JournalError) -> [AuditHead] {
    let rows = try prepare(
      "SELECT number, hash, at, key, signature FROM audit_heads WHERE number >= ? ORDER BY number LIMIT ?"
    )
    rows.bind(1, number)
    rows.bind(2, Int64(limit))
    var heads: [AuditHead] = []
    while try rows.step() { heads.append(try Self.head(rows, .head)) }
    return heads
  }

  package func countAudit() throws(JournalError) -> Int64 {
    try integer("SELECT coalesce(sum(count), 0) FROM audit")
  }

  /// Whether retention has something to remove: a row that is not the last one is older than `time`.
  package func hasAudit(before time: Int64) throws(JournalError) -> Bool {
    let rows = try prepare("SELECT at FROM audit ORDER BY first LIMIT 2")
    guard try rows.step(), rows.integer(0) < time else { return false }
    return try rows.step()
  }

  // MARK: Records

  /// What one answer holds at most, and what is looked at for it.
  private static let pageBytes = 4 << 20
  private static let scanBytes = 32 << 20

  /// Fewer than the limit, even none, when much had to be looked at: then `next` says where to go on.
  package func audit(_ filter: AuditFilter) throws(JournalError) -> AuditPage {
    let rows = try auditRows(filter)
    let matcher = AuditMatcher(filter)
    var page = AuditPage()
    var (room, effort) = (Self.pageBytes, Self.scanBytes)
    while try rows.step() {
      let hashes = rows.blob(2) ?? []
      try rows.withBytes(1) { bytes throws(JournalError) in
        let lines = Self.lines(bytes)
        let order = filter.isNewestFirst ? Array(lines.indices.reversed()) : Array(lines.indices)
        for i in order where page.next == nil {
          let line = UnsafeRawBufferPointer(rebasing: bytes[lines[i]])
          effort -= line.count
          guard let record = AuditLine(line), Self.isBehind(record.number, filter) else { continue }
          if page.records.count == filter.limit || room <= 0 || effort <= 0 {
            page.next = filter.isNewestFirst ? record.number + 1 : record.number - 1
          } else if matcher.accepts(record, line) {
            let hash = ChainHash(hashes.dropFirst(32 * i).prefix(32)) ?? .none
            page.records.append(
              AuditPage.Record(number: record.number, hash: hash, text: String(decoding: line, as: UTF8.self))
            )
            room -= line.count
          }
        }
      }
      if page.next != nil { return page }
    }
    return page
  }

  private static func isBehind(_ number: Int64, _ filter: AuditFilter) -> Bool {
    guard let after = filter.after else { return true }
    return filter.isNewestFirst ? number < after : number > after
  }

  private func auditRows(_ filter: AuditFilter) throws(JournalError) -> Statement {
    let order = filter.isNewestFirst ? "DESC" : "ASC"
    guard let after = filter.after else {
      return try prepare("SELECT first, records, hashes FROM audit ORDER BY first \(order)")
    }
    // Oldest first, it may be in the middle of a row.
    let condition =
      filter.isNewestFirst ? "first < ?" : "first >= (SELECT coalesce(max(first), 0) FROM audit WHERE first <= ?)"
    let rows = try prepare("SELECT first, records, hashes FROM audit WHERE \(condition) ORDER BY first \(order)")
    rows.bind(1, after)
    return rows
  }

  /// Where the lines of a row's records are, without their line breaks.
  static func lines(_ bytes: UnsafeRawBufferPointer) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = 0
    while start < bytes.count {
      var length = bytes.count - start
      if let base = bytes.baseAddress, let end = memchr(base + start, 10, length) {
        length = (base + start).distance(to: UnsafeRawPointer(end))
      }
      lines.append(start..<start + length)
      start += length + 1
    }
    return lines
  }
}
