package import JSON

/// Reads the manifests again. Running calls are not dropped.
package struct WorkersReload: WireRequest {
  package static let method = "workers/reload"

  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}

  package struct Response: WireBody, Equatable {
    package var added: [String] = []
    package var changed: [String] = []
    package var removed: [String] = []
    /// One text per manifest that could not be used; the kind it described is as it was.
    package var errors: [String] = []

    package init() {}

    package init(from fields: inout Fields) throws(WireError) {
      added = try fields.strings("added") ?? []
      changed = try fields.strings("changed") ?? []
      removed = try fields.strings("removed") ?? []
      errors = try fields.strings("errors") ?? []
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("added", added)
      writer.member("changed", changed)
      writer.member("removed", removed)
      writer.member("errors", errors)
    }
  }
}
