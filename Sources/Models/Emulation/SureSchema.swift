package import JSON

/// A schema by which a model answers first, and then says whether it is sure: `{"answer": …, "sure": true}`. In this order,
/// since a small model that judges first answers accordingly.
package struct SureSchema: Sendable {
  /// What the model is asked to answer by.
  package let source: JSON
  private let whole: JSONSchema
  private let inner: JSONSchema
  /// Members that the answer itself may have.
  private let members: Set<String>

  /// Said to the model, since not every server shows it the schema that it holds it to.
  package static let instruction =
    "First give the answer itself, as \"answer\". Then judge it, as \"sure\": true only if you would stand by it; false if "
    + "you guess, if what you were given does not tell, or if the question is beyond you."

  /// nil: the schema cannot stand within another, or is none.
  /// - Parameter inner: `schema`, compiled.
  package init?(_ schema: JSON, _ inner: JSONSchema) {
    guard let wrapped = Self.wrapped(schema) else { return nil }
    do throws(JSONSchemaError) { whole = try JSONSchema(wrapped) } catch { return nil }
    source = wrapped
    self.inner = inner
    members = Set(schema["properties"]?.objectValue?.keys ?? [])
  }

  package struct Answer: Sendable, Equatable {
    package let value: JSON
    package let isSure: Bool
  }

  /// The answer, which fits the inner schema. One that says nothing of itself is taken to be sure: small models leave out
  /// what they do not need. Throws `schema_mismatch`.
  package func read(_ text: String) throws(ModelError) -> Answer {
    let found = StructuredText.extract(text, whole)
    if let found, found.violations.isEmpty {
      return Answer(value: found.json["answer"] ?? .null, isSure: isSure(found.json))
    }
    // Without what was to be around it.
    if let plain = StructuredText.extract(text, inner), plain.violations.isEmpty, isPlain(plain.json) {
      return Answer(value: plain.json, isSure: true)
    }
    if let found, let value = found.json["answer"], StructuredText(value, inner).violations.isEmpty {
      return Answer(value: value, isSure: isSure(found.json))
    }
    throw ModelError.mismatch(found) ?? ModelError(.schemaMismatch, "the answer does not fit its schema")
  }

  private func isPlain(_ json: JSON) -> Bool {
    guard let object = json.objectValue else { return true }
    return ["answer", "sure"].allSatisfy { object[$0] == nil || members.contains($0) }
  }

  private func isSure(_ json: JSON) -> Bool {
    switch json["sure"] {
    case .bool(let sure)?: sure
    case .string(let text)?: !["false", "no", "unsure"].contains(text.lowercased())
    case .number?: (json["sure"]?.doubleValue ?? 1) >= 0.5
    default: true
    }
  }

  // MARK: One schema within another

  private static func wrapped(_ schema: JSON) -> JSON? {
    guard var inner = schema.objectValue else { return nil }
    var root: JSONObject = ["type": "object"]
    // What is referred to stays where the references lead.
    for name in ["$schema", "$id"] { inner[name] = nil }
    var shared = JSONObject()
    for name in ["$defs", "definitions"] {
      guard let definitions = inner[name] else { continue }
      guard let moved = rewritten(definitions) else { return nil }
      shared[name] = moved
      inner[name] = nil
    }
    guard let answer = rewritten(.object(inner)) else { return nil }
    root["properties"] = ["answer": answer, "sure": ["type": "boolean"]]
    root["required"] = ["answer", "sure"]
    root["additionalProperties"] = false
    for member in shared.members { root[member.key] = member.value }
    return .object(root)
  }

  /// With references from the root, which is further up now; nil: there are names or references that this would break.
  private static func rewritten(_ json: JSON) -> JSON? {
    switch json {
    case .array(let items):
      var list: [JSON] = []
      for item in items {
        guard let item = rewritten(item) else { return nil }
        list.append(item)
      }
      return .array(list)
    case .object(let object):
      var result = JSONObject()
      for member in object.members {
        if let text = member.value.stringValue, member.key.hasPrefix("$") {
          if ["$id", "$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveRef"].contains(member.key) { return nil }
          if member.key == "$ref" {
            guard let reference = moved(text) else { return nil }
            result[member.key] = .string(reference)
            continue
          }
        }
        // Data, not schemas.
        if ["enum", "const", "default", "examples"].contains(member.key) {
          result[member.key] = member.value
          continue
        }
        guard let value = rewritten(member.value) else { return nil }
        result[member.key] = value
      }
      return .object(result)
    default: return json
    }
  }

  private static func moved(_ reference: String) -> String? {
    if reference == "#" { return "#/properties/answer" }
    if reference.hasPrefix("#/$defs/") || reference.hasPrefix("#/definitions/") { return reference }
    return reference.hasPrefix("#/") ? "#/properties/answer" + reference.dropFirst() : nil
  }
}
