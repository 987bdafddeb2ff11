internal import Audit
internal import ClientKit
internal import Digest
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText

extension Command {
  static let auditVerify = Command(
    path: ["audit", "verify"],
    summary: "say whether the audit log is as it was written",
    flags: [
      Flag("against", value: "FILE", "heads kept elsewhere that the log must have passed through", completion: .file),
      Flag("file", value: "FILE", "verify this export instead, without a coordinator", completion: .file),
      Flag("public-key", value: "FILE", "the key that heads must be signed with, as in 'audit.pub'", completion: .file),
    ],
    description: [
      "Walks the whole log: every record must be the one that was hashed, every number must be there, and every head must be signed. What does not hold is named with the first record where it shows.",
      "The coordinator uses the key in its state folder. Somebody who can write that folder can write another log and sign it: heads that 'bulkhead audit export --heads' (or the coordinator's own log) brought elsewhere show it with --against, and a copy of 'audit.pub' with --public-key. An export without --public-key is verified without its signatures.",
      "With --json the document is {\"records\", \"heads\", \"first\", \"last\", \"last_signed\", \"hash\", \"compared\", \"too_old\", \"problems\", \"problem_count\"}, and \"key\" where signatures were looked at.",
    ],
    exits: ["0    the log holds", "1    it does not, or could not be read"],
    examples: [
      Example("bulkhead audit verify --against heads.jsonl", "Was it written anew since?"),
      Example("bulkhead audit verify --file audit.jsonl --public-key audit.pub", "Needs no coordinator."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let heads = try await offPool { [file = arguments.value("against")] () throws(Failure) in
        try file.map(readHeads) ?? []
      }
      let key = try await offPool { [file = arguments.value("public-key")] () throws(Failure) in
        try file.map(readKey)
      }
      let report: AuditReport
      if let file = arguments.value("file") {
        report = AuditReport(try await offPool { () throws(Failure) in try walk(file, key, heads) }, key: key?.id)
      } else {
        report = try await ask(heads, key, arguments, console)
      }
      report.show(console)
      return report.problemCount == 0 ? ExitCode.success : ExitCode.failure
    }
  )

  private static func ask(
    _ heads: [AuditHead],
    _ key: VerifyingKey?,
    _ arguments: Arguments,
    _ console: Console
  ) async throws(Failure) -> AuditReport {
    let client = try await arguments.connect()
    // Of many the newest say most.
    let known = heads.suffix(10_000).map {
      AuditStatement(
        number: $0.number,
        hash: $0.hash.hex,
        at: $0.at,
        key: $0.key,
        signature: Hexadecimal.text($0.signature)
      )
    }
    let showsProgress = console.errorsAreTerminal && !console.isQuiet && !console.isJSON
    let tell: @Sendable (Progress) -> Void = { progress in
      if showsProgress { console.writeError("\r\(progress.text)\u{1B}[K") }
    }
    let response = try await asking { () async throws(ClientError) in
      try await client.verifyAudit(against: known, onProgress: tell)
    }
    if showsProgress { console.writeError("\r\u{1B}[K") }
    var report = AuditReport(response)
    if let key, key.id != response.key {
      report.add(
        AuditVerification.Problem(.key, 0, "the coordinator's key is \(response.key), and the one given is \(key.id)")
      )
    }
    return report
  }

  // MARK: Files

  private static func readKey(_ path: String) throws(Failure) -> VerifyingKey {
    do throws(AuditKey.Problem) {
      return try AuditKey.publicKey(path)
    } catch {
      throw Failure("file", error.description)
    }
  }

  /// Heads of an export; its records are passed over.
  private static func readHeads(_ path: String) throws(Failure) -> [AuditHead] {
    var heads: [AuditHead] = []
    var number = 0
    try lines(path) { line in
      number += 1
      switch AuditExport(line) {
      case .statement(let head): if head.kind == .head { heads.append(head) }
      case .record, .link: break
      case nil: return Failure("file", "line \(number) of \(quoted(path)) is no line of an exported audit log")
      }
      return nil
    }
    return heads
  }

  private static func walk(
    _ path: String,
    _ key: VerifyingKey?,
    _ heads: [AuditHead]
  ) throws(Failure) -> AuditVerification {
    var verification = AuditVerification(trusting: key.map { [$0] }, against: heads)
    try lines(path) { line in
      verification.line(line)
      return nil
    }
    verification.finish()
    return verification
  }

  /// Calls `body` with each line, however large the file, until it has a failure. A line longer than any record is given
  /// cut.
  private static func lines(
    _ path: String,
    _ body: (UnsafeRawBufferPointer) -> Failure?
  ) throws(Failure) {
    let limit = AuditLine.limit + 1_024
    let file = try opened(path)
    var rest: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = chunk.withUnsafeMutableBytes { read(file.raw, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure("file", "cannot read \(quoted(path)): \(errnoMessage(errno))") }
      rest.append(contentsOf: chunk[..<count])
      var start = 0
      while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
        let failure = rest.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }
        if let failure { throw failure }
        start = end + 1
      }
      rest.removeFirst(start)
      if count == 0 || rest.count > limit {
        if !rest.isEmpty, let failure = rest.withUnsafeBytes({ body($0) }) { throw failure }
        rest = []
      }
      if count == 0 { return }
    }
  }

  private static func opened(_ path: String) throws(Failure) -> Descriptor {
    do throws(PosixError) {
      return try Descriptor.open(path == "-" ? "/dev/stdin" : path, O_RDONLY | O_NOCTTY)
    } catch {
      throw Failure("file", "cannot read an exported audit log: \(error)")
    }
  }
}
