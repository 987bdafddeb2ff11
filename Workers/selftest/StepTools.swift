internal import Glibc
internal import JSON
internal import WorkerKit

/// Tools that add numbers up, so that what comes out of a plan can be foretold.
enum StepTools {
  static let input: JSON = [
    "type": "object",
    "properties": [
      "add": ["type": "integer"], "of": ["type": "array", "items": ["type": "integer"]],
      "sleep_ms": ["type": "integer", "minimum": 0, "maximum": 600_000], "fail_first": ["type": "integer"],
    ],
    "required": ["add"],
    "additionalProperties": false,
  ]
  static let output: JSON = [
    "type": "object", "properties": ["value": ["type": "integer"]], "required": ["value"],
  ]

  static func add(to worker: Worker) {
    worker.tool("count", "Adds up; may run again.", input: input, output: output, idempotent: true) { call in
      try Executions.note(call)
      try pause(call)
      if call.attempt <= call.input["fail_first"]?.integerValue ?? 0 {
        throw WireError(.toolFailed, "attempt \(call.attempt) fails as it was told to")
      }
      return ["value": .integer(sum(call))]
    }
    worker.tool("once", "Adds up; must not run twice.", input: input, output: output) { call in
      try Executions.note(call)
      try pause(call)
      return ["value": .integer(sum(call))]
    }
    worker.tool("asked", "Adds up when somebody has agreed; must not run twice.", input: input, output: output) {
      call in
      try Executions.note(call)
      try pause(call)
      return ["value": .integer(sum(call))]
    }
    worker.tool("pure", "Adds up, and does nothing else.", input: input, output: output, idempotent: true, pure: true) {
      call in
      try Executions.note(call)
      return ["value": .integer(sum(call))]
    }
    worker.tool("nest", "Has others add up.", input: input, output: output, idempotent: true) {
      try await pass($0, to: ["once", "count"])
    }
    worker.tool("delegate", "Has one add up who asks.", input: input, output: output, idempotent: true) {
      try await pass($0, to: ["asked"])
    }
    worker.tool("deep", "Has one add up that has others add up.", input: input, output: output, idempotent: true) {
      try await pass($0, to: ["nest"])
    }
  }

  private static func pass(_ call: Call, to tools: [String]) async throws -> JSON {
    try Executions.note(call)
    var total = sum(call)
    for tool in tools {
      let part: JSON = ["add": call.input["add"] ?? 0, "sleep_ms": call.input["sleep_ms"] ?? 0]
      total += try await call.call(tool, part).output["value"]?.integerValue ?? 0
    }
    return ["value": .integer(total % modulus)]
  }

  static let modulus: Int64 = 1_000_003

  static func sum(_ call: Call) -> Int64 {
    let parts = call.input["of"]?.arrayValue?.compactMap(\.integerValue) ?? []
    return parts.reduce((call.input["add"]?.integerValue ?? 0) % modulus) { ($0 + $1 % modulus) % modulus }
  }

  /// In small parts, so that a cancelled call ends.
  static func pause(_ call: Call) throws {
    var rest = call.input["sleep_ms"]?.integerValue ?? 0
    while rest > 0 {
      usleep(UInt32(min(rest, 20)) * 1_000)
      rest -= 20
      if call.isCancelled { throw WireError(.cancelled, "stopped") }
    }
  }
}
