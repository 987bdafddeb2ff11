internal import ClientKit
internal import JSON

/// What a call of any tool gave.
enum CallOutcome {
  static func of(_ result: ToolResult, _ tools: ToolDesk) async -> ToolOutcome {
    var structured: JSONObject = ["state": "finished"]
    if let job = result.job { structured["job"] = .string(job) }
    let (output, text) = await shown(result.output, tools)
    structured["output"] = output
    if let failure = result.failure { structured["failure"] = .string(failure) }
    if !result.artifacts.isEmpty { structured["artifacts"] = .array(result.artifacts.map(\.json)) }
    if let receipt = result.receipt { structured["receipt"] = receipt.json }
    var lines = [text]
    if let failure = result.failure { lines.append("[failed: \(failure)]") }
    lines += artifactLines(result.artifacts)
    return ToolOutcome(structured, text: lines.joined(separator: "\n"), isError: result.failure != nil)
  }

  /// The output as it is, or what stands for a large one; and as text.
  static func shown(_ output: JSON, _ tools: ToolDesk) async -> (JSON, String) {
    let text = output.stringValue ?? output.description
    let excerpt = await Excerpt.of(text, name: "output", limit: tools.outputLimit, tools.link)
    guard excerpt.isPart else { return (output, text) }
    var object: JSONObject = ["omitted_bytes": .integer(Int64(text.utf8.count))]
    if let artifact = excerpt.artifact { object["artifact"] = .string(artifact.sha256) }
    return (.object(object), excerpt.text)
  }

  static func artifactLines(_ artifacts: [Artifact]) -> [String] {
    artifacts.map { "[left \(Console.printable($0.name)), \($0.bytes) bytes: artifact \($0.sha256)]" }
  }
}

/// What a jailed run gave, as a terminal would have shown it.
enum RunOutcome {
  static func of(_ result: ToolResult, _ tools: ToolDesk) async -> ToolOutcome {
    guard case .object(var structured) = result.output else { return await CallOutcome.of(result, tools) }
    let record = ExecRecord(result.output)
    var lines: [String] = []
    for (name, label) in [("stdout", ""), ("stderr", "[standard error]")] {
      let whole = result.output[name]?["text"]?.stringValue ?? ""
      let excerpt = await Excerpt.of(whole, name: name, limit: tools.outputLimit, tools.link)
      if excerpt.isPart, case .object(var stream)? = structured[name] {
        stream["text"] = .string(excerpt.text)
        if let artifact = excerpt.artifact { stream["artifact"] = .string(artifact.sha256) }
        structured[name] = .object(stream)
      }
      if excerpt.text.isEmpty { continue }
      if !label.isEmpty { lines.append(label) }
      lines.append(excerpt.text.hasSuffix("\n") ? String(excerpt.text.dropLast()) : excerpt.text)
    }
    if let output = record.output {
      let (shown, text) = await CallOutcome.shown(output, tools)
      structured["output"] = shown
      lines.append("[output] \(text)")
    }
    lines += record.remarks.map { "[\($0)]" }
    lines += CallOutcome.artifactLines(result.artifacts)
    lines.append("[\(record.ending ?? record.ownCode.map { "exit code \($0)" } ?? "ended")]")
    structured["state"] = "finished"
    if let job = result.job { structured["job"] = .string(job) }
    // A program that ended by itself has done what it was asked, whatever its exit code says.
    let isError = record.ownCode == nil || result.output["error"] != nil
    return ToolOutcome(structured, text: lines.joined(separator: "\n"), isError: isError)
  }
}
