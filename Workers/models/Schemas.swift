internal import JSON

/// What the worker's tools take and give.
enum Schemas {
  private static let text: JSON = ["type": "string", "maxLength": 4_000_000]
  private static let name: JSON = ["type": "string", "minLength": 1, "maxLength": 256]

  private static let image: JSON = [
    "type": "object",
    "properties": [
      "artifact": ["type": "string", "pattern": "^[0-9a-f]{64}$"],
      "media_type": ["type": "string", "pattern": "^image/[a-z0-9.+-]{1,64}$"],
      "data": ["type": "string", "contentEncoding": "base64"], "url": ["type": "string", "maxLength": 8192],
      "bytes": ["type": "integer"], "name": ["type": "string"],
    ],
    "additionalProperties": false,
  ]

  private static let toolUse: JSON = [
    "type": "object", "required": ["id", "name", "arguments"], "additionalProperties": false,
    "properties": ["id": name, "name": name, "arguments": ["type": "object"]],
  ]

  private static let message: JSON = [
    "type": "object", "required": ["role", "content"], "additionalProperties": false,
    "properties": [
      "role": ["enum": ["system", "user", "assistant", "tool"]],
      "content": text,
      "images": ["type": "array", "maxItems": 64, "items": image],
      "tool_calls": ["type": "array", "maxItems": 128, "items": toolUse],
      "tool_call_id": name, "name": name, "is_error": ["type": "boolean"],
      "opaque": [
        "type": "object", "description": "as an earlier answer gave it", "required": ["format", "items"],
        "properties": ["format": ["type": "string"], "items": ["type": "array", "maxItems": 256]],
      ],
    ],
  ]

  static let model: JSON = [
    "type": "object", "additionalProperties": false,
    "oneOf": [["required": ["prompt"]], ["required": ["messages"]]],
    "properties": [
      "prompt": ["description": "a single question", "type": "string", "minLength": 1, "maxLength": 4_000_000],
      "messages": ["type": "array", "minItems": 1, "maxItems": 4096, "items": message],
      "system": text,
      "images": ["description": "shown with the prompt", "type": "array", "maxItems": 64, "items": image],
      "role": ["description": "whose chain answers: planner, worker, verifier or one of your own", "type": "string"],
      "model": ["description": "PROVIDER or PROVIDER/MODEL, instead of a role", "type": "string"],
      "escalate": [
        "description":
          "a role that is asked when the answer of 'role' will not do: it does not fit the schema, is unsure, empty, cut or refused",
        "type": "string", "minLength": 1, "maxLength": 64,
      ],
      "schema": ["description": "JSON Schema of the answer", "type": "object"],
      "tools": [
        "type": "array", "maxItems": 256,
        "items": [
          "type": "object", "required": ["name"], "additionalProperties": false,
          "properties": [
            "name": ["type": "string", "pattern": "^[A-Za-z0-9_.-]{1,128}$"], "description": text,
            "parameters": ["type": "object"],
          ],
        ],
      ],
      "tool_choice": ["description": "auto, none, required, or the name of a tool", "type": "string"],
      "max_tokens": ["type": "integer", "minimum": 1, "maximum": 10_000_000],
      "temperature": ["type": "number", "minimum": 0, "maximum": 10],
      "top_p": ["type": "number", "minimum": 0, "maximum": 1],
      "stop": ["type": "array", "maxItems": 16, "items": ["type": "string", "minLength": 1]],
      "effort": ["enum": ["none", "minimal", "low", "medium", "high"]],
      "stream": ["type": "boolean"],
      "context": [
        "type": "object", "additionalProperties": false,
        "properties": [
          "strategy": ["enum": ["fail", "sliding", "truncate", "summarise"]],
          "max_tokens": ["type": "integer", "minimum": 16, "maximum": 100_000_000],
        ],
      ],
      "cache_ttl_ms": ["type": "integer", "minimum": 0, "maximum": 86_400_000],
      "record": ["type": "boolean"],
      "replay": ["description": "digest of a recording", "type": "string", "pattern": "^[0-9a-f]{64}$"],
    ],
  ]

  static let answer: JSON = [
    "type": "object", "required": ["content", "stop", "provider", "model", "usage"],
    "properties": [
      "content": ["type": "string"], "value": ["description": "the answer by the schema"],
      "tool_calls": ["type": "array", "items": toolUse], "reasoning": ["type": "string"],
      "stop": ["enum": ["stop", "length", "tool_calls", "content_filter", "refusal", "other"]],
      "provider": ["type": "string"], "model": ["type": "string"], "role": ["type": "string"],
      "usage": ["type": "object"], "cost": ["type": "object"], "attempts": ["type": "array"],
      "escalated": [
        "description": "why another role than the first answered", "type": "object",
        "properties": ["because": ["type": "string"], "from": ["description": "PROVIDER/MODEL", "type": "string"]],
      ],
    ],
  ]

  static let embed: JSON = [
    "type": "object", "required": ["input"], "additionalProperties": false,
    "properties": [
      "input": [
        "oneOf": [
          ["type": "string", "minLength": 1],
          ["type": "array", "minItems": 1, "maxItems": 2048, "items": ["type": "string", "minLength": 1]],
        ]
      ],
      "role": ["type": "string"], "model": ["type": "string"],
    ],
  ]

  static let embeddings: JSON = [
    "type": "object", "required": ["embeddings", "dimensions", "provider", "model"],
    "properties": [
      "embeddings": ["type": "array", "items": ["type": "array", "items": ["type": "number"]]],
      "dimensions": ["type": "integer"],
    ],
  ]

  static let imageText: JSON = [
    "type": "object", "required": ["artifact"], "additionalProperties": false,
    "properties": [
      "artifact": ["description": "digest of the picture", "type": "string", "pattern": "^[0-9a-f]{64}$"],
      "bytes": ["type": "integer"], "media_type": ["type": "string"], "name": ["type": "string"],
      "language": [
        "description": "of the text, such as de; found out unless given", "type": "string",
        "pattern": "^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}$",
      ],
    ],
  ]

  static let pageText: JSON = [
    "type": "object", "required": ["text", "lines", "width", "height", "provider"],
    "properties": [
      "text": ["description": "all lines", "type": "string"],
      "lines": [
        "type": "array",
        "items": [
          "type": "object", "required": ["text", "box"],
          "properties": [
            "text": ["type": "string"],
            "box": [
              "description": "x1, y1, … x4, y4: corners in pixels, clockwise from the upper left", "type": "array",
              "minItems": 8, "maxItems": 8, "items": ["type": "integer"],
            ],
            "confidence": ["type": "number", "minimum": 0, "maximum": 1],
          ],
        ],
      ],
      "width": ["type": "integer"], "height": ["type": "integer"], "provider": ["type": "string"],
    ],
  ]

  static let list: JSON = [
    "type": "object", "additionalProperties": false,
    "properties": [
      "live": ["description": "ask the providers what they have", "type": "boolean"], "provider": ["type": "string"],
    ],
  ]
}
