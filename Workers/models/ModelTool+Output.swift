internal import JSON
internal import Models
internal import WorkerKit

/// What a caller gets of an answer.
extension ModelTool {
  func output(
    _ answer: Engine.Answer,
    _ question: Question,
    _ ledger: Ledger,
    isImitated: Bool
  ) -> JSON {
    let redact = engine.credentials.redact
    let response = answer.response
    let brief = answer.brief
    var output: JSONObject = [
      "content": .string(redact(response.text)), "stop": .string(response.stop.rawValue),
      "provider": .string(brief.provider.name), "model": .string(response.model ?? brief.model),
      "role": .string(answer.escalated == nil ? question.input.role : question.input.escalate ?? ""),
    ]
    // Safety: an answer whose value does not fit has not become one.
    if let structure = question.structure, response.toolUses.isEmpty, let value = try? structure.value(of: response) {
      output["value"] = redact(value)
    }
    if !response.toolUses.isEmpty {
      output["tool_calls"] = .array(
        response.toolUses.map {
          ["id": .string($0.id), "name": .string($0.name), "arguments": redact($0.arguments)]
        }
      )
    }
    if !response.reasoning.isEmpty { output["reasoning"] = .string(redact(response.reasoning)) }
    if !response.opaque.isEmpty {
      output["opaque"] = [
        "format": .string(brief.provider.format.rawValue), "items": .array(response.opaque.map { redact($0) }),
      ]
    }
    output["usage"] = ledger.usage.json
    if let cost = ledger.cost {
      output["cost"] = ["nano_usd": .integer(cost.nanodollars), "text": .string(cost.text)]
    }
    if brief.emulatesTools { output["emulated_tools"] = true }
    if brief.promptsSchema { output["schema_mode"] = .string(brief.quirks.schema.rawValue) }
    if brief.dropped + brief.cut > 0 {
      output["context"] = ["dropped": .integer(Int64(brief.dropped)), "cut": .integer(Int64(brief.cut))]
    }
    if isImitated { output["simulated_stream"] = true }
    if answer.attempts.count > 1 { output["attempts"] = .array(answer.attempts.map(\.json)) }
    output["escalated"] = answer.escalated?.json
    return .object(output)
  }
}

extension Models.ModelUsage {
  var json: JSON {
    var object: JSONObject = ["input_tokens": .integer(Int64(input)), "output_tokens": .integer(Int64(output))]
    if cached > 0 { object["cached_tokens"] = .integer(Int64(cached)) }
    if cacheWritten > 0 { object["cache_written_tokens"] = .integer(Int64(cacheWritten)) }
    if reasoning > 0 { object["reasoning_tokens"] = .integer(Int64(reasoning)) }
    if isEstimated { object["estimated"] = true }
    return .object(object)
  }
}

extension Engine.Attempt {
  var json: JSON {
    var object: JSONObject = [
      "provider": .string(provider), "model": .string(model), "milliseconds": .integer(milliseconds),
    ]
    if let error {
      object["error"] = .string(error.code.rawValue)
      object["message"] = .string(error.message)
      if let hint = error.hint { object["hint"] = .string(hint) }
      if let status = error.status { object["status"] = .integer(Int64(status)) }
    }
    return .object(object)
  }
}
