package import Digest

/// One line of an exported audit log.
///
/// A record is written as `{"hash":"…","record":{…}}`: the hash is 64 digits, so the record's own bytes are those from the
/// 85th to the last but one. Beside records there are heads, each behind its record, and a beginning before all others.
package enum AuditExport {
  case record(ChainHash, Range<Int>)
  case statement(AuditHead)

  private static let start = 84

  /// nil when it is none.
  package init?(_ line: UnsafeRawBufferPointer) {
    if let head = AuditHead(line) {
      self = .statement(head)
      return
    }
    guard line.count <= AuditLine.limit + Self.start + 1 else { return nil }
    var scan = Scan(line)
    guard scan.skip("{\"hash\":"), let hash = scan.bytes(32), let hash = ChainHash(hash), scan.skip(",\"record\":"),
      scan.rest > 1, line[line.count - 1] == UInt8(ascii: "}")
    else { return nil }
    self = .record(hash, scan.position..<line.count - 1)
  }

  /// A record's line, without a line break.
  package static func line(_ hash: ChainHash, _ record: String) -> String {
    "{\"hash\":\"\(hash.hex)\",\"record\":\(record)}"
  }
}
