package import JSON

/// Client → coordinator: records of the audit log.
package struct AuditQuery: WireRequest {
  package static let method = "audit/query"
  /// Records of one answer.
  package static let recordLimit: Int64 = 10_000

  package enum Order: String, Sendable, CaseIterable { case newest, oldest }

  /// Milliseconds since 1970: from `since` on, before `until`.
  package var since: Int64?
  package var until: Int64?
  /// A job's id.
  package var job: String?
  /// `approval.denied`, or `approval` for all that begin so.
  package var kind: String?
  /// `user:anna`, or `anna`.
  package var actor: String?
  package var tool: String?
  /// Anywhere in a record; ASCII letters match whatever their case.
  package var text: String?
  package var order: Order
  /// The record to go on behind.
  package var after: Int64?
  package var limit: Int64

  package init(order: Order = .newest, after: Int64? = nil, limit: Int64 = 100) {
    self.order = order
    self.after = after
    self.limit = limit
  }

  package init(from fields: inout Fields) throws(WireError) {
    since = try fields.integer("since")
    until = try fields.integer("until")
    job = try fields.optional("job")
    kind = try fields.optional("kind")
    actor = try fields.optional("actor")
    tool = try fields.optional("tool")
    text = try fields.optional("text")
    let name = try fields.optional("order", String.self) ?? Order.newest.rawValue
    guard let order = Order(rawValue: name) else {
      throw .invalidParams("/order", "'/order' is \(quoted(name)) where \"newest\" or \"oldest\" is due")
    }
    self.order = order
    after = try fields.integer("after", in: 0...Int64.max)
    limit = try fields.integer("limit", in: 1...Self.recordLimit) ?? 100
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("since", since)
    writer.member("until", until)
    writer.member("job", job)
    writer.member("kind", kind)
    writer.member("actor", actor)
    writer.member("tool", tool)
    writer.member("text", text)
    writer.member("order", order.rawValue)
    writer.member("after", after)
    writer.member("limit", limit)
  }

  package struct Response: WireBody {
    package var records: [AuditEntry]
    /// What to go on behind; nil: there is no more.
    package var next: Int64?

    package init(records: [AuditEntry], next: Int64? = nil) {
      self.records = records
      self.next = next
    }

    package init(from fields: inout Fields) throws(WireError) {
      records = try fields.requireBodies("records", limit: Int(AuditQuery.recordLimit))
      next = try fields.integer("next")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("records", records)
      writer.member("next", next)
    }
  }
}

/// A record of the audit log. It travels as the text that was hashed, so that no byte of it changes on the way.
public struct AuditEntry: Sendable, Hashable {
  /// 64 hexadecimal digits.
  public var hash: String
  /// A JSON object; `protocol/audit.md` has its members.
  public var record: String

  public init(hash: String, record: String) {
    self.hash = hash
    self.record = record
  }
}

extension AuditEntry: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(hash: try fields.require("hash"), record: try fields.require("record"))
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("hash", hash)
    writer.member("record", record)
  }
}
