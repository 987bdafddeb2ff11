internal import Audit
internal import Digest
internal import JSON
internal import Journal
internal import Logging
internal import Posix
internal import Wire

/// What clients ask of the audit log, and what is told of it.
///
/// Searches run on a reader of their own and walks on a thread of their own: neither holds up work.
final class AuditService {
  private let journal: Journal
  private let log: Logger
  var settings: AuditSettings {
    didSet { writer = AuditWriter(settings) }
  }
  /// Makes records of what happens.
  private(set) var writer: AuditWriter

  init(_ journal: Journal, log: Logger, settings: AuditSettings) {
    self.journal = journal
    self.log = log
    self.settings = settings
    writer = AuditWriter(settings)
    journal.onAuditHead = { [log] in Self.tell($0, log) }
  }

  /// Whoever collects the log has every head, wherever the journal goes.
  private static func tell(_ head: AuditHead, _ log: Logger) {
    log.info(
      "audit head",
      [
        "audit.number": .integer(head.number), "audit.hash": .string(head.hash.hex), "audit.at": .integer(head.at),
        "audit.key": .string(head.key), "audit.signature": .string(Hexadecimal.text(head.signature)),
      ]
    )
  }

  /// Of what the coordinator itself does, and what nobody waits for.
  func note(_ event: AuditEvent) { journal.commit([writer.change(event)]) }

  // MARK: Questions

  func query(_ message: AuditQuery, answer: @escaping Jobs.Answer<AuditQuery.Response>) {
    let filter = AuditFilter(message)
    journal.auditReader.read { database -> AuditQuery.Response in
      let page = try database.audit(filter)
      let entries = page.records.map { AuditEntry(hash: $0.hash.hex, record: $0.text) }
      return AuditQuery.Response(records: entries, next: page.next)
    } then: {
      answer($0.mapError(Jobs.storage))
    }
  }

  func heads(_ message: AuditHeads, answer: @escaping Jobs.Answer<AuditHeads.Response>) {
    journal.auditReader.read { database -> AuditHeads.Response in
      let limit = Int(message.limit)
      let (from, overflows) = message.after.addingReportingOverflow(1)
      let heads = try overflows ? [] : database.auditHeads(from: from, limit: limit + 1)
      return AuditHeads.Response(
        beginning: try database.auditBeginning().map(AuditStatement.init),
        heads: heads.prefix(limit).map(AuditStatement.init),
        hasMore: heads.count > limit
      )
    } then: {
      answer($0.mapError(Jobs.storage))
    }
  }

  /// `progress` is told how many records were walked, and how many there are. nil: `against` is wrong, and was answered.
  func verify(
    _ message: AuditVerify,
    progress: @escaping (_ walked: Int64, _ total: Int64) -> Void,
    answer: @escaping Jobs.Answer<AuditVerify.Response>
  ) throws(WireError) -> Journal.AuditWalk {
    var known: [AuditHead] = []
    for (i, statement) in message.against.enumerated() {
      guard let head = AuditHead(statement) else {
        throw .invalidParams("/against/\(i)", "'/against/\(i)' is no head of an audit log")
      }
      known.append(head)
    }
    var total: Int64 = 0
    journal.auditReader.read {
      try $0.countAudit()
    } then: {
      if case .success(let count) = $0 { total = count }
    }
    let key = journal.auditKey.id
    return journal.verifyAudit(against: known) {
      progress($0, total)
    } then: { result in
      guard let result else {
        return answer(.failure(WireError(.cancelled, "stopped because the caller asked")))
      }
      answer(result.mapError(Jobs.storage).map { AuditVerify.Response($0, key: key) })
    }
  }

  // MARK: Retention

  /// Removes records that are older than they are to be kept, a bounded number at once.
  func collect(then: @escaping (JournalError?) -> Void = { _ in }) {
    guard let keep = settings.keep else { return then(nil) }
    remove(before: WallTime.now - keep.count, then: then)
  }

  private func remove(before time: Int64, then: @escaping (JournalError?) -> Void) {
    journal.auditReader.read {
      try $0.hasAudit(before: time)
    } then: { [weak self] result in
      guard let self else { return }
      switch result {
      case .failure(let error): then(error)
      case .success(false): then(nil)
      case .success(true):
        journal.commit([.trimAudit(before: time)], refusable: true) { [weak self] error in
          if let error { return then(error) }
          self?.remove(before: time, then: then)
        }
      }
    }
  }
}

extension AuditFilter {
  fileprivate init(_ message: AuditQuery) {
    self.init()
    since = message.since
    until = message.until
    job = message.job
    kind = message.kind
    actor = message.actor
    tool = message.tool
    text = message.text
    after = message.after
    isNewestFirst = message.order == .newest
    limit = Int(message.limit)
  }
}

extension AuditStatement {
  fileprivate init(_ head: AuditHead) {
    self.init(
      number: head.number,
      hash: head.hash.hex,
      at: head.at,
      key: head.key,
      signature: Hexadecimal.text(head.signature)
    )
  }
}

extension AuditHead {
  fileprivate init?(_ statement: AuditStatement) {
    guard statement.number > 0, let hash = ChainHash(hex: statement.hash),
      Hexadecimal.bytes(statement.key)?.count == 8, let signature = Hexadecimal.bytes(statement.signature)
    else { return nil }
    self.init(
      .head,
      number: statement.number,
      hash: hash,
      at: statement.at,
      key: statement.key,
      signature: signature
    )
  }
}

extension AuditVerify.Response {
  fileprivate init(_ found: AuditVerification, key: String) {
    self.init(
      records: found.records,
      heads: found.heads,
      first: found.first,
      last: found.last,
      lastSigned: found.lastSigned,
      hash: found.lastHash.hex,
      key: key,
      compared: found.compared,
      tooOld: found.tooOld,
      problems: found.problems.prefix(AuditVerify.problemLimit).map {
        AuditVerify.Problem(kind: $0.kind.rawValue, record: $0.record, message: $0.message)
      },
      problemCount: Int64(found.problemCount)
    )
  }
}
