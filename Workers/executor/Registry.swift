internal import JSON
internal import WorkerKit

/// The functions as tools.
struct Registry: Sendable {
  private struct Entry: Sendable {
    let arguments: JSONSchema
    let output: JSONSchema
    let run: @Sendable (JSON) throws -> JSON

    init<F: Function>(_ function: F.Type) throws {
      arguments = try JSONSchema(F.arguments)
      output = try JSONSchema(F.output)
      run = { try F(Arguments($0)).run() }
    }
  }

  private let functions: [any Function.Type]
  private let entries: [String: Entry]

  /// An output stands for as long: it depends on nothing but the arguments and the program.
  private static let cacheTTLMS: Int64 = 86_400_000

  init(_ functions: [any Function.Type]) throws {
    self.functions = functions
    var entries: [String: Entry] = [:]
    for function in functions {
      entries[function.name] = try Entry(function)
    }
    self.entries = entries
  }

  func offer(by worker: Worker) {
    worker.tool(
      "function_call",
      "Calls a registered function: "
        + functions.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
        + ". Each is also a tool of its own.",
      input: schema,
      output: ["type": "object"],
      idempotent: true,
      pure: true,
      cacheTTLMS: Self.cacheTTLMS
    ) { call in
      try self.call(call.input["name"]?.stringValue ?? "", call.input["args"] ?? [:], at: "/args")
    }
    for function in functions {
      worker.tool(
        function.name,
        function.summary,
        input: function.arguments,
        output: function.output,
        idempotent: true,
        pure: true,
        cacheTTLMS: Self.cacheTTLMS
      ) { call in
        try self.call(function.name, call.input, at: "")
      }
    }
  }

  /// `if` and `then` for each function rather than `oneOf`: a mistake is told with its own path and what was due there,
  /// not as one of five ways in which five functions do not fit.
  private var schema: JSON {
    let choices = functions.map { function -> JSON in
      [
        "if": ["properties": ["name": ["const": .string(function.name)]], "required": ["name"]],
        "then": ["properties": ["args": function.arguments]],
      ]
    }
    return [
      "type": "object",
      "properties": [
        "name": ["enum": .array(functions.map { .string($0.name) }), "description": "The function."],
        "args": ["type": "object", "description": "Its arguments, by name."],
      ],
      "required": ["name", "args"],
      "additionalProperties": false,
      "allOf": .array(choices),
      "examples": [["name": "compute_tax", "args": ["amount": 100, "tax_rate": 0.08]]],
    ]
  }

  /// Throws `invalid_input` with every mistake, each with its path below `place`.
  func call(_ name: String, _ arguments: JSON, at place: String) throws -> JSON {
    guard let entry = entries[name] else {
      let known = functions.map { $0.name }.joined(separator: ", ")
      throw WireError(.invalidInput, "there is no function '\(name)': \(known)")
    }
    let mistakes = entry.arguments.violations(in: arguments)
    if let first = mistakes.first {
      let listed = mistakes.map { mistake -> JSON in
        ["path": .string(place + mistake.path), "message": .string(mistake.message)]
      }
      throw WireError(
        .invalidInput,
        "arguments of function '\(name)': \(first.message)",
        data: ["violations": .array(listed)]
      )
    }
    let output: JSON
    do {
      output = try entry.run(arguments)
    } catch {
      guard let error = error as? Decimal.ArithmeticError else { throw error }
      let what = error == .tooLong ? "a number has more than \(Decimal.longest) digits" : "a division by zero"
      throw WireError(.toolFailed, "function '\(name)': \(what)")
    }
    if let first = entry.output.violations(in: output, limit: 1).first {
      throw WireError(.internalError, "output of function '\(name)' breaks its own schema: \(first.message)")
    }
    return output
  }
}
