internal import ClientKit
internal import JSON

/// The exit codes of the program.
enum ExitCode {
  static let success: Int32 = 0
  static let failure: Int32 = 1
  static let usage: Int32 = 64
  static let unreachable: Int32 = 69
  static let bug: Int32 = 70
  static let interrupted: Int32 = 130

  // Of `exec`, beside the program's own.
  static let timeout: Int32 = 124
  static let setup: Int32 = 125
  static let refused: Int32 = 126
  static let noProgram: Int32 = 127
  static let limit: Int32 = 137
}

/// Why a command did not succeed: what, with which value, and what to do next.
struct Failure: Error {
  let name: String
  let message: String
  /// Further lines, such as each violation of an input.
  var details: [String] = []
  var hint: String?
  var exit = ExitCode.failure
  var data = JSONObject()

  init(_ name: String, _ message: String, details: [String] = [], hint: String? = nil) {
    self.name = name
    self.message = message
    self.details = details
    self.hint = hint
  }

  /// A value on the command line that its command cannot take.
  init(usage message: String) {
    self.init("usage", message)
    exit = ExitCode.usage
  }

  /// `subject` says what was being done: `tool 'echo'`.
  init(_ error: ClientError, _ subject: String? = nil) {
    name = error.code.rawValue
    message = (subject.map { "\($0): " } ?? "") + error.message
    hint = error.hint ?? Self.hint(for: error.code)
    details =
      Self.violations(error.data["violations"], whole: "input") + Self.violations(error.data["mistakes"], whole: "plan")
    data = error.data
    exit =
      error.meansUnreachable
      ? ExitCode.unreachable : error.code.rawValue == "internal_error" ? ExitCode.bug : ExitCode.failure
  }

  private static func violations(_ list: JSON?, whole: String) -> [String] {
    (list?.arrayValue ?? []).map { violation in
      let path = violation["path"]?.stringValue ?? ""
      let message = violation["message"]?.stringValue ?? violation.description
      return "\(path.isEmpty ? "(\(whole))" : path): \(message)"
    }
  }

  private static func hint(for code: ClientError.Code) -> String? {
    switch code.rawValue {
    case "unknown_tool": "'bulkhead tools' lists what is offered"
    case "invalid_input": "'bulkhead tools NAME' shows the schema of the input"
    case "invalid_plan": "nothing was started; 'bulkhead plan check FILE' tries a plan without running it"
    case "worker_lost": "'bulkhead logs' shows what the worker wrote before it ended"
    case "unavailable": "'bulkhead workers' shows the state of each worker"
    case "overloaded": "nothing was started; try again later"
    case "deadline_exceeded": "give it more time with --timeout"
    default: nil
    }
  }

  /// For `--json`.
  var document: JSON {
    var error: JSONObject = ["name": .string(name), "message": .string(message)]
    if let hint { error["hint"] = .string(hint) }
    if !data.isEmpty { error["data"] = .object(data) }
    return ["error": .object(error)]
  }
}
