internal import JSON

/// What the tools take and give.
enum Schemas {
  private static let path: JSON = [
    "type": "string", "minLength": 1, "maxLength": 4096,
    "description": "Absolute, in a granted folder; relative where one folder is granted. Without '.' and '..'.",
  ]
  private static let encoding: JSON = [
    "enum": ["utf8", "base64"], "default": "utf8",
    "description": "How content is written: text, or base64 of any bytes.",
  ]
  private static let glob: JSON = [
    "type": "string", "minLength": 1, "maxLength": 1024,
    "description":
      "Names to take: * ? [a-z] {a,b} and ** for any folders. Without a '/' it is compared with names alone.",
  ]

  static let read = object(
    ["path": path],
    optional: [
      "offset": ["type": "integer", "minimum": 0, "maximum": 1_125_899_906_842_624, "default": 0],
      "length": [
        "type": "integer", "minimum": 0, "maximum": .integer(Int64(Request.readBytes)), "default": 262144,
        "description": "Bytes; the answer says whether there are more.",
      ],
      "encoding": encoding,
    ]
  )
  static let readResult = object([
    "path": text, "content": text, "encoding": text, "offset": count, "length": count, "bytes": count, "end": flag,
    "modified": text,
  ])

  static let write = object(
    ["path": path, "content": ["type": "string", "description": "Text, or base64."]],
    optional: [
      "mode": [
        "enum": ["create", "overwrite", "append"], "default": "create",
        "description":
          "create fails where there is a file; overwrite replaces it at once or creates it, keeping its mode.",
      ],
      "encoding": encoding,
    ]
  )
  static let writeResult = object(
    ["path": text, "bytes": count, "written": count, "created": flag],
    optional: ["hard_links": count]
  )

  static let edit = object([
    "path": path,
    "edits": [
      "type": "array", "minItems": 1, "maxItems": 100,
      "items": object(
        ["old": ["type": "string", "minLength": 1], "new": ["type": "string"]],
        optional: [
          "count": [
            "type": "integer", "minimum": 1, "maximum": 100_000, "default": 1, "description": "How often old occurs.",
          ]
        ]
      ),
      "description": "One after the other, each on what the ones before it left.",
    ],
  ])
  static let editResult = object(
    ["path": text, "bytes": count, "replacements": count],
    optional: ["hard_links": count]
  )

  static let list = object(
    ["path": path],
    optional: [
      "recursive": ["type": "boolean", "default": false], "glob": glob,
      "limit": ["type": "integer", "minimum": 1, "maximum": 10_000, "default": 1000],
    ]
  )
  static let listResult = object([
    "path": text,
    "entries": [
      "type": "array",
      "items": object(
        ["path": text, "type": ["enum": ["file", "folder", "link", "other"]]],
        optional: ["bytes": count, "modified": text, "hard_links": count]
      ),
    ],
    "truncated": flag, "skipped": count,
  ])

  static let search = object(
    [
      "path": path,
      "pattern": [
        "type": "string", "minLength": 1, "maxLength": 4096,
        "description": "A regular expression, applied to each line.",
      ],
    ],
    optional: [
      "glob": glob, "ignore_case": ["type": "boolean", "default": false],
      "context": [
        "type": "integer", "minimum": 0, "maximum": 10, "default": 0, "description": "Lines before and after.",
      ],
      "limit": ["type": "integer", "minimum": 1, "maximum": 2000, "default": 200, "description": "Matching lines."],
    ]
  )
  private static let lines: JSON = ["type": "array", "items": text, "maxItems": 10]
  static let searchResult = object(
    [
      "path": text,
      "matches": [
        "type": "array",
        "items": object(
          ["path": text, "line": ["type": "integer", "minimum": 1], "text": text],
          optional: ["before": lines, "after": lines]
        ),
      ],
      "files": count, "skipped": count, "truncated": flag,
    ],
    optional: ["stopped_by": ["enum": ["limit", "time", "bytes", "entries", "pattern"]]]
  )

  private static let text: JSON = ["type": "string"]
  private static let count: JSON = ["type": "integer", "minimum": 0]
  private static let flag: JSON = ["type": "boolean"]

  private static func object(_ required: JSONObject, optional: JSONObject = [:]) -> JSON {
    var properties = required
    for member in optional.members { properties[member.key] = member.value }
    return [
      "type": "object", "properties": .object(properties),
      "required": .array(required.keys.map { .string($0) }), "additionalProperties": false,
    ]
  }
}
