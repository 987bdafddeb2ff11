internal import JSON

/// OpenAI's strict schema output takes only schemas whose objects are closed and require all their members. Others are
/// sent as they are, without the promise, and the answer is checked here.
enum StrictSchema {
  static func fits(_ schema: JSON) -> Bool { schema["type"]?.stringValue == "object" && fits(schema, depth: 0) }

  private static func fits(_ schema: JSON, depth: Int) -> Bool {
    guard depth < 10, let object = schema.objectValue else { return false }
    for member in object.members {
      switch member.key {
      case "type", "description", "title", "enum", "const", "$ref", "required", "$schema", "pattern", "format",
        "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minItems", "maxItems":
        break
      case "additionalProperties": if member.value.boolValue != false { return false }
      case "properties", "$defs":
        for property in member.value.objectValue?.members ?? [] where !fits(property.value, depth: depth + 1) {
          return false
        }
      case "items": if !fits(member.value, depth: depth + 1) { return false }
      case "anyOf":
        for choice in member.value.arrayValue ?? [] where !fits(choice, depth: depth + 1) { return false }
      default: return false
      }
    }
    guard object["type"]?.stringValue == "object" || object["properties"] != nil else { return true }
    let required = Set((object["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    return object["additionalProperties"]?.boolValue == false
      && (object["properties"]?.objectValue?.keys ?? []).allSatisfy(required.contains)
  }
}
