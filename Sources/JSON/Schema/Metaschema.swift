/// The metaschema of draft 2020-12 as one document: what a schema must look like.
///
/// Written from the draft's rules for each keyword, without the split into vocabularies; reached by a `$ref` to its URI.
enum Metaschema {
  static let uri = "https://json-schema.org/draft/2020-12/schema"

  static func document(_ uri: String) -> JSON? { uri == self.uri ? parsed : nil }

  // Safety: the text below is ours and a test parses it; were it broken, a reference to it would lead nowhere.
  private static let parsed = try? JSON(parsing: text)

  private static let text = """
    {
      "$id": "https://json-schema.org/draft/2020-12/schema",
      "$dynamicAnchor": "meta",
      "type": ["object", "boolean"],
      "properties": {
        "$id": {"type": "string", "pattern": "^[^#]*#?$"},
        "$schema": {"type": "string"},
        "$ref": {"type": "string"},
        "$dynamicRef": {"type": "string"},
        "$anchor": {"$ref": "#/$defs/anchor"},
        "$dynamicAnchor": {"$ref": "#/$defs/anchor"},
        "$vocabulary": {"type": "object", "additionalProperties": {"type": "boolean"}},
        "$comment": {"type": "string"},
        "$defs": {"$ref": "#/$defs/schemas"},
        "definitions": {"$ref": "#/$defs/schemas"},
        "title": {"type": "string"},
        "description": {"type": "string"},
        "deprecated": {"type": "boolean"},
        "readOnly": {"type": "boolean"},
        "writeOnly": {"type": "boolean"},
        "examples": {"type": "array"},
        "format": {"type": "string"},
        "contentEncoding": {"type": "string"},
        "contentMediaType": {"type": "string"},
        "contentSchema": {"$dynamicRef": "#meta"},
        "type": {
          "anyOf": [
            {"$ref": "#/$defs/type"},
            {"type": "array", "items": {"$ref": "#/$defs/type"}, "minItems": 1, "uniqueItems": true}
          ]
        },
        "enum": {"type": "array"},
        "multipleOf": {"type": "number", "exclusiveMinimum": 0},
        "maximum": {"type": "number"},
        "exclusiveMaximum": {"type": "number"},
        "minimum": {"type": "number"},
        "exclusiveMinimum": {"type": "number"},
        "maxLength": {"$ref": "#/$defs/count"},
        "minLength": {"$ref": "#/$defs/count"},
        "pattern": {"type": "string"},
        "maxItems": {"$ref": "#/$defs/count"},
        "minItems": {"$ref": "#/$defs/count"},
        "uniqueItems": {"type": "boolean"},
        "maxContains": {"$ref": "#/$defs/count"},
        "minContains": {"$ref": "#/$defs/count"},
        "maxProperties": {"$ref": "#/$defs/count"},
        "minProperties": {"$ref": "#/$defs/count"},
        "required": {"$ref": "#/$defs/names"},
        "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/names"}},
        "prefixItems": {"$ref": "#/$defs/list"},
        "items": {"$dynamicRef": "#meta"},
        "contains": {"$dynamicRef": "#meta"},
        "unevaluatedItems": {"$dynamicRef": "#meta"},
        "properties": {"$ref": "#/$defs/schemas"},
        "patternProperties": {"$ref": "#/$defs/schemas"},
        "additionalProperties": {"$dynamicRef": "#meta"},
        "propertyNames": {"$dynamicRef": "#meta"},
        "unevaluatedProperties": {"$dynamicRef": "#meta"},
        "dependentSchemas": {"$ref": "#/$defs/schemas"},
        "allOf": {"$ref": "#/$defs/list"},
        "anyOf": {"$ref": "#/$defs/list"},
        "oneOf": {"$ref": "#/$defs/list"},
        "not": {"$dynamicRef": "#meta"},
        "if": {"$dynamicRef": "#meta"},
        "then": {"$dynamicRef": "#meta"},
        "else": {"$dynamicRef": "#meta"}
      },
      "$defs": {
        "anchor": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
        "count": {"type": "integer", "minimum": 0},
        "names": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
        "list": {"type": "array", "items": {"$dynamicRef": "#meta"}, "minItems": 1},
        "schemas": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}},
        "type": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
      }
    }
    """
}
