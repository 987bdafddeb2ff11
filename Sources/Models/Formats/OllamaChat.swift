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
    if let effort = request.effort { body["think"] = .bool(effort != "none") }
    var options = JSONObject()
    if let limit = request.maxTokens { options["num_predict"] = .integer(Int64(limit)) }
    if let temperature = request.temperature { options["temperature"] = JSON(quirks.clamped(temperature)) }
    if let topP = request.topP { options["top_p"] = JSON(topP) }
    if !request.stop.isEmpty { options["stop"] = .array(request.stop.map { .string($0) }) }
    if !options.isEmpty { body["options"] = .object(options) }
    return ("/api/chat", .object(quirks.applied(to: body)))
  }

  private static func messages(_ message: ModelMessage) -> [JSON] {
    let outcomes = message.toolOutcomes
    if !outcomes.isEmpty {
      return outcomes.map {
        ["role": "tool", "tool_name": .string($0.name), "tool_call_id": .string($0.id), "content": .string($0.text)]
      }
    }
    var object: JSONObject = ["role": .string(message.role.rawValue), "content": .string(message.text)]
    let images = message.parts.compactMap { part -> JSON? in
      if case .image(_, let data) = part { .string(data) } else { nil }
    }
    if !images.isEmpty { object["images"] = .array(images) }
    let uses = message.toolUses
    if !uses.isEmpty {
      object["tool_calls"] = .array(
        uses.map { ["id": .string($0.id), "function": ["name": .string($0.name), "arguments": $0.arguments]] }
      )
    }
    return [.object(object)]
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
      guard json["message"] != nil else { throw ModelError(.malformedReply, "the answer has no 'message'") }
      isDone = true
      if response.stop == .other { response.stop = .stop }
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard isDone else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish()
      if response.stop == .stop, !response.toolUses.isEmpty { response.stop = .toolCalls }
      return response
    }
  }
}
