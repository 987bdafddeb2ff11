package import JSON

/// Client → coordinator: what calls used of language models, summed.
package struct UsageReport: WireRequest {
  package static let method = "usage/report"
  /// Rows of one answer.
  package static let rowLimit = 10_000

  package enum Key: String, Sendable, CaseIterable { case day, job, model, provider, tool }

  package var by: Key
  /// Milliseconds since 1970; nil: from the first one on.
  package var since: Int64?
  /// Before this time; nil: up to now.
  package var until: Int64?

  package init(by: Key = .day, since: Int64? = nil, until: Int64? = nil) {
    self.by = by
    self.since = since
    self.until = until
  }

  package init(from fields: inout Fields) throws(WireError) {
    let name = try fields.optional("by", String.self) ?? Key.day.rawValue
    guard let by = Key(rawValue: name) else {
      let due = Key.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
      throw .invalidParams("/by", "'/by' is \(quoted(name)) where one of \(due) is due")
    }
    self.by = by
    since = try fields.integer("since")
    until = try fields.integer("until")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("by", by.rawValue)
    writer.member("since", since)
    writer.member("until", until)
  }

  package struct Response: WireBody {
    package var rows: [Row]
    /// Of all rows, also of those that are left out.
    package var total: UsageSum
    /// More rows than an answer takes: the others are left out.
    package var isAbridged: Bool

    package init(rows: [Row], total: UsageSum, isAbridged: Bool = false) {
      self.rows = rows
      self.total = total
      self.isAbridged = isAbridged
    }

    package init(from fields: inout Fields) throws(WireError) {
      rows = try fields.requireBodies("rows", limit: UsageReport.rowLimit)
      total = try fields.requireBody("total")
      isAbridged = try fields.optional("abridged") ?? false
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("rows", rows)
      writer.member("total", total)
      if isAbridged { writer.member("abridged", true) }
    }
  }

  package struct Row: WireBody {
    /// A day (`2026-01-31`, UTC), a job's id, or a name; nil: jobs that were removed.
    package var key: String?
    package var sum: UsageSum

    package init(key: String?, sum: UsageSum) {
      self.key = key
      self.sum = sum
    }

    package init(from fields: inout Fields) throws(WireError) {
      key = try fields.optional("key")
      sum = try UsageSum(from: &fields)
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("key", key)
      sum.encode(into: &writer)
    }
  }
}
