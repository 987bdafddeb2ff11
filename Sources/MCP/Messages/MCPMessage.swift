package import JSON

/// One JSON-RPC message as the protocol has it.
package enum MCPMessage: Sendable, Equatable {
  case request(MessageID, method: String, params: JSONObject)
  case notification(method: String, params: JSONObject)
  case result(MessageID, JSONObject)
  /// Without an id where the sender could not read the one of the request.
  case error(MessageID?, RPCError)

  /// Why bytes are no message.
  package struct Fault: Error, Sendable, Equatable {
    /// What a server answers.
    package var code: RPCError.Code
    package var detail: String
    /// The id, where the message had a usable one.
    package var id: MessageID?
    /// It was to be an answer, not a request.
    package var isAnswer: Bool

    package init(_ code: RPCError.Code, _ detail: String, id: MessageID? = nil, isAnswer: Bool = false) {
      self.code = code
      self.detail = detail
      self.id = id
      self.isAnswer = isAnswer
    }
  }

  /// Bytes of the longest method name.
  package static let longestMethod = 256

  /// Members that we do not know are left out; `params` and `result` are kept as they came.
  package init(_ json: JSON) throws(Fault) {
    guard case .object(let object) = json else { throw Fault(.invalidRequest, "no object but \(json.typeName)") }
    let id = MessageID(object["id"])
    guard object["jsonrpc"]?.stringValue == "2.0" else {
      throw Fault(.invalidRequest, "'jsonrpc' is not \"2.0\"", id: id)
    }
    guard let method = object["method"] else {
      self = try Self.answer(object, id)
      return
    }
    guard case .string(let method) = method, !method.isEmpty, method.utf8.count <= Self.longestMethod else {
      throw Fault(.invalidRequest, "'method' is no text of at most \(Self.longestMethod) bytes", id: id)
    }
    let params = try Self.params(object, id)
    if object["id"] == nil {
      self = .notification(method: method, params: params)
    } else if let id {
      self = .request(id, method: method, params: params)
    } else {
      throw Fault(.invalidRequest, "'id' is neither an integer nor a short text")
    }
  }

  private static func params(_ object: JSONObject, _ id: MessageID?) throws(Fault) -> JSONObject {
    switch object["params"] {
    case nil: return [:]
    case .object(let params)?: return params
    default: throw Fault(object["id"] == nil ? .invalidRequest : .invalidParams, "'params' is no object", id: id)
    }
  }

  private static func answer(_ object: JSONObject, _ id: MessageID?) throws(Fault) -> MCPMessage {
    if let error = object["error"] {
      guard let error = RPCError(error) else {
        throw Fault(.invalidRequest, "'error' is no error", id: id, isAnswer: true)
      }
      guard id != nil || object["id"] == nil || object["id"]?.isNull == true else {
        throw Fault(.invalidRequest, "'id' is neither an integer nor a short text")
      }
      return .error(id, error)
    }
    guard let result = object["result"] else {
      throw Fault(.invalidRequest, "neither 'method' nor 'result' nor 'error'", id: id)
    }
    guard let id else { throw Fault(.invalidRequest, "'id' is neither an integer nor a short text") }
    guard case .object(let result) = result else {
      throw Fault(.invalidRequest, "'result' is no object", id: id, isAnswer: true)
    }
    return .result(id, result)
  }

  package var json: JSON {
    var object: JSONObject = ["jsonrpc": "2.0"]
    switch self {
    case .request(let id, let method, let params):
      object["id"] = id.json
      object["method"] = .string(method)
      if !params.isEmpty { object["params"] = .object(params) }
    case .notification(let method, let params):
      object["method"] = .string(method)
      if !params.isEmpty { object["params"] = .object(params) }
    case .result(let id, let result):
      object["id"] = id.json
      object["result"] = .object(result)
    case .error(let id, let error):
      if let id { object["id"] = id.json }
      object["error"] = error.json
    }
    return .object(object)
  }

  /// Compact JSON, which has no line break; without the one that ends a line.
  package func serialized() -> [UInt8] { json.serialized() }
}
