package import JSON

/// Asks to stop a request that the sender sent. The reply still comes.
package struct Cancel: WireMessage {
  package static let method = "cancel"

  package enum Reason: String, Sendable {
    case caller, deadline, shutdown
  }

  package var id: RequestID
  package var reason: Reason

  package init(id: RequestID, reason: Reason) {
    self.id = id
    self.reason = reason
  }

  package init(from fields: inout Fields) throws(WireError) {
    guard let id = try fields.requestID("id") else { throw .invalidParams("/id", "missing member 'id'") }
    self.id = id
    let name = try fields.optional("reason", String.self) ?? "caller"
    guard let reason = Reason(rawValue: name) else {
      throw .invalidParams(
        "/reason",
        "'/reason' is \(quoted(name)) where \"caller\", \"deadline\" or \"shutdown\" is due"
      )
    }
    self.reason = reason
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id.json)
    writer.member("reason", reason.rawValue)
  }
}
