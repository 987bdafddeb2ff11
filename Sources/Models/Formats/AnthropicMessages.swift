internal import JSON

/// Anthropic's messages.
///
/// Source: the `anthropic` Python library's types (August 2026).
enum AnthropicMessages {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["max_tokens"] = .integer(Int64(request.maxTokens ?? quirks.defaultMaxTokens))
    let (system, rest) = Turns.split(request.messages)
    if !system.isEmpty { body["system"] = .string(system) }
    body["messages"] = .array(
      Turns.alternating(rest, blocks).map { turn in
        ["role": turn.isAnswer ? "assistant" : "user", "content": .array(turn.pieces)]
      }
    )
    if !request.tools.isEmpty {
      body["tools"] = .array(
        request.tools.map {
          ["name": .string($0.name), "description": .string($0.description), "input_schema": $0.parameters]
        }
      )
      body["tool_choice"] = choice(request.toolChoice)
    }
    if let schema = request.schema, quirks.schema == .native {
      body["output_config"] = ["format": ["type": "json_schema", "schema": ClosedSchema.of(schema)]]
    }
    if let effort = request.effort, effort != "none", effort != "minimal" {
      var config = body["output_config"]?.objectValue ?? JSONObject()
      config["effort"] = .string(effort)
      body["output_config"] = .object(config)
    }
    // Newer models refuse both at once, and all refuse more than 1.
    if let temperature = request.temperature {
      body["temperature"] = JSON(min(quirks.clamped(temperature), 1))
    } else if let topP = request.topP {
      body["top_p"] = JSON(topP)
    }
    if !request.stop.isEmpty { body["stop_sequences"] = .array(request.stop.map { .string($0) }) }
    if request.streams { body["stream"] = true }
    return ("/messages", .object(quirks.applied(to: body)))
  }

  private static func blocks(_ message: ModelMessage) -> [JSON] {
    if let kept = message.kept(.anthropic)?["content"]?.arrayValue {
      return kept.filter { $0["text"]?.stringValue?.allSatisfy(\.isWhitespace) != true }
    }
    // Changed since: thinking still has to begin an answer that calls tools.
    let thinking = (message.opaque(.anthropic)?["content"]?.arrayValue ?? []).filter {
      ["thinking", "redacted_thinking"].contains($0["type"]?.stringValue)
    }
    let said = message.parts.compactMap(block)
    return said.isEmpty ? [] : thinking + said
  }

  private static func block(_ part: ModelMessage.Part) -> JSON? {
    switch part {
    case .text(let text):
      // A text of nothing but white space is refused.
      if text.allSatisfy(\.isWhitespace) { return nil }
      return ["type": "text", "text": .string(text)]
    case .image(let type, let data):
      return ["type": "image", "source": ["type": "base64", "media_type": .string(type), "data": .string(data)]]
    case .imageURL(let url): return ["type": "image", "source": ["type": "url", "url": .string(url)]]
    case .toolUse(let use): return toolUse(use)
    case .toolResult(let outcome):
      return [
        "type": "tool_result", "tool_use_id": .string(outcome.id), "content": .string(outcome.text),
        "is_error": .bool(outcome.isError),
      ]
    case .opaque: return nil
    }
  }

  static func toolUse(_ use: ToolUse) -> JSON {
    ["type": "tool_use", "id": .string(use.id), "name": .string(use.name), "input": use.arguments]
  }

  private static func choice(_ choice: ToolChoice) -> JSON {
    switch choice {
    case .auto: ["type": "auto"]
    case .none: ["type": "none"]
    case .required: ["type": "any"]
    case .named(let name): ["type": "tool", "name": .string(name)]
    }
  }
}
