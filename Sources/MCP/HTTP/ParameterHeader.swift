package import JSON

/// An argument of a tool that HTTP repeats in the header `Mcp-Param-NAME`, as the tool's schema marks it.
package struct ParameterHeader: Sendable, Equatable {
  /// The mark in the schema.
  static let keyword = "x-mcp-header"
  /// What is taken of one schema.
  private static let mostRules = 64
  private static let deepest = 32
  /// Integers that every peer can say exactly.
  private static let safeIntegers: ClosedRange<Int64> = -((1 << 53) - 1)...((1 << 53) - 1)

  package let name: String
  /// Names of properties, from the root.
  package let path: [String]

  /// What `schema` marks.
  ///
  /// - Throws: where a mark stands that may not stand there, or says what it may not say: the tool must not be offered.
  package static func rules(of schema: JSONObject) throws(ShapeError) -> [ParameterHeader] {
    var rules: [ParameterHeader] = []
    if schema[keyword] != nil { throw ShapeError("the schema itself is marked with '\(keyword)'") }
    try collect(schema, [], &rules)
    var names: Set<String> = []
    for rule in rules where !names.insert(rule.name.lowercased()).inserted {
      throw ShapeError("two arguments are marked with the header \(quoted(rule.name))")
    }
    return rules
  }

  private static func collect(
    _ schema: JSONObject,
    _ path: [String],
    _ rules: inout [ParameterHeader]
  ) throws(ShapeError) {
    for member in schema.members {
      // Values, not schemas: what stands there marks nothing.
      if ["const", "default", "enum", "examples"].contains(member.key) { continue }
      guard member.key == "properties", case .object(let properties) = member.value, path.count < deepest else {
        if isMarked(member.value) {
          throw ShapeError("'\(keyword)' stands inside of \(quoted(member.key)), where no argument has one place")
        }
        continue
      }
      for property in properties.members {
        guard case .object(let inner) = property.value else { continue }
        let here = path + [property.key]
        if let mark = inner[keyword] { rules.append(try rule(mark, inner, here)) }
        if rules.count > mostRules { throw ShapeError("more than \(mostRules) arguments are marked with '\(keyword)'") }
        var rest = inner
        rest[keyword] = nil
        try collect(rest, here, &rules)
      }
    }
  }

  /// Whether a schema is marked anywhere inside.
  private static func isMarked(_ json: JSON) -> Bool {
    switch json {
    case .object(let object): object.members.contains { $0.key == keyword || isMarked($0.value) }
    case .array(let array): array.contains { isMarked($0) }
    default: false
    }
  }

  private static func rule(
    _ mark: JSON,
    _ schema: JSONObject,
    _ path: [String]
  ) throws(ShapeError) -> ParameterHeader {
    let place = quoted(path.joined(separator: "."))
    guard case .string(let name) = mark, !name.isEmpty, name.utf8.count <= 128, name.utf8.allSatisfy(isTokenByte) else {
      throw ShapeError("'\(keyword)' of \(place) is no name of a header")
    }
    guard let type = schema["type"]?.stringValue, ["integer", "string", "boolean"].contains(type) else {
      throw ShapeError("'\(keyword)' of \(place): only integers, strings and booleans go into headers")
    }
    return ParameterHeader(name: name, path: path)
  }

  /// RFC 9110 section 5.6.2.
  private static func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// What the header says for a call, fit to be sent; nil: it is left out.
  package func value(in arguments: JSONObject) -> String? {
    var value = JSON.object(arguments)
    for name in path {
      guard let inner = value[name] else { return nil }
      value = inner
    }
    switch value {
    case .string(let text): return HeaderValue.encode(text)
    case .bool(let flag): return flag ? "true" : "false"
    default:
      guard let number = value.integerValue, Self.safeIntegers.contains(number) else { return nil }
      return String(number)
    }
  }
}
