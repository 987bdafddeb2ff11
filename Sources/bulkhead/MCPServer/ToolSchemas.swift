internal import JSON

/// What the tools of the server take and give, as JSON Schemas. Names and units are those of `protocol/`.
enum ToolSchemas {
  // MARK: Parts

  private static func text(_ description: String, atMost limit: Int64? = nil) -> JSON {
    var schema: JSONObject = ["type": "string", "description": .string(description)]
    if let limit { schema["maxLength"] = .integer(limit) }
    return .object(schema)
  }

  private static func count(_ description: String, _ least: Int64, _ most: Int64) -> JSON {
    [
      "type": "integer", "minimum": .integer(least), "maximum": .integer(most), "description": .string(description),
    ]
  }

  private static func texts(_ description: String) -> JSON {
    ["type": "array", "items": ["type": "string"], "maxItems": 4096, "description": .string(description)]
  }

  static func object(_ properties: JSONObject, required: [String] = [], closed: Bool = true) -> JSON {
    var schema: JSONObject = ["type": "object", "properties": .object(properties)]
    if !required.isEmpty { schema["required"] = .array(required.map { .string($0) }) }
    if closed { schema["additionalProperties"] = false }
    return .object(schema)
  }

  private static let needs: JSON = object([
    "read": texts("Absolute paths that may be read, with all below them."),
    "write": texts("Absolute paths that may be written, with all below them."),
    "programs": texts("Names or absolute paths of the programs that may be executed; absent: the tool's own."),
    "hosts": texts("'name:port' that may be reached; absent: none."),
    "environment": [
      "type": "object", "additionalProperties": ["type": "string"],
      "description": "Variables that the program starts with.",
    ],
    "profile": text("A named set of system calls."),
    "grade": text("The least jail that is acceptable: full, old-landlock or no-namespaces."),
  ]).describing("Privileges of this call alone. Nothing is granted that the operator does not permit.")

  private static let limits: JSON = object([
    "wall_ms": count("Elapsed time.", 1, 604_800_000),
    "cpu_ms": count("Processor time.", 1, 604_800_000),
    "memory_bytes": count("Memory of all its processes, workspace included.", 1, 1 << 50),
    "processes": count("Processes and threads.", 1, 1 << 22),
    "file_bytes": count("Size of one file.", 0, 1 << 50),
    "open_files": count("Open files of a process.", 3, 1 << 20),
    "output_bytes": count("Standard output and standard error, each.", 0, 1 << 40),
    "workspace_bytes": count("Everything in the workspace.", 0, 1 << 50),
  ]).describing("The most that this call may use.")

  private static let timeout = count("Stop it after this many milliseconds.", 1, 604_800_000)

  private static let files: JSON = [
    "type": "array", "maxItems": 256,
    "description": "Files in the workspace when the program starts, each with one of text, base64 and artifact.",
    "items": object(
      [
        "path": text("Relative to the workspace.", atMost: 1024), "text": text("Its contents."),
        "base64": text("Its contents, where they are no text."),
        "artifact": text("SHA-256 of an artifact that an earlier call named."),
      ],
      required: ["path"]
    ),
  ]

  private static let budget: JSON = object([
    "cost_nano_usd": count("Billionths of a US dollar.", 0, 1 << 60),
    "tokens": count("Tokens of language models.", 0, 1 << 60),
    "cpu_ms": count("Processor time.", 0, 1 << 50),
    "wall_ms": count("Elapsed time of what it runs.", 0, 1 << 50),
  ]).describing("The most that all of the job may use up.")

  private static let jobID = text("1 to 128 of A-Z a-z 0-9 _ . -; the same id with the same content is the same job.")
  private static let priority = count("0 to 9, 5 unless given; more is sooner.", 0, 9)
  private static let deadline = count("Cancel what still runs after this many milliseconds.", 1, 7_776_000_000)

  // MARK: Inputs

