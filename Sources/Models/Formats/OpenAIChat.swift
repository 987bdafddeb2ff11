internal import JSON

/// OpenAI's chat completions, which most servers speak.
///
/// Source: the API reference and the `openai` Python library's types (August 2026); llama.cpp's, vLLM's and LM Studio's
/// differences are in `Quirks`.
enum OpenAIChat {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["messages"] = .array(request.messages.flatMap(messages))
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

  /// A message of ours may be several here: each tool's result is one of its own.
  private static func messages(_ message: ModelMessage) -> [JSON] {
    let outcomes = message.toolOutcomes
    if !outcomes.isEmpty {
      return outcomes.map { ["role": "tool", "tool_call_id": .string($0.id), "content": .string($0.text)] }
    }
    var object: JSONObject = ["role": .string(message.role.rawValue)]
    let hasImages = message.parts.contains {
      switch $0 {
      case .image, .imageURL: true
      default: false
      }
    }
    if hasImages {
      object["content"] = .array(message.parts.compactMap(content))
    } else {
      let text = message.text
      object["content"] = text.isEmpty && !message.toolUses.isEmpty ? .null : .string(text)
    }
    let uses = message.toolUses
    if !uses.isEmpty {
      object["tool_calls"] = .array(
        uses.map { use in
          [
            "id": .string(use.id), "type": "function",
            "function": ["name": .string(use.name), "arguments": .string(use.arguments.description)],
          ]
        }
      )
    }
    return [.object(object)]
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

extension OpenAIChat {
  struct Decoder: ReplyDecoder {
    private var response = ModelResponse()
    private var calls = ToolCallParts()
    private var hasEnded = false
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      note(record)
      guard let choice = record["choices"]?[0] else { return }
      if let delta = choice["delta"] { try take(delta, emit) }
      if let reason = choice["finish_reason"]?.stringValue { end(reason) }
    }

    mutating func takeEndMark() {
      hasEnded = true
      isDone = true
    }

    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      if let error = ProviderFailure.inBody(json) { throw error }
      note(json)
      guard let choice = json["choices"]?[0], let message = choice["message"] else {
        throw ModelError(.malformedReply, "the answer has no 'choices' with a 'message'")
      }
      try take(message) { _ in }
      end(choice["finish_reason"]?.stringValue ?? "")
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard hasEnded else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish()
      if response.stop == .stop, !response.toolUses.isEmpty { response.stop = .toolCalls }
      return response
    }

    /// What stands beside the choices.
    private mutating func note(_ json: JSON) {
      if let id = json["id"]?.stringValue, !id.isEmpty { response.id = id }
      if let model = json["model"]?.stringValue, !model.isEmpty { response.model = model }
      guard let usage = json["usage"], usage.objectValue != nil else { return }
      response.usage = ModelUsage(
        input: usage.count("prompt_tokens"),
        output: usage.count("completion_tokens"),
        cached: usage["prompt_tokens_details"]?.count("cached_tokens") ?? 0,
        reasoning: usage["completion_tokens_details"]?.count("reasoning_tokens") ?? 0
      )
    }

    /// A delta of a stream, or a whole message.
    private mutating func take(_ delta: JSON, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let text = delta["content"]?.stringValue, !text.isEmpty {
        response.text += text
        emit(.text(text))
      }
      if let text = delta["refusal"]?.stringValue, !text.isEmpty {
        response.text += text
        response.stop = .refusal
        emit(.text(text))
      }
      // DeepSeek's and vLLM's names for it.
      if let text = delta["reasoning_content"]?.stringValue ?? delta["reasoning"]?.stringValue, !text.isEmpty {
        response.reasoning += text
        emit(.reasoning(text))
      }
      for (place, call) in (delta["tool_calls"]?.arrayValue ?? []).enumerated() {
        let function = call["function"]
        try calls.add(
          index: call["index"]?.integerValue ?? Int64(place),
          id: call["id"]?.stringValue,
          name: function?["name"]?.stringValue,
          arguments: function?["arguments"]
        )
      }
    }

    private mutating func end(_ reason: String) {
      hasEnded = true
      switch reason {
      case "stop": if response.stop == .other { response.stop = .stop }
      case "length": response.stop = .length
      case "tool_calls", "function_call": response.stop = .toolCalls
      case "content_filter": response.stop = .contentFilter
      default: break
      }
    }
  }
}
