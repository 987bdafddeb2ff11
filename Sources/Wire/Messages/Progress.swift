package import JSON

/// How a request that the receiver sent is getting on. Never after its reply.
public struct Progress: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case stdout, stderr, token, status
  }

  /// Id of the receiver's request.
  public var id: RequestID
  public var kind: Kind
  /// At most `progress_bytes` bytes.
  public var text: String
  /// 0 … 1, where it is known.
  public var fraction: Double?

  public init(id: RequestID, kind: Kind, text: String, fraction: Double? = nil) {
    self.id = id
    self.kind = kind
    self.text = text
    self.fraction = fraction
  }
}

extension Progress: WireMessage {
  package static var method: String { "progress" }

  package init(from fields: inout Fields) throws(WireError) {
    guard let id = try fields.requestID("id") else { throw .invalidParams("/id", "missing member 'id'") }
    let name = try fields.require("kind", String.self)
    guard let kind = Kind(rawValue: name) else {
      throw .invalidParams(
        "/kind",
        "'/kind' is \(quoted(name)) where \"stdout\", \"stderr\", \"token\" or \"status\" is due"
      )
    }
    let text = try fields.require("text", String.self)
    if text.utf8.count > Limit.progressBytes {
      throw .limitExceeded("progress_bytes", "text of a progress", value: text.utf8.count, limit: Limit.progressBytes)
    }
    let fraction = try fields.optional("fraction", Double.self)
    if let fraction, !(0...1).contains(fraction) {
      throw .invalidParams("/fraction", "'/fraction' is \(fraction) where 0 to 1 is due")
    }
    self.init(id: id, kind: kind, text: text, fraction: fraction)
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id.json)
    writer.member("kind", kind.rawValue)
    writer.member("text", text)
    writer.member("fraction", fraction.flatMap { JSON($0) })
  }
}

extension Fields {
  package mutating func requestID(_ name: StaticString) throws(WireError) -> RequestID? {
    guard let json = try optional(name, JSON.self) else { return nil }
    do {
      return try RequestID(json, at: path(name))
    } catch {
      throw .invalidParams(path(name), error.message)
    }
  }
}
