internal import JSON

/// What the tool takes and gives.
enum Schemas {
  static let fetch: JSON = [
    "type": "object",
    "properties": [
      "url": [
        "type": "string", "minLength": 1, "maxLength": 8192, "description": "http or https; without credentials.",
      ],
      "method": ["enum": ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"], "default": "GET"],
      "headers": [
        "type": "object", "additionalProperties": ["type": "string"], "maxProperties": 64,
        "description":
          "Sent to the first host; after a redirect to another one only those that can hold no credentials.",
      ],
      "body": ["type": "string", "description": "Sent as UTF-8."],
      "body_base64": ["type": "string", "description": "Any bytes, instead of body."],
      "max_bytes": [
        "type": "integer", "minimum": 0, "maximum": .integer(Int64(FetchRequest.mostBytes)),
        "default": .integer(Int64(FetchRequest.defaultBytes)),
        "description": "Of the body, decompressed; what is beyond is not fetched.",
      ],
      "timeout_ms": [
        "type": "integer", "minimum": 1, "maximum": 600_000, "default": 30_000,
        "description": "All redirects included.",
      ],
      "max_redirects": [
        "type": "integer", "minimum": 0, "maximum": 10, "default": 5, "description": "0: a redirect is the answer.",
      ],
    ],
    "required": ["url"],
    "additionalProperties": false,
    "examples": [["url": "https://example.com/"]],
  ]

  static let result: JSON = [
    "type": "object",
    "properties": [
      "status": ["type": "integer", "minimum": 100, "maximum": 999],
      "headers": [
        "type": "object", "additionalProperties": ["type": "string"],
        "description":
          "Names in lower case. Of several with one name the values stand with commas between, cookies on lines.",
      ],
      "url": ["type": "string", "description": "Where the answer came from, after redirects."],
      "redirects": ["type": "array", "items": ["type": "string"], "description": "The addresses before."],
      "body": ["type": "string", "description": "If it is UTF-8 of at most 262144 bytes."],
      "artifact": [
        "type": "object", "required": ["artifact", "bytes", "media_type", "name"], "description": "Otherwise.",
      ],
      "bytes": ["type": "integer", "minimum": 0, "description": "Of the body, decompressed."],
      "truncated": ["type": "boolean", "description": "Whether the body went on beyond max_bytes."],
    ],
    "required": ["status", "headers", "url", "redirects", "bytes", "truncated"],
    "additionalProperties": false,
  ]
}
