/// One decision or act, as the audit log keeps it. `protocol/audit.md` says which kinds there are and what each says.
///
/// It goes into the entry (the transaction) of what it describes, so neither is ever on disk without the other.
package struct AuditRecord: Sendable, Equatable {
  /// Wall time, milliseconds since 1970.
  package var at: Int64
  /// `tool.invoked`, `approval.denied` and the like.
  package var kind: String
  /// Who: `user:NAME`, `worker:KIND`, or `coordinator`.
  package var actor: String
  /// A job's id.
  package var job: String?
  /// A step's id; of an item of a `for_each`, `ID[N]`.
  package var step: String?
  /// A JSON object's text. What was secret has been taken out of it.
  package var data: [UInt8]

  package init(
    at: Int64 = WallTime.now,
    kind: String,
    actor: String,
    job: String? = nil,
    step: String? = nil,
    data: [UInt8] = Array("{}".utf8)
  ) {
    self.at = at
    self.kind = kind
    self.actor = actor
    self.job = job
    self.step = step
    self.data = data
  }
}
