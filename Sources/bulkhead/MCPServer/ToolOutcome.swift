internal import ClientKit
internal import JSON
internal import TerminalText

/// What a tool of the server answers: for programs, and for whoever reads.
struct ToolOutcome: Sendable {
  /// By the tool's output schema.
  var structured: JSONObject
  var text: String
  var isError = false

  init(_ structured: JSONObject, text: String, isError: Bool = false) {
    self.structured = structured
    self.text = text
    self.isError = isError
  }

  /// Data without a form of its own for readers.
  init(_ structured: JSONObject) {
    self.init(structured, text: JSON.object(structured).description)
  }

  /// Nothing came of it, and why.
  init(_ failure: Failure) {
    var lines = [failure.message] + failure.details.map { "  \($0)" }
    if let hint = failure.hint { lines.append("hint: \(hint)") }
    var structured = failure.document.objectValue ?? JSONObject()
    structured["state"] = "failed"
    self.init(structured, text: lines.joined(separator: "\n"), isError: true)
  }
}

extension Failure {
  /// What a caller gave that a tool cannot take.
  init(argument message: String, details: [String] = []) {
    self.init("invalid_arguments", message, details: details)
  }

  /// As of the command line, in the words of whoever cannot type commands.
  init(tool error: ClientError, _ subject: String? = nil) {
    self.init(error, subject)
    switch error.code.rawValue {
    case "unknown_tool": hint = "list_tools shows what is offered"
    case "invalid_input": hint = "list_tools with the tool's name shows the schema of its input"
    case "invalid_plan": hint = "nothing was started"
    case "deadline_exceeded": hint = "give it more time with timeout_ms"
    case "unreachable":
      hint = "a person starts the coordinator with 'bulkhead up'; the next call connects by itself"
    case "not_found": hint = error.data["job"] == nil ? hint : "submit_job and run_plan tell the ids of jobs"
    default: break
    }
  }
}

extension ToolOutcome {
  /// Something waits for a person; `job` is what get_job wants to see again.
  static func waiting(_ approval: Approval, job: String, outlives: Bool, _ state: JSONObject = [:]) -> ToolOutcome {
    let because = approval.rules.map { "\(visibleLine($0.name)): \(visibleLine($0.message))" }.joined(separator: "; ")
    let tool = approval.tool.map { " before it calls \(quoted($0))" } ?? " before anything of it runs"
    let reason = because.isEmpty ? "" : " because of \(because)"
    let until = outlives ? "" : " It waits as long as this connection is open."
    let text = """
      Not done yet: job '\(job)' waits for a person\(tool)\(reason).
      A person sees exactly what would run with:  bulkhead approvals \(approval.id)
      and decides with:  bulkhead approve \(approval.id)  or  bulkhead deny \(approval.id)
      Then get_job with {"job": "\(job)"} gives what came of it.\(until)
      """
    var structured = state
    structured["state"] = "waiting"
    if structured["job"] == nil { structured["job"] = .string(job) }
    structured["approval"] = approval.notice
    return ToolOutcome(structured, text: text)
  }
}

extension Approval {
  /// What somebody is told who cannot decide: which one it is, why, and how it is decided. What would run is shown to
  /// whoever decides.
  var notice: JSON {
    var object: JSONObject = ["id": .string(id), "kind": .string(kind), "job": .string(job), "state": .string(state)]
    if let tool { object["tool"] = .string(tool) }
    object["rules"] = .array(rules.map { ["name": .string($0.name), "message": .string($0.message)] })
    object["deadline_at"] = .integer(deadlineAt)
    object["show"] = .string("bulkhead approvals \(id)")
    object["approve"] = .string("bulkhead approve \(id)")
    object["deny"] = .string("bulkhead deny \(id)")
    return .object(object)
  }
}
