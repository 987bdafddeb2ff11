package import JSON

/// The id of a request: chosen by the side that sends it, unique among its outstanding ones.
public enum RequestID: Sendable, Hashable {
  /// 0 … 2⁵³−1.
  case number(Int64)
  /// 1 … 128 bytes.
  case string(String)

  package static let maximum: Int64 = 1 << 53 - 1

  /// Texts are the same id when their bytes are; Swift's own `==` would take two spellings of `é` for one.
  public static func == (a: RequestID, b: RequestID) -> Bool {
    switch (a, b) {
    case (.number(let a), .number(let b)): a == b
    case (.string(let a), .string(let b)): a.utf8.elementsEqual(b.utf8)
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .number(let value): hasher.combine(value)
    case .string(let value): for byte in value.utf8 { hasher.combine(byte) }
    }
  }
}

extension RequestID: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let value): "\(value)"
    case .string(let value): quoted(value)
    }
  }

  package init(_ json: JSON, at path: String = "/id") throws(WireError) {
    switch json {
    case .integer(let value) where (0...Self.maximum).contains(value): self = .number(value)
    case .string(let value) where (1...Limit.idBytes).contains(value.utf8.count): self = .string(value)
    case .string(let value):
      throw WireError(.invalidRequest, "'\(path)' of \(value.utf8.count) bytes where 1 to \(Limit.idBytes) are due")
    case .integer(let value):
      throw WireError(.invalidRequest, "'\(path)' is \(value) where an integer from 0 to \(Self.maximum) is due")
    default:
      throw WireError(.invalidRequest, "'\(path)' is \(quoted(json.description)) where an integer or a string is due")
    }
  }

  package var json: JSON {
    switch self {
    case .number(let value): .integer(value)
    case .string(let value): .string(value)
    }
  }
}

/// One JSON-RPC 2.0 message, its body still undecoded: a bad body must not cost the id that its error reply needs.
package enum Envelope: Sendable {
  case request(RequestID, method: String, params: JSONObject)
  case notification(method: String, params: JSONObject)
  case result(RequestID, JSONObject)
  /// `nil` answers a request whose id could not be read.
  case failure(RequestID?, WireError)
}

extension Envelope {
  /// Decodes one payload. Errors are `parse_error` for what is not strict JSON and `invalid_request` for the rest.
  package init(payload: UnsafeRawBufferPointer, depth: Int = Limit.depth, values: Int = Limit.values) throws(WireError)
  {
    let json: JSON
    do throws(JSONError) {
      json = try JSON(parsing: payload, limits: JSONLimits(depth: depth, values: values))
    } catch {
      throw WireError(
        .parseError,
        "payload is not strict JSON: \(error)",
        data: ["reason": .string(error.code.rawValue), "offset": .integer(Int64(error.offset))]
      )
    }
    guard case .object(let object) = json else {
      throw WireError(.invalidRequest, "payload is \(json.typeName) where object is due")
    }
    try self.init(object)
  }

  package init(_ object: JSONObject) throws(WireError) {
    var version: JSON?
    var id: JSON?
    var method: JSON?
    var params: JSON?
    var result: JSON?
    var error: JSON?
    for member in object.members {
      switch member.key {
      case "jsonrpc": version = member.value
      case "id": id = member.value
      case "method": method = member.value
      case "params": params = member.value
      case "result": result = member.value
      case "error": error = member.value
      default:
        let hint = nearest(to: member.key, among: ["jsonrpc", "id", "method", "params", "result", "error"])
        throw Self.invalid("unknown member \(quoted(member.key))" + (hint.map { " (did you mean '\($0)'?)" } ?? ""))
      }
    }
    guard case .string("2.0")? = version else {
      throw Self.invalid("'jsonrpc' is \(version.map { quoted($0.description) } ?? "missing") where \"2.0\" is due")
    }
    if let method {
      if result != nil || error != nil {
        throw Self.invalid("both 'method' and '\(result != nil ? "result" : "error")'")
      }
      try self.init(method: method, id: id, params: params)
    } else {
      if params != nil { throw Self.invalid("'params' without 'method'") }
      try self.init(replyTo: id, result: result, error: error)
    }
  }

  private init(method: JSON, id: JSON?, params: JSON?) throws(WireError) {
    guard case .string(let name) = method, (1...Limit.methodBytes).contains(name.utf8.count) else {
      throw Self.invalid(
        "'method' is \(quoted(method.description)) where a name of 1 to \(Limit.methodBytes) bytes is due"
      )
    }
    let body: JSONObject
    switch params {
    case nil: body = JSONObject()
    case .object(let object)?: body = object
    case let other?: throw Self.invalid("'params' is \(other.typeName) where object is due")
    }
    if let id {
      self = .request(try RequestID(id), method: name, params: body)
    } else {
      self = .notification(method: name, params: body)
    }
  }

