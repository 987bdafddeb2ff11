package import Audit
package import Digest

/// What must hold of the audit log.
extension Database {
  /// Walks the whole log as it is at this moment. `progress` is told now and then how many records were walked, and ends
  /// the walk by saying false; what is not walked is not vouched for.
  ///
  /// The writer goes on meanwhile; what it writes stays in its own log until the walk is over.
  package func verifyAudit(
    trusting keys: [VerifyingKey],
    against known: [AuditHead] = [],
    progress: (Int64) -> Bool = { _ in true }
  ) throws(JournalError) -> AuditVerification {
    try execute("BEGIN")
    defer { endWalk() }
    var verification = AuditVerification(trusting: keys, against: known)
    if let beginning = try auditBeginning() { verification.begin(beginning) }
    var heads = HeadCursor(try prepare("SELECT number, hash, at, key, signature FROM audit_heads ORDER BY number"))
    try heads.advance()
    let rows = try prepare("SELECT first, count, records, hashes FROM audit ORDER BY first")
    var told = verification.records
    while try rows.step() {
      let (first, count) = (rows.integer(0), rows.integer(1))
      try rows.withBytes(2) { (records) throws(JournalError) in
        try rows.withBytes(3) { (hashes) throws(JournalError) in
          let lines = Self.lines(records)
          if lines.count != count || hashes.count != lines.count * ChainHash.byteCount {
            verification.unreadable("the row of records \(first) to \(first + count - 1) is damaged")
          }
          for (i, line) in lines.enumerated() {
            let link = hashes.dropFirst(ChainHash.byteCount * i).prefix(ChainHash.byteCount)
            verification.record(UnsafeRawBufferPointer(rebasing: records[line]), ChainHash(link) ?? .none)
            while let head = heads.head, head.number <= verification.last {
              verification.head(head)
              try heads.advance()
            }
          }
        }
      }
      if verification.records - told >= 10_000 {
        told = verification.records
        guard progress(told) else { return verification }
      }
    }
    while let head = heads.head {
      verification.head(head)
      try heads.advance()
    }
    verification.finish()
    return verification
  }

  private func endWalk() {
    // Only a read ends; there is nothing to lose.
    do throws(JournalError) { try execute("COMMIT") } catch {}
  }

  private struct HeadCursor {
    private let rows: Statement
    private(set) var head: AuditHead?

    init(_ rows: Statement) { self.rows = rows }

    mutating func advance() throws(JournalError) { head = try rows.step() ? Database.head(rows, .head) : nil }
  }
}
