internal import JSON

/// What the worker's tools take and give.
enum Schemas {
  private static let text: JSON = ["type": "string", "maxLength": 4_000_000]
  private static let id: JSON = ["type": "string", "minLength": 1, "maxLength": 128]
  private static let role: JSON = ["type": "string", "minLength": 1, "maxLength": 64]

  private static let file: JSON = [
    "type": "object", "required": ["name", "artifact"],
    "properties": [
      "name": ["type": "string", "minLength": 1, "maxLength": 255],
      "artifact": ["type": "string", "pattern": "^[0-9a-f]{64}$"],
      "bytes": ["type": "integer", "minimum": 0], "media_type": ["type": "string", "maxLength": 255],
    ],
  ]

  private static let mistakes: JSON = [
    "type": "array", "maxItems": 1_000,
    "items": [
      "type": "object",
      "properties": ["path": ["type": "string"], "name": ["type": "string"], "message": ["type": "string"]],
    ],
  ]

  static let request: JSON = [
    "type": "object", "required": ["request"],
    "properties": [
      "request": [
        "type": "object", "required": ["text"],
        "properties": [
          "text": ["description": "what is to be done", "type": "string", "minLength": 1, "maxLength": 262_144],
          "type": ["type": "string", "maxLength": 64], "context": ["type": "object"],
          "files": ["type": "array", "maxItems": 64, "items": file],
          "tools": ["description": "the only ones a plan may use", "type": "array", "items": id],
          "needs": ["description": "the most that a step may ask for in its own needs", "type": "object"],
        ],
      ],
      "role": ["description": "whose model plans: planner or executor", "type": "string", "default": "planner"],
      "attempt": ["type": "integer", "minimum": 1],
      "refused": [
        "description": "a plan that was not taken", "type": "object",
        "properties": ["plan": ["type": "object"], "mistakes": mistakes],
      ],
      "done": [
        "description": "steps that are done", "type": "array", "maxItems": 10_000,
        "items": [
          "type": "object", "required": ["id", "tool"],
          "properties": [
            "id": id, "tool": id, "description": text,
            "list": ["description": "ran once for each item", "type": "boolean"],
          ],
        ],
      ],
      "failed": [
        "description": "the step that ended the plan before", "type": "object",
        "properties": ["step": id, "tool": id, "error": ["type": "object"]],
      ],
      "unverified": [
        "description": "why the result was no answer", "type": "object",
        "properties": ["reasons": ["type": "array", "items": text]],
      ],
      "taken_ids": ["type": "array", "maxItems": 10_000, "items": id],
    ],
  ]

  private static let by: JSON = [
    "type": "object",
    "properties": ["kind": ["type": "string"], "provider": ["type": "string"], "model": ["type": "string"]],
  ]

  static let plan: JSON = [
    "type": "object", "required": ["decision", "by", "tries"],
    "properties": [
      "decision": ["enum": ["plan", "recipe", "answer", "impossible"]],
      "plan": ["type": "object"],
      "recipe": ["type": "object", "properties": ["name": ["type": "string"], "parameters": ["type": "object"]]],
      "answer": ["type": "string"], "reason": ["type": "string"], "by": by, "tries": ["type": "integer"],
      "tokens": ["type": "object", "additionalProperties": ["type": "integer"]],
    ],
  ]

  static let material: JSON = [
    "type": "object", "required": ["request", "prompt"], "additionalProperties": false,
    "properties": [
      "request": text,
      "prompt": ["description": "what the answer is made of", "type": "string", "maxLength": 4_000_000],
      "role": role,
    ],
  ]

  static let answer: JSON = [
    "type": "object", "required": ["text", "by"], "properties": ["text": ["type": "string"], "by": by],
  ]

  static let result: JSON = [
    "type": "object", "required": ["request", "answer"], "additionalProperties": false,
    "properties": ["request": text, "answer": [:], "outputs": ["type": "object"]],
  ]

  static let verdict: JSON = [
    "type": "object", "required": ["verdict", "reasons"],
    "properties": [
      "verdict": ["enum": ["answers", "does_not", "unjudged"]],
      "reasons": ["type": "array", "items": ["type": "string"]], "by": by,
    ],
  ]
}
