package import JSON

/// An error as one peer tells it to the other.
package struct RPCError: Error, Sendable, Equatable {
  package struct Code: RawRepresentable, Sendable, Hashable {
    package let rawValue: Int64
    package init(rawValue: Int64) { self.rawValue = rawValue }

    package static let parseError = Code(rawValue: -32700)
    package static let invalidRequest = Code(rawValue: -32600)
    package static let methodNotFound = Code(rawValue: -32601)
    package static let invalidParams = Code(rawValue: -32602)
    package static let internalError = Code(rawValue: -32603)

    /// Headers that say something else than the body (modern, HTTP only).
    package static let headerMismatch = Code(rawValue: -32020)
    /// The client did not say that it can do what the request needs (modern).
    package static let missingClientCapability = Code(rawValue: -32021)
    /// `data.supported` lists the versions that the server has (modern).
    package static let unsupportedVersion = Code(rawValue: -32022)

    /// Legacy servers say this of a resource that is not there.
    package static let resourceNotFound = Code(rawValue: -32002)
    /// A legacy server wants an address visited first (2025-11-25 only).
    package static let urlElicitationRequired = Code(rawValue: -32042)
    /// What the specification's examples say when a person declines what a legacy server asks for.
    package static let userRejected = Code(rawValue: -1)

    /// Only a modern server says these.
    package var isModern: Bool {
      self == .headerMismatch || self == .missingClientCapability || self == .unsupportedVersion
    }
  }

  package var code: Code
  package var message: String
  package var data: JSON?

  /// Bytes of a foreign message that are kept.
  package static let longestMessage = 4096

  package init(_ code: Code, _ message: String, data: JSON? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }

  /// nil: no error object.
  package init?(_ json: JSON?) {
    guard case .object(let object)? = json, let code = object["code"]?.integerValue else { return nil }
    guard let message = object["message"]?.stringValue else { return nil }
    self.init(Code(rawValue: code), message.cut(toBytes: Self.longestMessage), data: object["data"])
  }

  package var json: JSON {
    var object: JSONObject = ["code": .integer(code.rawValue), "message": .string(message)]
    if let data { object["data"] = data }
    return .object(object)
  }

  /// The versions that we know of those that the server says it has; nil: it does not say.
  package var supportedVersions: [MCPVersion]? {
    guard let listed = data?["supported"]?.arrayValue else { return nil }
    return listed.prefix(64).compactMap { $0.stringValue.flatMap { MCPVersion(rawValue: $0) } }
  }
}