  private init(replyTo id: JSON?, result: JSON?, error: JSON?) throws(WireError) {
    guard let id else { throw Self.invalid("neither 'method' nor 'id'") }
    switch (result, error) {
    case (.object(let object)?, nil): self = .result(try RequestID(id), object)
    case (let other?, nil): throw Self.invalid("'result' is \(other.typeName) where object is due")
    case (nil, let error?):
      let failure: WireError
      do { failure = try WireError(decoding: error) } catch { throw Self.invalid(error.message) }
      self = .failure(id.isNull ? nil : try RequestID(id), failure)
    case (nil, nil): throw Self.invalid("neither 'method', 'result' nor 'error'")
    case (_?, _?): throw Self.invalid("both 'result' and 'error'")
    }
  }

  private static func invalid(_ message: String) -> WireError { WireError(.invalidRequest, message) }
}

// MARK: Writing

/// A frame ready to be written: length and payload.
package struct Frame: Sendable {
  package let bytes: [UInt8]

  /// Finishes a writer that began with four bytes of prefix. Throws when the payload is over `limit`.
  private init(_ writer: consuming JSONWriter, limit: Int) throws(WireError) {
    var bytes = writer.finish()
    let length = bytes.count - 4
    if length > limit {
      throw WireError(
        .frameTooLarge,
        "frame of \(length) bytes exceeds the limit of \(limit)",
        data: ["limit": .integer(Int64(limit)), "value": .integer(Int64(length))]
      )
    }
    bytes[0] = UInt8(truncatingIfNeeded: length >> 24)
    bytes[1] = UInt8(truncatingIfNeeded: length >> 16)
    bytes[2] = UInt8(truncatingIfNeeded: length >> 8)
    bytes[3] = UInt8(truncatingIfNeeded: length)
    self.bytes = bytes
  }

  private static func begin(_ id: RequestID?, isReply: Bool) -> JSONWriter {
    var writer = JSONWriter(reserving: 252, prefix: 4)
    writer.beginObject()
    writer.key("jsonrpc")
    writer.value("2.0")
    switch id {
    case .number(let value)?:
      writer.key("id")
      writer.value(value)
    case .string(let value)?:
      writer.key("id")
      writer.value(value)
    case nil where isReply:
      writer.key("id")
      writer.null()
    case nil: break
    }
    return writer
  }

  package static func request(
    _ id: RequestID?,
    _ message: some WireMessage,
    limit: Int = Limit.frameBytes
  ) throws(WireError) -> Frame {
    var writer = begin(id, isReply: false)
    writer.key("method")
    writer.value(type(of: message).method)
    writer.key("params")
    writer.beginObject()
    message.encode(into: &writer)
    writer.endObject()
    writer.endObject()
    return try Frame(writer, limit: limit)
  }

  package static func notification(
    _ message: some WireMessage,
    limit: Int = Limit.frameBytes
  ) throws(WireError) -> Frame {
    try request(nil, message, limit: limit)
  }

  package static func result(
    _ id: RequestID,
    _ body: some WireBody,
    limit: Int = Limit.frameBytes
  ) throws(WireError) -> Frame {
    var writer = begin(id, isReply: true)
    writer.key("result")
    writer.beginObject()
    body.encode(into: &writer)
    writer.endObject()
    writer.endObject()
    return try Frame(writer, limit: limit)
  }

  package static func failure(
    _ id: RequestID?,
    _ error: WireError,
    limit: Int = Limit.frameBytes
  ) throws(WireError) -> Frame {
    var writer = begin(id, isReply: true)
    writer.key("error")
    error.encode(into: &writer)
    writer.endObject()
    return try Frame(writer, limit: limit)
  }
}

// MARK: Bodies

/// The `params` or `result` of a message.
package protocol WireBody: Sendable {
  init(from fields: inout Fields) throws(WireError)
  /// Writes the members, without the braces.
  func encode(into writer: inout JSONWriter)
}

extension WireBody {
  /// Reads a whole body; members that it does not define are errors.
  package static func decode(_ object: JSONObject) throws(WireError) -> Self {
    var fields = Fields(object)
    let body = try Self(from: &fields)
    if !(Self.self is any IgnoresUnknownMembers.Type) { try fields.finish() }
    return body
  }
}

/// Marks the bodies of `initialize`, which are exchanged before both sides know each other's version.
package protocol IgnoresUnknownMembers {}

/// What starts an exchange: a notification, or a request when it also names its response.
package protocol WireMessage: WireBody {
  static var method: String { get }
}

package protocol WireRequest: WireMessage {
  associatedtype Response: WireBody
}

/// A body without members.
package struct Empty: WireBody {
  package init() {}
  package init(from fields: inout Fields) {}
  package func encode(into writer: inout JSONWriter) {}
}
