internal import JSON
internal import WorkerKit

/// A foreign schema, checked before it becomes part of the catalog.
enum ToolSchema {
  struct Unusable: Error {
    let text: String
  }

  /// Of a tool's arguments, which are an object.
  static func input(_ schema: JSONObject) -> Result<JSON, Unusable> {
    let json = plain(schema)
    if let type = json["type"], type != "object" { return .failure(Unusable(text: "its input is no object")) }
    return checked(.object(json))
  }

  /// Of `structuredContent`, to be put into the schema of a whole output.
  static func promised(_ schema: JSONObject) -> Result<JSON, Unusable> {
    var json = plain(schema)
    // References into it mean its own root, not that of what is around it.
    if json["$id"] == nil { json["$id"] = "urn:mcp:structured" }
    return checked(output(structured: .object(json))).map { _ in .object(json) }
  }

  /// Of what the bridge makes of a tool's answer: see `ToolOutput`.
  static func output(structured: JSON?) -> JSON {
    [
      "type": "object",
      "properties": [
        "text": ["type": "string"], "structured": structured ?? true,
        "content": ["type": "array", "items": ["type": "object", "required": ["type"]]],
        "truncated": ["type": "boolean"],
      ],
      "required": structured == nil ? ["text"] : ["text", "structured"],
      "additionalProperties": false,
    ]
  }

  /// Dialects that are read as ours: what they have in common is what tools use.
  private static let dialects = [
    "http://json-schema.org/draft-07/schema", "http://json-schema.org/draft-07/schema#",
    "https://json-schema.org/draft/2019-09/schema", "https://json-schema.org/draft/2020-12/schema",
  ]

  private static func plain(_ schema: JSONObject) -> JSONObject {
    guard let dialect = schema["$schema"]?.stringValue, dialects.contains(dialect) else { return schema }
    return JSONObject(schema.members.filter { $0.key != "$schema" }.map { ($0.key, $0.value) })
  }

  private static func checked(_ schema: JSON) -> Result<JSON, Unusable> {
    let size = schema.serialized().count
    if size > Limit.schemaBytes {
      return .failure(Unusable(text: "a schema of \(size) bytes exceeds the limit of \(Limit.schemaBytes)"))
    }
    do throws(JSONSchemaError) {
      _ = try JSONSchema(schema)
      return .success(schema)
    } catch {
      return .failure(Unusable(text: "its schema cannot be used: \(shortened("\(error)", 512))"))
    }
  }
}
