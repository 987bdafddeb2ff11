internal import JSON

/// Anthropic's messages.
///
/// Source: the `anthropic` Python library's types (August 2026).
enum AnthropicMessages {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["max_tokens"] = .integer(Int64(request.maxTokens ?? quirks.defaultMaxTokens))
    let system = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
    if !system.isEmpty { body["system"] = .string(system) }
    body["messages"] = .array(Turns.alternating(request.messages.filter { $0.role != .system }).map(message))
    if !request.tools.isEmpty, request.toolChoice != .none {
      body["tools"] = .array(
        request.tools.map {
          ["name": .string($0.name), "description": .string($0.description), "input_schema": $0.parameters]
        }
      )
      body["tool_choice"] = choice(request.toolChoice)
    }
    if let schema = request.schema, quirks.schema == .native {
      body["output_config"] = ["format": ["type": "json_schema", "schema": schema]]
    }
    if let effort = request.effort, effort != "none", effort != "minimal" {
      var config = body["output_config"]?.objectValue ?? JSONObject()
      config["effort"] = .string(effort)
      body["output_config"] = .object(config)
    }
    if let temperature = request.temperature { body["temperature"] = JSON(quirks.clamped(temperature)) }
    if let topP = request.topP { body["top_p"] = JSON(topP) }
    if !request.stop.isEmpty { body["stop_sequences"] = .array(request.stop.map { .string($0) }) }
    if request.streams { body["stream"] = true }
    return ("/messages", .object(quirks.applied(to: body)))
  }

  private static func message(_ message: ModelMessage) -> JSON {
    // Thinking comes first, as it came.
    let opaque = message.parts.filter { if case .opaque = $0 { true } else { false } }
    let others = message.parts.filter { if case .opaque = $0 { false } else { true } }
    let role = message.role == .assistant ? "assistant" : "user"
    return ["role": .string(role), "content": .array((opaque + others).compactMap(block))]
  }

  private static func block(_ part: ModelMessage.Part) -> JSON? {
    switch part {
    case .text(let text): text.isEmpty ? nil : ["type": "text", "text": .string(text)]
    case .image(let type, let data):
      ["type": "image", "source": ["type": "base64", "media_type": .string(type), "data": .string(data)]]
    case .imageURL(let url): ["type": "image", "source": ["type": "url", "url": .string(url)]]
    case .toolUse(let use):
      ["type": "tool_use", "id": .string(use.id), "name": .string(use.name), "input": use.arguments]
    case .toolResult(let outcome):
      [
        "type": "tool_result", "tool_use_id": .string(outcome.id), "content": .string(outcome.text),
        "is_error": .bool(outcome.isError),
      ]
    case .opaque(.anthropic, let json): json
    case .opaque: nil
    }
  }

  private static func choice(_ choice: ToolChoice) -> JSON {
    switch choice {
    case .auto, .none: ["type": "auto"]
    case .required: ["type": "any"]
    case .named(let name): ["type": "tool", "name": .string(name)]
    }
  }
}

extension AnthropicMessages {
  struct Decoder: ReplyDecoder {
    private struct Block {
      var json: JSON
      var text = ""
      var signature = ""
    }

    private static let blockLimit = 1024

    private var response = ModelResponse()
    private var calls = ToolCallParts()
    private var blocks: [Int64: Block] = [:]
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      let index = record["index"]?.integerValue ?? 0
      switch record["type"]?.stringValue ?? event {
      case "message_start": note(record["message"] ?? .null)
      case "content_block_start":
        if blocks.count == Self.blockLimit {
          throw ModelError(.malformedReply, "the answer holds more than \(Self.blockLimit) blocks")
        }
        try begin(index, record["content_block"] ?? .null, emit)
      case "content_block_delta": try add(index, record["delta"] ?? .null, emit)
      case "content_block_stop": end(index)
      case "message_delta":
        stop(record["delta"]?["stop_reason"]?.stringValue)
        usage(record["usage"])
      case "message_stop": isDone = true
      default: break
      }
    }

    mutating func takeEndMark() {}

    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      if let error = ProviderFailure.inBody(json) { throw error }
      guard let content = json["content"]?.arrayValue else {
        throw ModelError(.malformedReply, "the answer has no 'content'")
      }
      note(json)
      for (index, block) in content.enumerated() {
        try begin(Int64(index), block) { _ in }
        end(Int64(index))
      }
      stop(json["stop_reason"]?.stringValue)
      isDone = true
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard isDone else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish()
      return response
    }

    private mutating func note(_ message: JSON) {
      response.id = message["id"]?.stringValue
      response.model = message["model"]?.stringValue
      usage(message["usage"])
    }

    /// Counts in a stream are cumulative: the last ones hold.
    private mutating func usage(_ json: JSON?) {
      guard let json, json.objectValue != nil else { return }
      var usage = response.usage ?? ModelUsage()
      if json["input_tokens"] != nil {
        usage.cached = json.count("cache_read_input_tokens")
        usage.cacheWritten = json.count("cache_creation_input_tokens")
        usage.input = json.count("input_tokens") + usage.cached + usage.cacheWritten
      }
      if json["output_tokens"] != nil { usage.output = json.count("output_tokens") }
      response.usage = usage
    }

    private mutating func begin(
      _ index: Int64,
      _ block: JSON,
      _ emit: (ModelDelta) -> Void
    ) throws(ModelError) {
      blocks[index] = Block(json: block)
      switch block["type"]?.stringValue {
      case "text": try add(index, ["type": "text_delta", "text": block["text"] ?? ""], emit)
      case "thinking":
        try add(index, ["type": "thinking_delta", "thinking": block["thinking"] ?? ""], emit)
        blocks[index]?.signature = block["signature"]?.stringValue ?? ""
      case "tool_use":
        // In a stream the input begins as {} and comes in pieces.
        let input = block["input"]?.objectValue.flatMap { $0.isEmpty ? nil : JSON.object($0) }
        try calls.add(index: index, id: block["id"]?.stringValue, name: block["name"]?.stringValue, arguments: input)
      default: break
      }
    }

    private mutating func add(_ index: Int64, _ delta: JSON, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      switch delta["type"]?.stringValue {
      case "text_delta":
        guard let text = delta["text"]?.stringValue, !text.isEmpty else { return }
        response.text += text
        emit(.text(text))
      case "thinking_delta":
        guard let text = delta["thinking"]?.stringValue, !text.isEmpty else { return }
        blocks[index]?.text += text
        response.reasoning += text
        emit(.reasoning(text))
      case "signature_delta": blocks[index]?.signature += delta["signature"]?.stringValue ?? ""
      case "input_json_delta":
        try calls.add(index: index, id: nil, name: nil, arguments: delta["partial_json"])
      default: break
      }
    }

    private mutating func end(_ index: Int64) {
      guard let block = blocks[index] else { return }
      switch block.json["type"]?.stringValue {
      case "thinking":
        response.opaque.append(
          ["type": "thinking", "thinking": .string(block.text), "signature": .string(block.signature)]
        )
      case "redacted_thinking": response.opaque.append(block.json)
      default: break
      }
    }

    private mutating func stop(_ reason: String?) {
      switch reason {
      case "end_turn", "stop_sequence": response.stop = .stop
      case "max_tokens", "model_context_window_exceeded": response.stop = .length
      case "tool_use": response.stop = .toolCalls
      case "refusal": response.stop = .refusal
      default: break
      }
    }
  }
}
