/// Why a schema cannot be compiled, and where in the schema.
public struct JSONSchemaError: Error, Sendable, Equatable {
  /// An open set of names; a name once given keeps its meaning.
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// A keyword whose value has the wrong type, or a schema that is neither an object nor a boolean.
    public static let invalidKeyword = Code(rawValue: "invalid_keyword")
    /// A pattern that is no regular expression of ECMA-262, or that libpcre2 cannot do.
    public static let invalidPattern = Code(rawValue: "invalid_pattern")
    /// A reference to something that is neither in the schema nor among the given documents.
    public static let unresolvedReference = Code(rawValue: "unresolved_reference")
    /// Schemas that refer to each other without ever moving into the value.
    public static let endlessReference = Code(rawValue: "endless_reference")
    /// Two schemas with the same `$id`, or two anchors of one name in one resource.
    public static let duplicateIdentifier = Code(rawValue: "duplicate_identifier")
    /// A schema nested deeper, or with more subschemas, than the limit.
    public static let limitExceeded = Code(rawValue: "limit_exceeded")
  }

  public let code: Code
  /// Where in the schema, as a JSON Pointer; behind its URI and '#' in a document other than the schema itself.
  public let path: String
  /// The offending value or the limit, for people.
  public let detail: String

  init(_ code: Code, at path: String, _ detail: String) {
    self.code = code
    self.path = path
    self.detail = detail
  }
}

extension JSONSchemaError: CustomStringConvertible {
  public var description: String { path.isEmpty ? "schema: \(detail)" : "schema: \(detail) at \(quoted(path))" }
}
