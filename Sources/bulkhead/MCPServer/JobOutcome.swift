internal import ClientKit
internal import JSON
internal import TerminalText

/// How a job stands, or what came of it.
enum JobOutcome {
  /// Steps that an answer lists.
  private static let mostSteps = 500

  static func summary(_ job: JobSummary) -> JSONObject {
    var structured: JSONObject = ["state": .string(job.state), "job": .string(job.id), "title": .string(job.title)]
    structured["reason"] = job.reason
    return structured
  }

  static func of(
    _ report: JobReport,
    _ waiting: [Approval],
    _ question: JobQuestion,
    _ tools: ToolDesk
  ) async -> ToolOutcome {
    let job = report.job
    var structured = summary(job)
    var lines = [heading(job)]
    if let result = report.result, question.step == nil {
      let (shown, _) = await CallOutcome.shown(result, tools)
      structured["result"] = shown
      let words = result["synthesis"]?.stringValue ?? (result["outputs"] ?? result).description
      lines.append(await Excerpt.of(words, name: "result", limit: tools.outputLimit, tools.link).text)
    }
    // The steps of a call, and a step that was asked for, are looked at for their outputs.
    let isWhole = question.step != nil || job.kind == "call"
    var steps: [JSON] = []
    var room = isWhole ? Int.max : 4 * tools.outputLimit
    for step in report.steps.prefix(mostSteps) {
      var entry = self.entry(step)
      if question.hasPayloads, let input = step.input { entry["input"] = fitting(input, &room, tools) }
      if let output = step.output {
        if isWhole {
          let (shown, text) = await CallOutcome.shown(output, tools)
          entry["output"] = shown
          lines.append(text)
        } else if question.hasPayloads {
          entry["output"] = fitting(output, &room, tools)
        }
      }
      steps.append(.object(entry))
      if step.state == "failed" { lines.append("step '\(step.id)' failed: \(reasonText(step.error) ?? "?")") }
    }
    structured["steps"] = .array(steps)
    if report.steps.count > mostSteps {
      structured["omitted_steps"] = .integer(Int64(report.steps.count - mostSteps))
    }
    if let usage = report.usage { structured["usage"] = usage.json }
    if !waiting.isEmpty {
      structured["approvals"] = .array(waiting.map { $0.notice })
      lines += waiting.map { "\($0.id) waits for a person: 'bulkhead approve \($0.id)' or 'bulkhead deny \($0.id)'" }
    }
    let isError = job.state == "failed" || job.state == "cancelled"
    return ToolOutcome(structured, text: lines.joined(separator: "\n"), isError: isError)
  }

  /// A call of ours that goes on.
  static func unfinished(_ call: Work, _ id: String) -> ToolOutcome {
    if let approval = call.approval { return .waiting(approval, job: id, outlives: false) }
    return ToolOutcome(["state": "running", "job": .string(id)], text: "call '\(id)' is running")
  }

  private static func heading(_ job: JobSummary) -> String {
    let what = job.kind == "call" ? "call" : "job"
    let step = job.reason?["step"]?.stringValue.map { " at step '\($0)'" } ?? ""
    let why = reasonText(job.reason).map { ": \($0)" } ?? ""
    return "\(what) '\(job.id)' \(job.isFinal && job.state != "cancelled" ? job.state : "is \(job.state)")\(step)\(why)"
  }

  private static func entry(_ step: StepReport) -> JSONObject {
    var entry: JSONObject = ["id": .string(step.id), "tool": .string(step.tool), "state": .string(step.state)]
    if let item = step.item { entry["item"] = .integer(item) }
    entry["error"] = step.error
    entry["artifacts"] = step.artifacts
    return entry
  }

  /// The value, or how large it is where there is no room for it.
  private static func fitting(_ value: JSON, _ room: inout Int, _ tools: ToolDesk) -> JSON {
    let size = value.serialized().count
    guard size <= tools.outputLimit, size <= room else { return ["omitted_bytes": .integer(Int64(size))] }
    room -= size
    return value
  }
}
