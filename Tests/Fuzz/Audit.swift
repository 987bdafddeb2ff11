// fuzz: modules=Audit seeds=Tests/Fuzz/Seeds/Audit max_len=8192

import Audit
import Digest

/// Lines of an exported audit log: whatever they are, the walk ends; a record that is read is written back the same; and a
/// log without a problem loses that when one of its bytes is changed.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  let lines = bytes.split(separator: 10, omittingEmptySubsequences: false).map(Array.init)
  let found = walk(lines)
  for line in lines { check(line) }
  guard found.problemCount == 0, found.records > 0, found.lastSigned == found.last else { return 0 }
  // Signed to its end: no record can be otherwise.
  for i in lines.indices {
    guard case .record(_, let range)? = lines[i].withUnsafeBytes({ AuditExport($0) }) else { continue }
    var changed = lines
    changed[i][range.lowerBound + Int(lines[i].reduce(0) { $0 &+ UInt($1) } % UInt(range.count))] ^= 1
    precondition(walk(changed).problemCount > 0, "a changed record was not noticed")
  }
  return 0
}

private let key = SigningKey(seed: (0..<32).map { UInt8($0) })!.verifying

private func walk(_ lines: [[UInt8]]) -> AuditVerification {
  var verification = AuditVerification(trusting: [key])
  for line in lines where !line.isEmpty { line.withUnsafeBytes { verification.line($0) } }
  verification.finish()
  precondition(verification.problems.count <= verification.problemCount)
  return verification
}

private func check(_ line: [UInt8]) {
  line.withUnsafeBytes { bytes in
    if let head = AuditHead(bytes) { precondition(Array(head.line.utf8) == line, "a head is written otherwise") }
    let record: UnsafeRawBufferPointer
    switch AuditExport(bytes) {
    case .record(_, let range): record = UnsafeRawBufferPointer(rebasing: bytes[range])
    case .statement, .link: return
    case nil: record = bytes
    }
    guard let read = AuditLine(record) else { return }
    precondition(read.number > 0 && read.data.upperBound == record.count - 1)
    let data = Array(record[read.data])
    guard data.allSatisfy({ $0 >= 0x20 && $0 < 0x80 }), read.kind.utf8.count < 600, read.actor.utf8.count < 600,
      (read.job?.utf8.count ?? 0) < 600, (read.step?.utf8.count ?? 0) < 600
    else { return }
    var written: [UInt8] = []
    AuditLine.write(
      read.number,
      at: read.at,
      kind: read.kind,
      actor: read.actor,
      job: read.job,
      step: read.step,
      data: data,
      to: &written
    )
    let again = written.withUnsafeBytes { AuditLine($0) }
    precondition(again?.kind == read.kind && again?.actor == read.actor && again?.job == read.job)
    precondition(again?.number == read.number && again?.at == read.at && again?.step == read.step)
  }
}
