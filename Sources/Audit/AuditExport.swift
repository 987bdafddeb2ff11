package import Digest

/// One line of an exported audit log.
///
/// A record is written as `{"hash":"…","record":{…}}`: the hash is 64 digits, so the record's own bytes are those from the
/// 85th to the last but one. Beside records there are heads, each behind its record, and before all others a beginning, or
/// the link at which a part begins.
package enum AuditExport {
  case record(ChainHash, Range<Int>)
  case statement(AuditHead)
  /// Of a part: the record before its first one. Not signed.
  case link(Int64, ChainHash)

  private static let start = 84

  /// nil when it is none.
  package init?(_ line: UnsafeRawBufferPointer) {
    if let head = AuditHead(line) {
      self = .statement(head)
      return
    }
    guard line.count <= AuditLine.limit + Self.start + 1 else { return nil }
    var scan = Scan(line)
    if scan.skip("{\"link\":") {
      guard let number = scan.integer(), number > 0, scan.skip(",\"hash\":"), let hash = scan.bytes(32),
        let hash = ChainHash(hash), scan.skip("}"), scan.rest == 0
      else { return nil }
      self = .link(number, hash)
      return
    }
    guard scan.skip("{\"hash\":"), let hash = scan.bytes(32), let hash = ChainHash(hash), scan.skip(",\"record\":"),
      scan.rest > 1, line[line.count - 1] == UInt8(ascii: "}")
    else { return nil }
    self = .record(hash, scan.position..<line.count - 1)
  }

  /// A record's line, without a line break.
  package static func line(_ hash: ChainHash, _ record: String) -> String {
    "{\"hash\":\"\(hash.hex)\",\"record\":\(record)}"
  }

  package static func link(_ number: Int64, _ hash: ChainHash) -> String {
    "{\"link\":\(number),\"hash\":\"\(hash.hex)\"}"
  }
}

extension AuditVerification {
  /// A line of an export, without its line break.
  package mutating func line(_ line: UnsafeRawBufferPointer) {
    switch AuditExport(line) {
    case .record(let hash, let range): record(UnsafeRawBufferPointer(rebasing: line[range]), hash)
    case .statement(let head): self.head(head)
    case .link(let number, let hash): link(number, hash)
    case nil: unreadable("what follows record \(last) is no line of an export")
    }
  }
}
