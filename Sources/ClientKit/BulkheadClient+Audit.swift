/// What is looked for in the audit log; all conditions must hold.
public struct AuditSearch: Sendable, Equatable {
  /// Milliseconds since 1970: from `since` on, before `until`.
  public var since: Int64?
  public var until: Int64?
  /// A job's id.
  public var job: String?
  /// `approval.denied`, or `approval` for all kinds that begin so.
  public var kind: String?
  /// `user:anna`, or `anna` for whatever has that name.
  public var actor: String?
  public var tool: String?
  /// Anywhere in a record; ASCII letters match whatever their case.
  public var text: String?

  public init() {}
}

/// Some records of the audit log.
public struct AuditRecords: Sendable, Equatable {
  public let records: [AuditEntry]
  /// What to go on behind; nil: there is no more.
  public let next: Int64?
}

extension BulkheadClient {
  /// Records in the order asked for, behind the record `after`. Fewer than `limit` may come, even none, while there are more.
  public func auditRecords(
    _ search: AuditSearch = AuditSearch(),
    newestFirst: Bool = true,
    after: Int64? = nil,
    limit: Int = 100
  ) async throws(ClientError) -> AuditRecords {
    var message = AuditQuery(order: newestFirst ? .newest : .oldest, after: after)
    message.limit = min(Int64(max(limit, 1)), AuditQuery.recordLimit)
    message.since = search.since
    message.until = search.until
    message.job = search.job
    message.kind = search.kind
    message.actor = search.actor
    message.tool = search.tool
    message.text = search.text
    let response = try await request(message)
    return AuditRecords(records: response.records, next: response.next)
  }

  /// Signed heads of records behind number `after`, and where the log begins when old records were removed.
  public func auditHeads(after: Int64 = 0) async throws(ClientError) -> (
    beginning: AuditStatement?, heads: [AuditStatement], hasMore: Bool
  ) {
    let response = try await request(AuditHeads(after: after, limit: AuditHeads.headLimit))
    return (response.beginning, response.heads, response.hasMore)
  }

  /// Has the coordinator walk the whole log; `known` are heads that were kept elsewhere. However long it takes.
  package func verifyAudit(
    against known: [AuditStatement] = [],
    onProgress: (@Sendable (Progress) -> Void)? = nil
  ) async throws(ClientError) -> AuditVerify.Response {
    try await request(AuditVerify(against: known), timeout: nil, onProgress: onProgress)
  }
}
