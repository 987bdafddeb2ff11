internal import Audit
package import Digest
internal import JSON

/// Which records of the audit log are wanted, and how many at once.
package struct AuditFilter: Sendable {
  /// Wall time, milliseconds since 1970: from `since` on, before `until`.
  package var since: Int64?
  package var until: Int64?
  /// A job's id.
  package var job: String?
  /// `approval.denied`, or `approval` for all that begin so.
  package var kind: String?
  /// `user:anna`, or `anna` for whatever has that name.
  package var actor: String?
  package var tool: String?
  /// Anywhere in the record; ASCII letters match whatever their case.
  package var text: String?
  /// The record to go on behind; nil: from the end at which the order begins.
  package var after: Int64?
  package var isNewestFirst = true
  package var limit = 100

  package init() {}
}

/// Some records, as they stand in the log.
package struct AuditPage: Sendable {
  package struct Record: Sendable {
    package let number: Int64
    package let hash: ChainHash
    package let text: String
  }

  package var records: [Record] = []
  /// What to go on behind; nil: there is no more.
  package var next: Int64?
}

/// A filter that is ready to be put to many records.
struct AuditMatcher {
  private let filter: AuditFilter
  private let kindPrefix: String?
  private let actorSuffix: String?
  private let tool: [UInt8]?
  private let text: [UInt8]?

  init(_ filter: AuditFilter) {
    self.filter = filter
    kindPrefix = filter.kind.map { $0 + "." }
    actorSuffix = filter.actor.map { ":" + $0 }
    // The first member of what is said of a tool.
    tool = filter.tool.map { Array("{\"tool\":".utf8) + JSON.string($0).serialized() }
    // As it is written within a JSON string.
    text = filter.text.map { JSON.string($0).serialized().dropFirst().dropLast().map(Self.folded) }
  }

  func accepts(_ record: AuditLine, _ bytes: UnsafeRawBufferPointer) -> Bool {
    if let since = filter.since, record.at < since { return false }
    if let until = filter.until, record.at >= until { return false }
    if let job = filter.job, record.job != job { return false }
    if let kind = filter.kind, let kindPrefix, record.kind != kind, !record.kind.hasPrefix(kindPrefix) { return false }
    if let actor = filter.actor, let actorSuffix, record.actor != actor, !record.actor.hasSuffix(actorSuffix) {
      return false
    }
    if let tool {
      let data = bytes[record.data]
      guard data.count > tool.count, data.starts(with: tool), let next = data.dropFirst(tool.count).first,
        next == UInt8(ascii: ",") || next == UInt8(ascii: "}")
      else { return false }
    }
    if let text { return Self.contains(bytes, text) }
    return true
  }

  private static func folded(_ byte: UInt8) -> UInt8 { byte >= 65 && byte <= 90 ? byte | 32 : byte }

  private static func contains(_ bytes: UnsafeRawBufferPointer, _ text: [UInt8]) -> Bool {
    guard let first = text.first else { return true }
    guard bytes.count >= text.count else { return false }
    for start in 0...bytes.count - text.count where folded(bytes[start]) == first {
      var i = 1
      while i < text.count, folded(bytes[start + i]) == text[i] { i += 1 }
      if i == text.count { return true }
    }
    return false
  }
}