  static let runBash = object(
    [
      "command": text("A command line for bash -c.", atMost: 131_071),
      "cwd": text("Working folder; relative to the workspace, which it is unless given.", atMost: 4096),
      "env": [
        "type": "object", "additionalProperties": ["type": "string"], "maxProperties": 256,
        "description": "Variables of its environment.",
      ],
      "stdin": text("Standard input; empty unless given."),
      "files": files, "needs": needs, "limits": limits, "timeout_ms": timeout,
    ],
    required: ["command"]
  )

  static let runCode = object(
    [
      "code": text("Finds input_data in the variable 'input'; what 'output' holds at the end is the result."),
      "language": text("python (unless given), javascript, or one that the operator has described.", atMost: 64),
      "input_data": ["description": "Any JSON value; null unless given."],
      "files": files, "needs": needs, "limits": limits, "timeout_ms": timeout,
    ],
    required: ["code"]
  )

  static let callTool = object(
    [
      "name": text("The tool's name, as list_tools gives it.", atMost: 128),
      "input": ["type": "object", "description": "By the tool's input_schema; {} unless given."],
      "needs": needs, "limits": limits, "timeout_ms": timeout,
    ],
    required: ["name"]
  )

  private static let plan: JSON = [
    "type": "object", "required": ["steps"],
    "properties": [
      "steps": ["type": "array", "items": ["type": "object", "required": ["id", "tool"]]],
      "final_synthesis": ["description": "What becomes of the outputs at the end."],
    ],
    "description": .string(
      "{\"steps\": [{\"id\", \"tool\", \"input\", \"depends_on\"?, \"retry\"?, \"timeout_ms\"?, \"needs\"?, \"limits\"?, \"when\"?, \"for_each\"?}], \"final_synthesis\"?}. The text \"step:ID\" in an input stands for that step's output, \"step:ID#/pointer\" for a part of it."
    ),
  ]

  static let runPlan = object(
    ["plan": plan, "id": jobID, "priority": priority, "deadline_ms": deadline, "budget": budget],
    required: ["plan"]
  )

  static let submitJob = object([
    "plan": plan,
    "recipe": object(["name": text("Its name."), "parameters": ["type": "object"]], required: ["name"])
      .describing("A plan that the operator keeps under a name, with its parameters."),
    "request": object(
      [
        "text": text("What is to be done, in words.", atMost: 262_144),
        "mode": [
          "enum": ["auto", "direct", "system", "hybrid"], "description": "How it is carried out; auto unless given.",
        ],
        "type": text("What kind of request it is."),
        "requires_system_access": ["type": "boolean"], "requires_multi_step": ["type": "boolean"],
        "context": ["type": "object", "description": "What else is known about it."],
        "estimated_cost": ["type": "number", "minimum": 0, "description": "In US dollars."],
        "files": ["type": "array", "items": ["type": "object"], "description": "Artifacts that it is about."],
        "tools": texts("Tools that its plan may use, and only such."),
      ],
      required: ["text"]
    ).describing("A request in words, of which a planner makes a plan."),
    "id": jobID, "priority": priority, "deadline_ms": deadline, "budget": budget,
    "paused": ["type": "boolean", "description": "Accept it, and start nothing until a person resumes it."],
  ])

  static let getJob = object(
    [
      "job": text("The job's id, or that of a call.", atMost: 128),
      "wait_ms": count("Wait for its end, this long at most; 0 unless given.", 0, 600_000),
      "step": text("Only this step, with its items.", atMost: 128),
      "payloads": ["type": "boolean", "description": "With the inputs of steps; without them unless given."],
    ],
    required: ["job"]
  )

  static let listTools = object([
    "name": text("Only the tool of this name, with its schemas.", atMost: 128),
    "query": text("Only tools whose name, worker or description holds this text.", atMost: 256),
    "schemas": ["type": "boolean", "description": "With the schemas of inputs and outputs."],
    "cursor": text("Where the page before ended: its next_cursor.", atMost: 256),
    "limit": count("Tools on a page; 50 unless given.", 1, 200),
  ])

