internal import JSON
internal import WorkerKit

/// What the tools take and give. `output` is `protocol/schema/run-result.json` without its prose.
enum Schemas {
  private static let files: JSON = [
    "type": "array",
    "maxItems": 256,
    "description": "Files in the workspace when the program starts.",
    "items": [
      "type": "object",
      "properties": [
        "path": ["type": "string", "minLength": 1, "maxLength": 1024, "description": "Relative to the workspace."],
        "text": ["type": "string"],
        "base64": ["type": "string"],
        "artifact": ["type": "string", "pattern": "^[0-9a-f]{64}$", "description": "SHA-256 of an artifact."],
      ],
      "required": ["path"],
      "oneOf": [["required": ["text"]], ["required": ["base64"]], ["required": ["artifact"]]],
      "additionalProperties": false,
    ],
  ]

  static let bash: JSON = [
    "type": "object",
    "properties": [
      "command": [
        "type": "string", "minLength": 1, "maxLength": 131071, "description": "A command line for bash -c.",
      ],
      "cwd": [
        "type": "string", "minLength": 1, "maxLength": 4096, "pattern": "^[^\\x00]*$",
        "description": "Working folder; relative to the workspace, which it is unless said.",
      ],
      "env": [
        "type": "object",
        "description": "Variables, besides PATH, HOME, TMPDIR, LANG and SHELL.",
        "propertyNames": ["pattern": "^[A-Za-z_][A-Za-z0-9_]{0,127}$"],
        "additionalProperties": ["type": "string", "pattern": "^[^\\x00]*$", "maxLength": 131072],
        "maxProperties": 256,
      ],
      "stdin": ["type": "string", "description": "Standard input; empty unless said."],
      "files": files,
    ],
    "required": ["command"],
    "additionalProperties": false,
  ]

  static let code: JSON = [
    "type": "object",
    "properties": [
      "code": [
        "type": "string",
        "description": "Finds its input in the variable 'input', leaves its result in the variable 'output'.",
      ],
      "input_data": ["description": "Any JSON value; null unless said."],
      "language": [
        "type": "string", "minLength": 1, "maxLength": 64, "default": "python",
        "description": "python, javascript, or one that the configuration describes.",
      ],
      "files": files,
    ],
    "required": ["code"],
    "additionalProperties": false,
  ]

  static let bashResult = result([:])

  static let codeResult = result([
    "output": ["description": "What the variable 'output' held at the end; null if it was not set."],
    "error": [
      "type": "object",
      "description": "Why there is no output: an exception, or an output that is not JSON or too large.",
      "properties": [
        "name": ["enum": ["exception", "output_not_json", "output_too_large"]],
        "type": ["type": "string"],
        "message": ["type": "string"],
        "line": ["type": "integer", "minimum": 1],
      ],
      "required": ["name", "message"],
      "additionalProperties": false,
    ],
  ])

  private static let stream: JSON = [
    "type": "object",
    "properties": ["text": ["type": "string"], "truncated": ["type": "boolean"]],
    "required": ["text", "truncated"],
    "additionalProperties": false,
  ]

  private static func result(_ more: JSONObject) -> JSON {
    var properties: JSONObject = [
      "reason": [
        "enum": [
          "ok", "nonzero_exit", "signal", "timeout", "cpu_limit", "memory_limit", "output_limit", "process_limit",
          "workspace_limit", "syscall_denied", "cancelled", "setup_failed", "worker_lost",
        ]
      ],
      "grade": ["type": "string"],
      "exit": [
        "type": "object",
        "properties": [
          "code": ["type": "integer", "minimum": 0, "maximum": 255],
          "signal": ["type": "integer", "minimum": 1, "maximum": 64], "name": ["type": "string"],
        ],
        "additionalProperties": false,
      ],
      "stdout": stream,
      "stderr": stream,
      "limits_hit": [
        "type": "array", "uniqueItems": true,
        "items": [
          "enum": [
            "wall_ms", "cpu_ms", "memory_bytes", "processes", "file_bytes", "open_files", "output_bytes",
            "workspace_bytes",
          ]
        ],
      ],
      "denials": ["type": "array", "maxItems": 256, "items": ["type": "object", "required": ["kind", "exact"]]],
      "artifacts": [
        "type": "array", "maxItems": 256, "items": ["type": "object", "required": ["artifact", "bytes"]],
      ],
      "skipped": [
        "type": "array", "maxItems": 256, "items": ["type": "string"],
        "description": "Files in the workspace that are no artifacts: too many, too large, or no plain files.",
      ],
      "network": ["type": "object", "additionalProperties": ["type": "integer", "minimum": 0]],
      "receipt": ["type": "object", "additionalProperties": ["type": "integer", "minimum": 0]],
      "setup": [
        "type": "object",
        "properties": ["stage": ["type": "string"], "errno": ["type": "integer"], "path": ["type": "string"]],
        "required": ["stage", "errno"],
        "additionalProperties": false,
      ],
    ]
    for member in more.members { properties[member.key] = member.value }
    return [
      "type": "object",
      "properties": .object(properties),
      "required": ["reason", "stdout", "stderr", "limits_hit", "denials", "artifacts", "receipt"],
      "additionalProperties": false,
    ]
  }
}
