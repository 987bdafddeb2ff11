package import JSON

/// Client → coordinator: a tool that is withheld because it has changed is as it should be, and pinned from here on.
package struct ToolsAccept: WireRequest {
  package static let method = "tools/accept"

  /// The kind of worker that offers it.
  package var worker: String
  package var tool: String
  /// Of what is offered now, as `tools/list` says: nobody accepts what they have not seen.
  package var digest: String

  package init(worker: String, tool: String, digest: String) {
    self.worker = worker
    self.tool = tool
    self.digest = digest
  }

  package init(from fields: inout Fields) throws(WireError) {
    worker = try fields.require("worker")
    tool = try fields.require("tool")
    digest = try fields.require("digest")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("worker", worker)
    writer.member("tool", tool)
    writer.member("digest", digest)
  }

  package struct Response: WireBody {
    /// What was pinned before; nil: that digest already, and nothing has changed.
    package var previous: String?

    package init(previous: String? = nil) { self.previous = previous }
    package init(from fields: inout Fields) throws(WireError) { previous = try fields.optional("previous") }
    package func encode(into writer: inout JSONWriter) { writer.member("previous", previous) }
  }
}
