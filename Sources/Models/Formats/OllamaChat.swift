internal import JSON

/// Ollama's own chat.
///
/// Source: Ollama's API documentation and types (August 2026).
enum OllamaChat {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["messages"] = .array(request.messages.flatMap(messages))
    // Its default is to stream.
    body["stream"] = .bool(request.streams)
    if !request.tools.isEmpty, request.toolChoice != .none {
      body["tools"] = .array(
        request.tools.map { tool in
          [
            "type": "function",
            "function": [
              "name": .string(tool.name), "description": .string(tool.description), "parameters": tool.parameters,
            ],
          ]
        }
      )
    }
    if let schema = request.schema, quirks.schema != .prompt {
      body["format"] = quirks.schema == .native ? schema : "json"
    }
    if let effort = request.effort { body["think"] = think(effort, model) }
    var options = JSONObject()
    if let limit = request.maxTokens { options["num_predict"] = .integer(Int64(limit)) }
    if let temperature = request.temperature { options["temperature"] = JSON(quirks.clamped(temperature)) }
    if let topP = request.topP { options["top_p"] = JSON(topP) }
    if !request.stop.isEmpty { options["stop"] = .array(request.stop.map { .string($0) }) }
    if !options.isEmpty { body["options"] = .object(options) }
    return ("/api/chat", .object(quirks.applied(to: body)))
  }

  /// Only gpt-oss knows degrees; for the others a degree is "on", and older servers refuse it.
  private static func think(_ effort: String, _ model: String) -> JSON {
    guard model.contains("gpt-oss") else { return .bool(effort != "none") }
    return ["medium", "high"].contains(effort) ? .string(effort) : "low"
  }

  /// Results come first, since they must follow their calls.
  private static func messages(_ message: ModelMessage) -> [JSON] {
    if message.role == .assistant { return [answer(message)] }
    let results = message.toolOutcomes.map { outcome -> JSON in
      [
        "role": "tool", "tool_name": .string(outcome.name), "tool_call_id": .string(outcome.id),
        "content": .string(outcome.text),
      ]
    }
    let text = message.text
    let images = message.parts.compactMap { part -> JSON? in
      if case .image(_, let data) = part { .string(data) } else { nil }
    }
    if text.isEmpty, images.isEmpty, !results.isEmpty || message.role == .tool { return results }
    let role = message.role == .tool ? ModelMessage.Role.user : message.role
    var object: JSONObject = ["role": .string(role.rawValue), "content": .string(text)]
    if !images.isEmpty { object["images"] = .array(images) }
    return results + [.object(object)]
  }

  private static func answer(_ message: ModelMessage) -> JSON {
    var object: JSONObject = ["role": "assistant", "content": .string(message.text)]
    if let thinking = message.kept(.ollama)?["message"]?["thinking"] { object["thinking"] = thinking }
    let uses = message.toolUses
    if !uses.isEmpty { object["tool_calls"] = .array(uses.map(call)) }
    return .object(object)
  }

  private static func call(_ use: ToolUse) -> JSON {
    ["id": .string(use.id), "function": ["name": .string(use.name), "arguments": use.arguments]]
  }
}

extension OllamaChat {
  struct Decoder: ReplyDecoder {
    private var response = ModelResponse()
    private var calls = ToolCallParts()
    private var callCount: Int64 = 0
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      if let model = record["model"]?.stringValue { response.model = model }
      if let message = record["message"] {
        if let text = message["content"]?.stringValue, !text.isEmpty {
          response.text += text
          emit(.text(text))
        }
        if let text = message["thinking"]?.stringValue, !text.isEmpty {
          response.reasoning += text
          emit(.reasoning(text))
        }
        for call in message["tool_calls"]?.arrayValue ?? [] {
          let function = call["function"]
          try calls.add(
            index: callCount,
            id: call["id"]?.stringValue,
            name: function?["name"]?.stringValue,
            arguments: function?["arguments"]
          )
          callCount += 1
        }
      }
      guard record["done"]?.boolValue == true else { return }
      isDone = true
      response.stop = record["done_reason"]?.stringValue == "length" ? .length : .stop
      if record["prompt_eval_count"] != nil || record["eval_count"] != nil {
        response.usage = ModelUsage(input: record.count("prompt_eval_count"), output: record.count("eval_count"))
      }
    }

    mutating func takeEndMark() {}

    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      try take(json, event: "") { _ in }
      guard json["message"]?.objectValue != nil else {
        throw ModelError(.malformedReply, "the answer has no 'message'")
      }
      isDone = true
      if response.stop == .other { response.stop = .stop }
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard isDone else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish(isCut: response.stop == .length)
      response.settleStop()
      keep()
      return response
    }

    /// A model that thought before it called a tool goes on with its thought.
    private mutating func keep() {
      guard !response.toolUses.isEmpty, !response.reasoning.isEmpty else { return }
      response.opaque = [
        [
          "message": [
            "thinking": .string(response.reasoning), "content": .string(response.text),
            "tool_calls": .array(response.toolUses.map(OllamaChat.call)),
          ]
        ]
      ]
    }
  }
}
