internal import JSON

/// Anthropic's schema output takes only closed objects and few bounds. What it does not take is left out here: the
/// answer is checked against the whole schema anyway.
enum ClosedSchema {
  private static let depthLimit = 64

  static func of(_ schema: JSON) -> JSON { closed(schema, depth: 0) }

  private static func closed(_ schema: JSON, depth: Int) -> JSON {
    guard depth < depthLimit, let object = schema.objectValue else { return schema }
    var closed = JSONObject()
    for member in object.members {
      switch member.key {
      case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
        "maxItems", "uniqueItems", "minProperties", "maxProperties", "$schema", "$id":
        break
      case "minItems": if let count = member.value.integerValue, count <= 1 { closed["minItems"] = member.value }
      case "properties", "$defs", "definitions":
        var members = JSONObject()
        for property in member.value.objectValue?.members ?? [] {
          members[property.key] = Self.closed(property.value, depth: depth + 1)
        }
        closed[member.key] = .object(members)
      case "items": closed["items"] = Self.closed(member.value, depth: depth + 1)
      case "anyOf", "oneOf", "allOf":
        let choices = (member.value.arrayValue ?? []).map { Self.closed($0, depth: depth + 1) }
        // Of choices that exclude each other it knows nothing.
        closed[member.key == "oneOf" ? "anyOf" : member.key] = .array(choices)
      default: closed[member.key] = member.value
      }
    }
    if object["type"]?.stringValue == "object" || object["properties"] != nil, object["additionalProperties"] == nil {
      closed["additionalProperties"] = false
    }
    return .object(closed)
  }
}
