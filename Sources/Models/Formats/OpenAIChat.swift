internal import JSON

/// OpenAI's chat completions, which most servers speak.
///
/// Source: the API reference and the `openai` Python library's types (August 2026); llama.cpp's, vLLM's and LM Studio's
/// differences are in `Quirks`.
enum OpenAIChat {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["messages"] = .array(request.messages.flatMap { messages($0, quirks) })
    if !request.tools.isEmpty {
      body["tools"] = .array(request.tools.map(tool))
      body["tool_choice"] = choice(request.toolChoice)
    }
    if let schema = request.schema { body["response_format"] = format(schema, quirks.schema) }
    if let limit = request.maxTokens { body[quirks.maxTokensMember] = .integer(Int64(limit)) }
    if let temperature = request.temperature { body["temperature"] = JSON(quirks.clamped(temperature)) }
    if let topP = request.topP { body["top_p"] = JSON(topP) }
    if !request.stop.isEmpty { body["stop"] = .array(request.stop.map { .string($0) }) }
    if let effort = request.effort { body["reasoning_effort"] = .string(effort) }
    if request.streams {
      body["stream"] = true
      if quirks.asksForStreamUsage { body["stream_options"] = ["include_usage": true] }
    }
    return ("/chat/completions", .object(quirks.applied(to: body)))
  }

  /// A message of ours may be several here: each tool's result is one of its own, before what else is said.
  private static func messages(_ message: ModelMessage, _ quirks: Quirks) -> [JSON] {
    if message.role == .assistant { return [answer(message, quirks)] }
    let results = message.toolOutcomes.map { outcome -> JSON in
      ["role": "tool", "tool_call_id": .string(outcome.id), "content": .string(outcome.text)]
    }
    let others = message.parts.compactMap(content)
    if others.isEmpty, !results.isEmpty || message.role == .tool { return results }
    let role = message.role == .tool ? ModelMessage.Role.user : message.role
    let hasImages = message.parts.contains {
      switch $0 {
      case .image, .imageURL: true
      default: false
      }
    }
    return results + [
      ["role": .string(role.rawValue), "content": hasImages ? .array(others) : .string(message.text)]
    ]
  }

  private static func answer(_ message: ModelMessage, _ quirks: Quirks) -> JSON {
    if quirks.returnsReasoning, let kept = message.kept(.openAIChat)?["choices"]?[0]?["message"] { return kept }
    let text = message.text
    let uses = message.toolUses
    var object: JSONObject = ["role": "assistant", "content": text.isEmpty && !uses.isEmpty ? .null : .string(text)]
    if !uses.isEmpty { object["tool_calls"] = .array(uses.map { call($0) }) }
    return .object(object)
  }

  static func call(_ use: ToolUse) -> JSON {
    [
      "id": .string(use.id), "type": "function",
      "function": ["name": .string(use.name), "arguments": .string(use.arguments.description)],
    ]
  }

  private static func content(_ part: ModelMessage.Part) -> JSON? {
    switch part {
    case .text(let text): ["type": "text", "text": .string(text)]
    case .image(let type, let data):
      ["type": "image_url", "image_url": ["url": .string("data:\(type);base64,\(data)")]]
    case .imageURL(let url): ["type": "image_url", "image_url": ["url": .string(url)]]
    case .toolUse, .toolResult, .opaque: nil
    }
  }

  private static func tool(_ tool: ToolOffer) -> JSON {
    [
      "type": "function",
      "function": [
        "name": .string(tool.name), "description": .string(tool.description), "parameters": tool.parameters,
      ],
    ]
  }

  private static func choice(_ choice: ToolChoice) -> JSON {
    switch choice {
    case .auto: "auto"
    case .none: "none"
    case .required: "required"
    case .named(let name): ["type": "function", "function": ["name": .string(name)]]
    }
  }

  private static func format(_ schema: JSON, _ mode: Quirks.SchemaMode) -> JSON? {
    switch mode {
    case .native:
      [
        "type": "json_schema",
        "json_schema": ["name": "answer", "schema": schema, "strict": .bool(StrictSchema.fits(schema))],
      ]
    case .object: ["type": "json_object"]
    case .prompt: nil
    }
  }
}
