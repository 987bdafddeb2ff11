package import JSON

/// A program's name and version, as it introduces itself.
public struct Peer: Sendable, Hashable {
  public var name: String
  public var version: String

  public init(name: String, version: String) {
    self.name = name
    self.version = version
  }
}

extension Peer: WireBody, IgnoresUnknownMembers {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(name: try fields.require("name"), version: try fields.require("version"))
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("version", version)
  }
}
