package import JSON

/// Client → coordinator: the signed heads of the audit log, and where it begins.
package struct AuditHeads: WireRequest {
  package static let method = "audit/heads"
  /// Heads of one answer, and those that one `audit/verify` compares with.
  package static let headLimit: Int64 = 10_000

  /// Heads of records behind this one.
  package var after: Int64
  package var limit: Int64

  package init(after: Int64 = 0, limit: Int64 = 1_000) {
    self.after = after
    self.limit = limit
  }

  package init(from fields: inout Fields) throws(WireError) {
    after = try fields.integer("after", in: 0...Int64.max) ?? 0
    limit = try fields.integer("limit", in: 1...Self.headLimit) ?? 1_000
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("after", after)
    writer.member("limit", limit)
  }

  package struct Response: WireBody {
    /// Where the log begins; nil: with its first record.
    package var beginning: AuditStatement?
    /// In the order of the log.
    package var heads: [AuditStatement]
    /// More heads than were asked for follow.
    package var hasMore: Bool

    package init(beginning: AuditStatement?, heads: [AuditStatement], hasMore: Bool) {
      self.beginning = beginning
      self.heads = heads
      self.hasMore = hasMore
    }

    package init(from fields: inout Fields) throws(WireError) {
      beginning = try fields.body("beginning")
      heads = try fields.requireBodies("heads", limit: Int(AuditHeads.headLimit))
      hasMore = try fields.optional("more") ?? false
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("beginning", beginning)
      writer.member("heads", heads)
      if hasMore { writer.member("more", true) }
    }
  }
}

/// A signed head or beginning of the audit log.
public struct AuditStatement: Sendable, Hashable {
  public var number: Int64
  /// 64 hexadecimal digits.
  public var hash: String
  /// Milliseconds since 1970.
  public var at: Int64
  /// 16 hexadecimal digits.
  public var key: String
  /// 128 hexadecimal digits.
  public var signature: String

  public init(number: Int64, hash: String, at: Int64, key: String, signature: String) {
    self.number = number
    self.hash = hash
    self.at = at
    self.key = key
    self.signature = signature
  }
}

extension AuditStatement: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      number: try fields.requireInteger("number"),
      hash: try fields.require("hash"),
      at: try fields.requireInteger("at"),
      key: try fields.require("key"),
      signature: try fields.require("signature")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("number", number)
    writer.member("hash", hash)
    writer.member("at", at)
    writer.member("key", key)
    writer.member("signature", signature)
  }
}
