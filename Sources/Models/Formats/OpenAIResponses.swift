internal import JSON

/// OpenAI's responses, without state on their side (`store: false`).
///
/// Source: the API reference and the `openai` Python library's types (August 2026).
enum OpenAIResponses {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["store"] = false
    let instructions = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
    if !instructions.isEmpty { body["instructions"] = .string(instructions) }
    body["input"] = .array(request.messages.filter { $0.role != .system }.flatMap(items))
    if !request.tools.isEmpty {
      body["tools"] = .array(
        request.tools.map {
          [
            "type": "function", "name": .string($0.name), "description": .string($0.description),
            "parameters": $0.parameters, "strict": .bool(StrictSchema.fits($0.parameters)),
          ]
        }
      )
      body["tool_choice"] = choice(request.toolChoice)
    }
    if let schema = request.schema {
      switch quirks.schema {
      case .native:
        body["text"] = [
          "format": [
            "type": "json_schema", "name": "answer", "schema": schema, "strict": .bool(StrictSchema.fits(schema)),
          ]
        ]
      case .object: body["text"] = ["format": ["type": "json_object"]]
      case .prompt: break
      }
    }
    if let limit = request.maxTokens { body["max_output_tokens"] = .integer(Int64(limit)) }
    if let temperature = request.temperature { body["temperature"] = JSON(quirks.clamped(temperature)) }
    if let topP = request.topP { body["top_p"] = JSON(topP) }
    if let effort = request.effort {
      body["reasoning"] = ["effort": .string(effort)]
      body["include"] = ["reasoning.encrypted_content"]
    }
    if request.streams { body["stream"] = true }
    return ("/responses", .object(quirks.applied(to: body)))
  }

  private static func items(_ message: ModelMessage) -> [JSON] {
    let isAnswer = message.role == .assistant
    var items: [JSON] = []
    var content: [JSON] = []
    for part in message.parts {
      switch part {
      case .text(let text):
        if !text.isEmpty { content.append(["type": isAnswer ? "output_text" : "input_text", "text": .string(text)]) }
      case .image(let type, let data):
        content.append(["type": "input_image", "image_url": .string("data:\(type);base64,\(data)")])
      case .imageURL(let url): content.append(["type": "input_image", "image_url": .string(url)])
      case .toolUse(let use):
        items.append(
          [
            "type": "function_call", "call_id": .string(use.id), "name": .string(use.name),
            "arguments": .string(use.arguments.description),
          ]
        )
      case .toolResult(let outcome):
        items.append(
          ["type": "function_call_output", "call_id": .string(outcome.id), "output": .string(outcome.text)]
        )
      case .opaque(.openAIResponses, let json): items.insert(json, at: 0)
      case .opaque: break
      }
    }
    if !content.isEmpty {
      items.insert(["type": "message", "role": .string(message.role.rawValue), "content": .array(content)], at: 0)
    }
    return items
  }

  private static func choice(_ choice: ToolChoice) -> JSON {
    switch choice {
    case .auto: "auto"
    case .none: "none"
    case .required: "required"
    case .named(let name): ["type": "function", "name": .string(name)]
    }
  }
}

extension OpenAIResponses {
  struct Decoder: ReplyDecoder {
    private var response = ModelResponse()
    private var whole: JSON?
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      switch record["type"]?.stringValue ?? event {
      case "response.output_text.delta", "response.refusal.delta":
        if let text = record["delta"]?.stringValue, !text.isEmpty { emit(.text(text)) }
      case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
        if let text = record["delta"]?.stringValue, !text.isEmpty { emit(.reasoning(text)) }
      case "response.completed", "response.incomplete", "response.failed":
        guard let json = record["response"] else {
          throw ModelError(.malformedReply, "the stream's last record has no 'response'")
        }
        try takeWhole(json)
      case "error":
        // Flat here, nested at some others.
        throw ProviderFailure.inBody(record) ?? ProviderFailure.inBody(["error": record])
          ?? ModelError(.errorInStream, "the provider reported an error without a text")
      default: if let error = ProviderFailure.inBody(record) { throw error }
      }
    }

    mutating func takeEndMark() {}

    /// The last record of a stream holds all that came before.
    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      if let error = ProviderFailure.inBody(json) { throw error }
      guard let output = json["output"]?.arrayValue else {
        throw ModelError(.malformedReply, "the answer has no 'output'")
      }
      isDone = true
      response.id = json["id"]?.stringValue
      response.model = json["model"]?.stringValue
      var calls = ToolCallParts()
      for (index, item) in output.enumerated() { try take(item, Int64(index), &calls) }
      response.toolUses = try calls.finish()
      if let usage = json["usage"], usage.objectValue != nil {
        response.usage = ModelUsage(
          input: usage.count("input_tokens"),
          output: usage.count("output_tokens"),
          cached: usage["input_tokens_details"]?.count("cached_tokens") ?? 0,
          reasoning: usage["output_tokens_details"]?.count("reasoning_tokens") ?? 0
        )
      }
      try end(json)
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard isDone else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      return response
    }

    private mutating func take(_ item: JSON, _ index: Int64, _ calls: inout ToolCallParts) throws(ModelError) {
      switch item["type"]?.stringValue {
      case "message":
        for part in item["content"]?.arrayValue ?? [] {
          response.text += part["text"]?.stringValue ?? ""
          if let refusal = part["refusal"]?.stringValue {
            response.text += refusal
            response.stop = .refusal
          }
        }
      case "function_call":
        try calls.add(
          index: index,
          id: item["call_id"]?.stringValue,
          name: item["name"]?.stringValue,
          arguments: item["arguments"]
        )
      case "reasoning":
        for part in item["summary"]?.arrayValue ?? [] { response.reasoning += part["text"]?.stringValue ?? "" }
        if item["encrypted_content"]?.stringValue != nil { response.opaque.append(item) }
      default: break
      }
    }

    private mutating func end(_ json: JSON) throws(ModelError) {
      switch json["status"]?.stringValue {
      case "failed", "cancelled": throw ModelError(.errorInStream, "the provider ended the answer without a reason")
      case "incomplete":
        response.stop =
          json["incomplete_details"]?["reason"]?.stringValue == "content_filter" ? .contentFilter : .length
      default:
        if response.stop != .refusal { response.stop = response.toolUses.isEmpty ? .stop : .toolCalls }
      }
    }
  }
}
