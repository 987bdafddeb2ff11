package import Audit
package import Digest
internal import Posix

extension Journal {
  /// A way to end a walk of the audit log from another thread.
  package final class AuditWalk: Sendable {
    private let isCancelled = Guarded(false)

    init() {}

    package func cancel() { isCancelled.withLock { $0 = true } }
    var mayGoOn: Bool { isCancelled.withLock { !$0 } }
  }

  /// Walks the audit log as it is now, on a thread and a connection of its own. `progress` (records so far) and `then` are
  /// called on the loop; `then` with nil when the walk was cancelled.
  @discardableResult
  package func verifyAudit(
    against known: [AuditHead],
    progress: @escaping (Int64) -> Void = { _ in },
    then: @escaping (Result<AuditVerification, JournalError>?) -> Void
  ) -> AuditWalk {
    final class Box: @unchecked Sendable {
      // Safety: made and called on the loop's thread; the thread between only carries it.
      let progress: (Int64) -> Void
      let then: (Result<AuditVerification, JournalError>?) -> Void
      init(_ progress: @escaping (Int64) -> Void, _ then: @escaping (Result<AuditVerification, JournalError>?) -> Void)
      {
        (self.progress, self.then) = (progress, then)
      }
    }
    let box = Box(progress, then)
    let walk = AuditWalk()
    let (path, loop, key) = (path, self.loop, auditKey)
    startThread("audit") {
      let result = Result { () throws(JournalError) in
        try Database(path, .readOnly).verifyAudit(trusting: [key], against: known) { count in
          loop.submit { box.progress(count) }
          return walk.mayGoOn
        }
      }
      loop.submit { box.then(walk.mayGoOn ? result : nil) }
    }
    return walk
  }

  /// Walks the audit log in `folder` while no coordinator uses it. Nothing is changed but that what the write-ahead log
  /// holds goes into the file. `key`: nil for the one in `folder`.
  package static func examineAudit(
    folder: String,
    trusting key: VerifyingKey? = nil,
    against known: [AuditHead] = []
  ) throws(JournalError) -> (verification: AuditVerification, actsWithoutRecord: [String]) {
    var trusted = key.map { [$0] } ?? []
    var problem: JournalError?
    if key == nil {
      do throws(AuditKey.Problem) {
        trusted = [try AuditKey.publicKey("\(folder)/\(AuditKey.publicName)")]
      } catch {
        problem = JournalError(.io, "journal: \(error.description)")
      }
    }
    return try atRest(folder) { (database) throws(JournalError) in
      guard try database.integer("PRAGMA user_version") >= Migrations.auditVersion else {
        return (AuditVerification(trusting: trusted, against: known), [])
      }
      // A start that ended before its first record has made no key.
      if let problem, try database.countAudit() > 0 { throw problem }
      let verification = try database.verifyAudit(trusting: trusted, against: known)
      return (verification, try database.actsWithoutRecord())
    }
  }
}
