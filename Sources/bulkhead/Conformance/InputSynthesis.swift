internal import JSON

/// Makes a value that a schema accepts, where that is easy: from its examples, defaults and types.
enum InputSynthesis {
  /// nil when the guess does not fit the schema.
  static func value(for schema: JSON) -> JSON? {
    let guess = guess(schema, depth: 0)
    do throws(JSONSchemaError) {
      guard try JSONSchema(schema).isValid(guess) else { return Optional.none }  // A bare nil would be JSON's null.
      return guess
    } catch {
      return Optional.none
    }
  }

  private static func guess(_ schema: JSON, depth: Int) -> JSON {
    if let given = schema["examples"]?[0] ?? schema["default"] ?? schema["const"] ?? schema["enum"]?[0] { return given }
    guard depth < 16 else { return .null }
    if let first = schema["oneOf"]?[0] ?? schema["anyOf"]?[0] { return guess(first, depth: depth + 1) }
    let type = schema["type"]?.stringValue ?? schema["type"]?[0]?.stringValue
    switch type ?? (schema["properties"] == nil && depth > 0 ? "string" : "object") {
    case "object":
      var object = JSONObject()
      for name in (schema["required"]?.arrayValue ?? []).compactMap(\.stringValue) {
        object[name] = guess(schema["properties"]?[name] ?? [:], depth: depth + 1)
      }
      return .object(object)
    case "array":
      let count = max(0, min(schema["minItems"]?.integerValue ?? 0, 64))
      return .array((0..<count).map { _ in guess(schema["items"] ?? [:], depth: depth + 1) })
    case "string":
      let least = max(0, min(schema["minLength"]?.integerValue ?? 0, 4096))
      let most = schema["maxLength"]?.integerValue ?? 5
      let text = String("hello".prefix(Int(max(0, min(most, 5)))))
      return .string(text + String(repeating: "x", count: max(0, Int(least) - text.count)))
    case "integer", "number":
      if let least = schema["minimum"] { return least }
      if let below = schema["exclusiveMinimum"]?.integerValue, below < .max { return .integer(below + 1) }
      if let most = schema["maximum"], (most.doubleValue ?? 0) < 1 { return most }
      return 1
    case "boolean": return true
    default: return .null
    }
  }
}