  // MARK: Outputs

  private static let approval: JSON = [
    "type": "object", "description": "What waits for a person, and how it is decided.",
    "properties": ["id": ["type": "string"], "approve": ["type": "string"], "deny": ["type": "string"]],
    "required": ["id"],
  ]

  private static let error: JSON = [
    "type": "object", "required": ["name", "message"],
    "properties": ["name": ["type": "string"], "message": ["type": "string"], "hint": ["type": "string"]],
    "description": "Why nothing came of it.",
  ]

  private static let callState: JSON = [
    "enum": ["finished", "waiting", "failed"],
    "description": "waiting: for a person; get_job with 'job' gives what came of it.",
  ]

  private static let stream: JSON = [
    "type": "object", "required": ["text", "truncated"],
    "properties": [
      "text": ["type": "string"], "truncated": ["type": "boolean", "description": "It went beyond output_bytes."],
      "artifact": ["type": "string", "description": "All of it, where text is only a part."],
    ],
  ]

  private static let artifacts: JSON = [
    "type": "array", "items": ["type": "object", "required": ["artifact", "bytes"]],
    "description": "Files that it left: {artifact, bytes, media_type, name}.",
  ]

  static let runResult = object(
    [
      "state": callState, "job": text("The id of the call."),
      "reason": text("ok, nonzero_exit, signal, timeout, memory_limit, …"),
      "exit": ["type": "object", "description": "{code} or {signal, name}."],
      "stdout": stream, "stderr": stream,
      "output": ["description": "Of run_code: what the variable 'output' held."],
      "limits_hit": ["type": "array", "items": ["type": "string"]],
      "denials": ["type": "array", "items": ["type": "object"]],
      "artifacts": artifacts, "receipt": ["type": "object"], "approval": approval, "error": ["type": "object"],
    ],
    required: ["state"],
    closed: false
  )

  static let callResult = object(
    [
      "state": callState, "job": text("The id of the call."),
      "output": ["description": "By the tool's output_schema; {omitted_bytes, artifact} where it is large."],
      "failure": text("Why what was run did not succeed although it has an output."),
      "artifacts": artifacts, "receipt": ["type": "object"], "approval": approval, "error": error,
    ],
    required: ["state"],
    closed: false
  )

  static let jobResult = object(
    [
      "state": [
        "type": "string",
        "description":
          "queued, running, waiting, paused, cancelling, succeeded, failed or cancelled; failed with 'error' and no 'job': nothing was started.",
      ],
      "job": text("The job's id."), "existing": ["type": "boolean", "description": "It was accepted before."],
      "title": ["type": "string"], "reason": ["type": "object", "description": "Why it waits or failed."],
      "result": ["type": "object", "description": "outputs of the last steps by id, and synthesis."],
      "steps": ["type": "array", "items": ["type": "object", "required": ["id", "tool", "state"]]],
      "usage": ["type": "object"], "approvals": ["type": "array", "items": approval], "approval": approval,
      "error": error,
    ],
    required: ["state"],
    closed: false
  )

  static let toolList = object(
    [
      "tools": [
        "type": "array",
        "items": [
          "type": "object", "required": ["name", "worker", "description"],
          "properties": [
            "name": ["type": "string"], "worker": ["type": "string"], "description": ["type": "string"],
            "input_schema": ["type": "object"], "output_schema": ["type": "object"],
          ],
        ],
      ],
      "total": ["type": "integer"], "next_cursor": ["type": "string"], "error": error,
    ],
    closed: false
  )
}

extension JSON {
  /// The schema with words about it.
  fileprivate func describing(_ words: String) -> JSON {
    guard case .object(var object) = self else { return self }
    object["description"] = .string(words)
    return .object(object)
  }
}
