package import JSON

/// Client → coordinator: walks the whole audit log. `progress` (of kind `status`) comes meanwhile; `cancel` ends it.
package struct AuditVerify: WireRequest {
  package static let method = "audit/verify"
  package static let problemLimit = 100

  /// Heads that were kept elsewhere, which the log must have passed through.
  package var against: [AuditStatement]

  package init(against: [AuditStatement] = []) { self.against = against }

  package init(from fields: inout Fields) throws(WireError) {
    against = try fields.bodies("against", limit: Int(AuditHeads.headLimit)) ?? []
  }

  package func encode(into writer: inout JSONWriter) {
    if !against.isEmpty { writer.member("against", against) }
  }

  package struct Response: WireBody {
    /// Records and heads that were walked.
    package var records: Int64
    package var heads: Int64
    /// Numbers of the first and the last record; 0: there is none.
    package var first: Int64
    package var last: Int64
    /// The last record that a head vouches for.
    package var lastSigned: Int64
    /// Of the last record.
    package var hash: String
    /// Of the key with which heads are signed.
    package var key: String
    /// Of the heads to compare with: found in the log, and older than its beginning.
    package var compared: Int64
    package var tooOld: Int64
    /// In the order of the log, the first ones.
    package var problems: [Problem]
    package var problemCount: Int64

    package init(
      records: Int64,
      heads: Int64,
      first: Int64,
      last: Int64,
      lastSigned: Int64,
      hash: String,
      key: String,
      compared: Int64,
      tooOld: Int64,
      problems: [Problem],
      problemCount: Int64
    ) {
      self.records = records
      self.heads = heads
      self.first = first
      self.last = last
      self.lastSigned = lastSigned
      self.hash = hash
      self.key = key
      self.compared = compared
      self.tooOld = tooOld
      self.problems = problems
      self.problemCount = problemCount
    }

    package init(from fields: inout Fields) throws(WireError) {
      records = try fields.requireInteger("records")
      heads = try fields.requireInteger("heads")
      first = try fields.requireInteger("first")
      last = try fields.requireInteger("last")
      lastSigned = try fields.requireInteger("last_signed")
      hash = try fields.require("hash")
      key = try fields.require("key")
      compared = try fields.requireInteger("compared")
      tooOld = try fields.requireInteger("too_old")
      problems = try fields.requireBodies("problems", limit: AuditVerify.problemLimit)
      problemCount = try fields.requireInteger("problem_count")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("records", records)
      writer.member("heads", heads)
      writer.member("first", first)
      writer.member("last", last)
      writer.member("last_signed", lastSigned)
      writer.member("hash", hash)
      writer.member("key", key)
      writer.member("compared", compared)
      writer.member("too_old", tooOld)
      writer.member("problems", problems)
      writer.member("problem_count", problemCount)
    }
  }

  package struct Problem: WireBody {
    /// `changed`, `missing`, `reordered`, `truncated`, `head`, `signature` or `key`.
    package var kind: String
    /// Where it was noticed.
    package var record: Int64
    package var message: String

    package init(kind: String, record: Int64, message: String) {
      self.kind = kind
      self.record = record
      self.message = message
    }

    package init(from fields: inout Fields) throws(WireError) {
      kind = try fields.require("kind")
      record = try fields.requireInteger("record")
      message = try fields.require("message")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("kind", kind)
      writer.member("record", record)
      writer.member("message", message)
    }
  }
}
