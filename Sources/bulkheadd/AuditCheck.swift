internal import Audit
internal import Digest
internal import Glibc
internal import Journal
internal import Posix

/// `bulkheadd --verify-audit`.
enum AuditCheck {
  /// Prints what was found; returns the exit status. `against`: a file of heads that were kept elsewhere; `key`: a public
  /// key's file, nil for the one in the state folder.
  static func run(_ state: String, against: String?, key: String?) throws -> Int32 {
    let known = try against.map(heads) ?? []
    let trusted = try key.map { try AuditKey.publicKey($0) }
    let (found, acts) = try Journal.examineAudit(folder: state, trusting: trusted, against: known)
    for problem in found.problems { complain(problem.message) }
    for act in acts { complain(act) }
    let problems = found.problemCount + acts.count
    print(
      "\(found.records) records, \(found.first) to \(found.last), \(found.heads) heads, signed up to \(found.lastSigned), \(problems) problems"
    )
    return problems == 0 ? 0 : 1
  }

  private static func heads(_ path: String) throws -> [AuditHead] {
    let text = try Descriptor.open(path, O_RDONLY | O_NOCTTY).readAll(limit: 1 << 30)
    var heads: [AuditHead] = []
    for (i, line) in text.split(separator: UInt8(ascii: "\n")).enumerated() {
      switch line.withUnsafeBytes({ AuditExport($0) }) {
      case .statement(let head): heads.append(head)
      case .record, .link: break
      case nil: throw StartError(message: "line \(i + 1) of '\(path)' is no line of an exported audit log")
      }
    }
    return heads
  }
}
