internal import JSON

/// A tool's input schema as a grammar can hold it: every value may be a reference instead, bounds and patterns are left to
/// the check, artifacts are references alone.
struct InputProjection {
  let references: ReferenceSchemas
  /// Whether only what is required is there, and lists are short: for models that fill whatever they are offered.
  let isSparse: Bool

  private static let depth = 3
  private static let choices = 6

  /// Schema of a tool's input; nil: nothing could be written there.
  func input(of tool: CatalogTool) -> JSON? {
    let variants = variants(of: tool.input).compactMap {
      object(tool.input, 0, required: $0.required, without: $0.without)
    }
    return Self.any(variants)
  }

  /// Where exactly one or at least one of several sets of members is due: each of them by itself.
  private func variants(of schema: JSON) -> [(required: Set<String>, without: Set<String>)] {
    let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    let sets = schema.requiredSets(schema["oneOf"] == nil ? "anyOf" : "oneOf").prefix(Self.choices).map(Set.init)
    guard sets.count > 1, sets.allSatisfy({ !$0.isEmpty }) else { return [(required, [])] }
    let all = sets.reduce(into: Set<String>()) { $0.formUnion($1) }
    return sets.map { (required.union($0), all.subtracting($0)) }
  }

  private func object(_ schema: JSON, _ level: Int, required: Set<String>, without: Set<String> = []) -> JSON? {
    let members = (schema["properties"]?.objectValue?.members ?? []).filter { !without.contains($0.key) }
    if members.isEmpty {
      return isSparse ? ["type": "object", "properties": [:], "additionalProperties": false] : ["type": "object"]
    }
    let isWanted = { (name: String) in !isSparse || required.isEmpty || required.contains(name) }
    var properties = JSONObject()
    for member in members where isWanted(member.key) {
      if let value = value(member.value, level + 1) {
        properties[member.key] = value
      } else if required.contains(member.key) {
        return nil
      }
    }
    var object: JSONObject = ["type": "object", "properties": .object(properties), "additionalProperties": false]
    let due = properties.keys.filter(required.contains)
    if !due.isEmpty { object["required"] = .array(due.map { .string($0) }) }
    return .object(object)
  }

  private func value(_ schema: JSON, _ level: Int) -> JSON? {
    let takesArtifact = schema.takesArtifact
    let names = schema.typeNames
    let isOpen = schema["type"] == nil && names == ReferenceSchemas.types
    let found = references.schemas(for: Self.distinct(names), takesFiles: takesArtifact || isOpen)
    // Who has a file at hand need not make up an address.
    if isSparse, takesArtifact, !found.isEmpty { return Self.any(found) }
    return Self.any(found + literals(schema, level))
  }

  private func literals(_ schema: JSON, _ level: Int) -> [JSON] {
    if schema.isArtifact { return [] }
    if let value = schema["const"] { return [["const": value]] }
    if let values = schema["enum"] { return [["enum": values]] }
    if let choices = (schema["anyOf"] ?? schema["oneOf"])?.arrayValue, schema["properties"] == nil {
      return choices.prefix(Self.choices).flatMap { literals($0, level) }
    }
    let names = schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue ?? ""]
    return names.flatMap { literals(of: $0, schema, level) }
  }

  private func literals(of type: String, _ schema: JSON, _ level: Int) -> [JSON] {
    switch type {
    case "string": return [references.text]
    case "integer", "number", "boolean", "null": return [["type": .string(type)]]
    case "array":
      guard level < Self.depth, let items = value(schema["items"] ?? [:], level + 1) else { return [] }
      return [isSparse ? ["type": "array", "items": items, "maxItems": 4] : ["type": "array", "items": items]]
    case "object":
      guard level < Self.depth else { return isSparse ? [] : [["type": "object"]] }
      let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
      return object(schema, level, required: required).map { [$0] } ?? []
    // Anything.
    default: return isSparse ? [references.text, ["type": "number"], ["type": "boolean"]] : [[:]]
    }
  }

  private static func any(_ choices: [JSON]) -> JSON? {
    let distinct = distinct(choices)
    return distinct.count > 1 ? ["anyOf": .array(distinct)] : distinct.first
  }

  private static func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return values.filter { seen.insert($0).inserted }
  }
}
