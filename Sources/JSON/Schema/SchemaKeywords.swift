/// How a keyword holds subschemas.
enum SubschemaShape {
  case one
  case list
  case map

  init?(keyword: String) {
    switch keyword {
    case "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else",
      "unevaluatedProperties", "unevaluatedItems", "contentSchema":
      self = .one
    case "allOf", "anyOf", "oneOf", "prefixItems": self = .list
    case "properties", "patternProperties", "$defs", "definitions", "dependentSchemas": self = .map
    default: return nil
    }
  }

  /// The subschemas in `value`, each with its pointer below the keyword.
  func children(
    of value: JSON,
    _ keyword: String,
    _ path: String
  ) throws(JSONSchemaError) -> [(step: String, schema: JSON)] {
    switch (self, value) {
    case (.one, _): return [("", value)]
    case (.list, .array(let elements)) where !elements.isEmpty:
      return elements.enumerated().map { ("/\($0.offset)", $0.element) }
    case (.list, _): throw wrongType(keyword, "an array of schemas", value, path)
    case (.map, .object(let object)): return object.members.map { ("/" + escaped($0.key), $0.value) }
    case (.map, _): throw wrongType(keyword, "an object of schemas", value, path)
    }
  }
}

func wrongType(_ keyword: String, _ due: String, _ value: JSON, _ path: String) -> JSONSchemaError {
  JSONSchemaError(
    .invalidKeyword,
    at: path + "/" + escaped(keyword),
    "\(quoted(keyword)) is \(shown(value)) where \(due) is due"
  )
}

/// A token of a JSON Pointer (RFC 6901 section 3).
func escaped(_ token: String) -> String {
  guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
  return token.unicodeScalars.reduce(into: "") { text, scalar in
    switch scalar {
    case "~": text += "~0"
    case "/": text += "~1"
    default: text.unicodeScalars.append(scalar)
    }
  }
}

func unescaped(_ token: Substring) -> String {
  var bytes: [UInt8] = []
  var rest = token.utf8[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "~"), let code = rest.first, code == UInt8(ascii: "0") || code == UInt8(ascii: "1")
    else {
      bytes.append(byte)
      continue
    }
    rest.removeFirst()
    bytes.append(code == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
  }
  return String(decoding: bytes, as: UTF8.self)
}

/// Typed reads of one schema object's keywords.
struct SchemaKeywords {
  let object: JSONObject
  let path: String

  func number(_ keyword: String) throws(JSONSchemaError) -> NumberBound? {
    guard let value = object[keyword] else { return nil }
    guard let bound = NumberBound(value) else { throw wrongType(keyword, "a number", value, path) }
    return bound
  }

  func divisor() throws(JSONSchemaError) -> Divisor? {
    guard let value = object["multipleOf"] else { return nil }
    guard let divisor = Divisor(value) else {
      throw wrongType("multipleOf", "a number above 0 of at most 18 significant digits", value, path)
    }
    return divisor
  }

  /// A length; one beyond 64 bits is as good as the largest.
  func length(_ keyword: String, default other: Int) throws(JSONSchemaError) -> Int {
    guard let value = object[keyword] else { return other }
    guard let decimal = Decimal(json: value), decimal.isInteger, !decimal.isNegative else {
      throw wrongType(keyword, "a whole number from 0", value, path)
    }
    return decimal.int64.map { Int($0) } ?? Int.max
  }

  func flag(_ keyword: String) throws(JSONSchemaError) -> Bool {
    guard let value = object[keyword] else { return false }
    guard case .bool(let flag) = value else { throw wrongType(keyword, "a boolean", value, path) }
    return flag
  }

  func string(_ keyword: String) throws(JSONSchemaError) -> String? {
    guard let value = object[keyword] else { return nil }
    guard case .string(let text) = value else { throw wrongType(keyword, "a string", value, path) }
    return text
  }

  /// Distinct names.
  func names(_ keyword: String) throws(JSONSchemaError) -> [String] {
    guard let value = object[keyword] else { return [] }
    return try Self.names(value, keyword, path)
  }

  private static func names(_ value: JSON, _ keyword: String, _ path: String) throws(JSONSchemaError) -> [String] {
    guard case .array(let elements) = value else { throw wrongType(keyword, "an array of strings", value, path) }
    var seen: Set<MemberName> = []
    var names: [String] = []
    for element in elements {
      guard case .string(let name) = element else { throw wrongType(keyword, "an array of strings", element, path) }
      if seen.insert(MemberName(name)).inserted { names.append(name) }
    }
    return names
  }

  func dependentRequired() throws(JSONSchemaError) -> [(name: String, needs: [String])] {
    guard let value = object["dependentRequired"] else { return [] }
    guard case .object(let map) = value else {
      throw wrongType("dependentRequired", "an object of arrays", value, path)
    }
    var result: [(name: String, needs: [String])] = []
    for member in map.members {
      result.append((member.key, try Self.names(member.value, member.key, path + "/dependentRequired")))
    }
    return result
  }

  func types() throws(JSONSchemaError) -> (set: TypeSet, words: [String]) {
    guard let value = object["type"] else { return (.any, []) }
    let due = "a type name or an array of them"
    let words: [JSON]
    switch value {
    case .string: words = [value]
    case .array(let elements) where !elements.isEmpty: words = elements
    default: throw wrongType("type", due, value, path)
    }
    var set: TypeSet = []
    var names: [String] = []
    for word in words {
      guard case .string(let name) = word, let type = TypeSet(word: name) else {
        throw wrongType("type", due, word, path)
      }
      set.formUnion(type)
      names.append(name)
    }
    return (set, names)
  }

  func values() throws(JSONSchemaError) -> ValueRules? {
    var choices: [JSON]?
    if let value = object["enum"] {
      guard case .array(let elements) = value else { throw wrongType("enum", "an array", value, path) }
      choices = elements
    }
    let constant = object["const"]
    return choices == nil && constant == nil ? nil : ValueRules(choices: choices, constant: constant)
  }

  func numbers() throws(JSONSchemaError) -> NumberRules? {
    let rules = NumberRules(
      minimum: try number("minimum"),
      maximum: try number("maximum"),
      exclusiveMinimum: try number("exclusiveMinimum"),
      exclusiveMaximum: try number("exclusiveMaximum"),
      multipleOf: try divisor()
    )
    return rules.isEmpty ? nil : rules
  }
}
