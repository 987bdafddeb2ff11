internal import JSON
internal import Posix

/// What a run answered, read leniently: later records may say more.
struct ExecRecord: Sendable {
  private let json: JSON

  init(_ json: JSON) { self.json = json }

  var standardOutput: String { json["stdout"]?["text"]?.stringValue ?? "" }
  var standardError: String { json["stderr"]?["text"]?.stringValue ?? "" }
  /// What the code left in `output`.
  var output: JSON? {
    guard let output = json["output"], output != JSON.null else { return Optional.none }
    return output
  }

  private var reason: String { json["reason"]?.stringValue ?? "" }
  var ownCode: Int32? { json["exit"]?["code"]?.integerValue.flatMap { Int32(exactly: $0) } }
  private var signal: Int32? { json["exit"]?["signal"]?.integerValue.flatMap { Int32(exactly: $0) } }
  private var limits: [String] { json["limits_hit"]?.arrayValue?.compactMap(\.stringValue) ?? [] }

  /// A program that ended by itself has the last word, whatever it met before.
  var exitCode: Int32 {
    switch reason {
    case "timeout": return ExitCode.timeout
    case "setup_failed": return ExitCode.setup
    case "cancelled": return ExitCode.interrupted
    case "cpu_limit", "memory_limit", "output_limit": return ExitCode.limit
    default: break
    }
    if let ownCode, ownCode != 0 { return ownCode & 0xFF }
    if ownCode == 0, reason == "ok" { return json["error"] == nil ? ExitCode.success : ExitCode.failure }
    switch reason {
    case "syscall_denied": return ExitCode.refused
    case "process_limit", "workspace_limit": return ExitCode.limit
    default: return signal.map { 128 &+ ($0 & 0x7F) } ?? ExitCode.failure
    }
  }

  /// A line on standard error for each thing that the program's own words do not say.
  func explain(_ console: Console) {
    for remark in remarks { console.note("bulkhead: \(remark)") }
    if let text = ending { console.complain(text) }
  }

  /// What the program's own words do not say, but for its end; each one line.
  var remarks: [String] {
    var remarks: [String] = []
    // A program that succeeded did without what it was refused.
    let refused = json["denials"]?.arrayValue?.filter { $0["kind"] != "limit" } ?? []
    let denials = exitCode == ExitCode.success ? [] : refused
    for denial in denials.prefix(16) {
      let what = denial["syscall"]?.stringValue ?? denial["path"]?.stringValue ?? denial["kind"]?.stringValue ?? "?"
      let kind = denial["kind"]?.stringValue == "syscall" ? "system call " : ""
      let count = denial["count"]?.integerValue ?? 1
      remarks.append("refused \(kind)\(quoted(what))" + (count > 1 ? ", \(count) times" : ""))
    }
    if let grade = json["grade"]?.stringValue, grade != "full" {
      remarks.append("ran in a jail of the grade \(quoted(grade))")
    }
    remarks += limits.prefix(16).map { "reached limit '\($0)'" }
    for (name, member) in [("standard output", "stdout"), ("standard error", "stderr")]
    where json[member]?["truncated"] == true {
      remarks.append("\(name) was cut")
    }
    if let error = json["error"], error["name"]?.stringValue != "exception" {
      let message = error["message"]?.stringValue ?? "there is no output"
      // The interpreter's own bootstrap says it too.
      if !standardError.contains(message) { remarks.append(message) }
    }
    return remarks.map { Self.oneLine($0) }
  }

  private static func oneLine(_ text: String) -> String {
    Console.printable(String(text.map { $0.isNewline ? " " : $0 }))
  }

  /// How it ended, where its exit code does not tell.
  var ending: String? {
    switch reason {
    case "ok", "nonzero_exit": return nil
    case "signal":
      let number = signal.map { "\($0)" } ?? "?"
      return "ended by signal \(Self.oneLine(json["exit"]?["name"]?.stringValue ?? number))"
    case "timeout": return "ended because it ran out of time"
    case "setup_failed":
      let stage = json["setup"]?["stage"]?.stringValue ?? "?"
      let why = json["setup"]?["errno"]?.integerValue.flatMap { Int32(exactly: $0) }.map(errnoMessage) ?? "unknown"
      if stage == "working_folder" { return "its working folder cannot be entered: \(why)" }
      let path = json["setup"]?["path"]?.stringValue.map { " \(quoted(Self.oneLine($0)))" } ?? ""
      return "the jail could not be set up: stage '\(Self.oneLine(stage))'\(path): \(why); see 'bulkhead doctor'"
    case "syscall_denied": return ownCode == nil ? "ended by a refused system call" : Optional.none
    default:
      let limit = reason.hasSuffix("_limit") ? "ended at its limit of \(reason.dropLast(6))" : "ended: \(reason)"
      return Self.oneLine(limit)
    }
  }
}
