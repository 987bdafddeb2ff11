package import JSON

/// A JSON Schema in few words, for a model to read: `{items: {name, price: number}[], total?: number}`.
///
/// A name without a type is a text, `?` stands behind what may be absent, `file` is an artifact, `[]` makes a list, `|`
/// separates choices, `…` stands for what is left out. Bounds and patterns are not told: who checks a plan says them when
/// they matter. Names and words of the schema are foreign, and quoted where they are more than plain words.
package struct TypeNotation {
  /// The whole schema, for its `$ref`.
  private let root: JSON
  private let depth: Int

  private static let membersShown = 24
  private static let choicesShown = 12
  private static let wordLimit = 40

  private init(_ root: JSON, depth: Int) {
    self.root = root
    self.depth = depth
  }

  /// - Parameter depth: levels of objects and lists that are shown.
  package static func text(_ schema: JSON, depth: Int = 4) -> String {
    TypeNotation(schema, depth: depth).type(schema, 0, references: 0)
  }

  /// The members of an object's schema, without the braces.
  package static func members(_ schema: JSON, depth: Int = 4) -> String {
    TypeNotation(schema, depth: depth).members(schema, 0, references: 0)
  }

  private func type(_ schema: JSON, _ level: Int, references: Int) -> String {
    guard let object = schema.objectValue else { return schema.boolValue == false ? "nothing" : "any" }
    if schema.isArtifact { return "file" }
    if let target = object["$ref"]?.stringValue {
      guard references < 8, let found = root.resolved(target) else { return "any" }
      return type(found, level, references: references + 1)
    }
    if let value = object["const"] { return word(value) }
    if let values = object["enum"]?.arrayValue {
      let shown = values.prefix(Self.choicesShown).map(word)
      return (shown + (values.count > shown.count ? ["…"] : [])).joined(separator: "|")
    }
    if let choices = (object["anyOf"] ?? object["oneOf"])?.arrayValue, object["properties"] == nil {
      return union(choices.prefix(Self.choicesShown).map { type($0, level, references: references) })
    }
    if let names = object["type"]?.arrayValue {
      return union(names.prefix(8).map { plain($0.stringValue ?? "", schema, level, references) })
    }
    return plain(object["type"]?.stringValue ?? implied(object), schema, level, references)
  }

  private func implied(_ object: JSONObject) -> String {
    object["properties"] != nil ? "object" : object["items"] != nil ? "array" : ""
  }

  private func plain(_ name: String, _ schema: JSON, _ level: Int, _ references: Int) -> String {
    switch name {
    case "string": return "string"
    case "integer": return "int"
    case "boolean": return "bool"
    case "number", "null": return name
    case "array":
      guard let items = schema["items"], level < depth else { return "[…]" }
      let inner = type(items, level, references: references)
      return Self.isUnion(inner) ? "(\(inner))[]" : inner + "[]"
    case "object":
      let properties = schema["properties"]?.objectValue
      if properties == nil || properties?.isEmpty == true {
        guard let values = schema["additionalProperties"], values.objectValue != nil, level < depth else {
          return "object"
        }
        return "{NAME: \(type(values, level + 1, references: references))}"
      }
      return level < depth ? "{\(members(schema, level + 1, references: references))}" : "{…}"
    default: return "any"
    }
  }

  private func members(_ schema: JSON, _ level: Int, references: Int) -> String {
    guard let properties = schema["properties"]?.objectValue else { return "" }
    let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    var parts = properties.members.prefix(Self.membersShown).map { member -> String in
      let type = type(member.value, level, references: references)
      let name = word(name: member.key) + (required.contains(member.key) ? "" : "?")
      let value = member.value["default"].map { "=" + word($0) } ?? ""
      return type == "string" ? name + value : "\(name): \(type)\(value)"
    }
    if properties.count > parts.count { parts.append("…") }
    return parts.joined(separator: ", ")
  }

  /// Whether a text is a choice as a whole, not somewhere within.
  private static func isUnion(_ text: String) -> Bool {
    var depth = 0
    return text.utf8.contains { byte in
      switch byte {
      case UInt8(ascii: "{"), UInt8(ascii: "("), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: ")"), UInt8(ascii: "]"): depth -= 1
      default: return byte == UInt8(ascii: "|") && depth == 0
      }
      return false
    }
  }

  private func union(_ choices: [String]) -> String {
    var seen: Set<String> = []
    return choices.filter { seen.insert($0).inserted }.joined(separator: "|")
  }

  /// A value as JSON, or that there is one.
  private func word(_ value: JSON) -> String {
    switch value {
    case .object(let object) where !object.isEmpty: "{…}"
    case .array(let elements) where !elements.isEmpty: "[…]"
    case .string(let text): JSON.string(ShownText.line(text, limit: Self.wordLimit)).description
    default: ShownText.line(value.description, limit: Self.wordLimit)
    }
  }

  private func word(name: String) -> String {
    let isPlain =
      (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (97...122).contains(byte) || (65...90).contains(byte) || (48...57).contains(byte) || byte == 95 || byte == 45
      }
    return isPlain ? name : JSON.string(ShownText.line(name, limit: Self.wordLimit)).description
  }
}

extension JSON {
  /// Whether a schema is that of an artifact: one that says so, or an object that names one by its digest.
  package var isArtifact: Bool {
    guard let object = objectValue else { return false }
    if object["format"]?.stringValue == "artifact" { return true }
    guard let properties = object["properties"]?.objectValue, properties["artifact"] != nil else { return false }
    return properties.keys.allSatisfy { ["artifact", "bytes", "media_type", "name"].contains($0) }
  }

  /// What a `$ref` into this schema means.
  func resolved(_ reference: String) -> JSON? {
    guard reference.hasPrefix("#") else { return nil }
    // Safety: a reference that is no pointer means nothing here.
    guard let pointer = try? JSONPointer(parsing: String(reference.dropFirst())) else { return nil }
    return self[pointer: pointer]
  }
}
