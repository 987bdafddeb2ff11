package import JSON

/// A tool that a worker offers and that nobody is given.
public struct WithheldTool: Sendable, Equatable {
  public enum Reason: String, Sendable, CaseIterable {
    /// It is not as it was when it was pinned; a person may accept it.
    case changed
    /// Another worker offers a tool of that name.
    case taken
    /// It cannot be used: its schema, or what its manifest permits.
    case invalid
  }

  public var name: String
  /// The kind of worker that offers it.
  public var worker: String
  public var reason: Reason
  /// Why, for people.
  public var message: String
  /// Of what is offered now: what `tools/accept` repeats.
  public var digest: String
  /// Of what is pinned.
  public var pinnedDigest: String?
  /// What is offered now; nil in a long list, where asking for the name alone shows it.
  public var offered: Tool?
  /// What is pinned; as `offered`.
  public var pinned: Tool?

  public init(
    name: String,
    worker: String,
    reason: Reason,
    message: String,
    digest: String,
    pinnedDigest: String? = nil,
    offered: Tool? = nil,
    pinned: Tool? = nil
  ) {
    self.name = name
    self.worker = worker
    self.reason = reason
    self.message = message
    self.digest = digest
    self.pinnedDigest = pinnedDigest
    self.offered = offered
    self.pinned = pinned
  }
}

extension WithheldTool: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    name = try fields.require("name")
    worker = try fields.require("worker")
    let word = try fields.require("reason", String.self)
    guard let reason = Reason(rawValue: word) else {
      throw .invalidParams(
        fields.path("reason"),
        "'\(fields.path("reason"))' is \(quoted(word)) where \"changed\", \"taken\" or \"invalid\" is due"
      )
    }
    self.reason = reason
    message = try fields.require("message")
    digest = try fields.require("digest")
    pinnedDigest = try fields.optional("pinned_digest")
    offered = try fields.body("offered")
    pinned = try fields.body("pinned")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("worker", worker)
    writer.member("reason", reason.rawValue)
    writer.member("message", message)
    writer.member("digest", digest)
    writer.member("pinned_digest", pinnedDigest)
    writer.member("offered", offered)
    writer.member("pinned", pinned)
  }
}
