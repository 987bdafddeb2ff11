package import JSON

/// Client → coordinator, the first message on a client's connection.
package struct InitializeClient: WireRequest, IgnoresUnknownMembers {
  package static let method = "initialize"

  package var version = ProtocolVersion.current
  package var client: Peer

  package init(client: Peer) { self.client = client }

  package init(from fields: inout Fields) throws(WireError) {
    version = try ProtocolVersion(from: &fields)
    client = try fields.requireBody("client")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("protocol", version.description)
    writer.member("client", client)
  }

  package struct Response: WireBody, IgnoresUnknownMembers {
    package var version = ProtocolVersion.current
    package var coordinator: Peer
    /// Process id of the coordinator.
    package var pid: Int64
    package var limits = ConnectionLimits()

    package init(coordinator: Peer, pid: Int64) {
      self.coordinator = coordinator
      self.pid = pid
    }

    package init(from fields: inout Fields) throws(WireError) {
      version = try ProtocolVersion(from: &fields)
      var coordinator = Fields(try fields.require("coordinator", JSONObject.self), at: fields.path("coordinator"))
      self.coordinator = try Peer(from: &coordinator)
      pid = try coordinator.require("pid")
      limits = try fields.body("limits") ?? ConnectionLimits()
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("protocol", version.description)
      writer.key("coordinator")
      writer.beginObject()
      coordinator.encode(into: &writer)
      writer.member("pid", pid)
      writer.endObject()
      writer.member("limits", limits)
    }
  }
}
