internal import JSON

/// Gemini's generateContent.
///
/// Source: the `google-genai` Python library's types and ai.google.dev (2026).
enum GeminiContent {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    let system = request.messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
    if !system.isEmpty { body["systemInstruction"] = ["parts": [["text": .string(system)]]] }
    body["contents"] = .array(Turns.alternating(request.messages.filter { $0.role != .system }).map(content))
    if !request.tools.isEmpty {
      let functions = request.tools.map { tool -> JSON in
        [
          "name": .string(tool.name), "description": .string(tool.description),
          "parametersJsonSchema": tool.parameters,
        ]
      }
      body["tools"] = [["functionDeclarations": .array(functions)]]
      body["toolConfig"] = ["functionCallingConfig": choice(request.toolChoice)]
    }
    let config = generation(request, quirks)
    if !config.isEmpty { body["generationConfig"] = .object(config) }
    let escaped = model.utf8.map { Self.isPlain($0) ? String(UnicodeScalar($0)) : "%" + Self.hex($0) }.joined()
    let act = request.streams ? "streamGenerateContent?alt=sse" : "generateContent"
    return ("/models/\(escaped):\(act)", .object(quirks.applied(to: body)))
  }

  private static func generation(_ request: ModelRequest, _ quirks: Quirks) -> JSONObject {
    var config = JSONObject()
    if let limit = request.maxTokens { config["maxOutputTokens"] = .integer(Int64(limit)) }
    if let temperature = request.temperature { config["temperature"] = JSON(quirks.clamped(temperature)) }
    if let topP = request.topP { config["topP"] = JSON(topP) }
    if !request.stop.isEmpty { config["stopSequences"] = .array(request.stop.map { .string($0) }) }
    if let schema = request.schema, quirks.schema != .prompt {
      config["responseMimeType"] = "application/json"
      if quirks.schema == .native { config["responseJsonSchema"] = schema }
    }
    switch request.effort {
    case "none": config["thinkingConfig"] = ["thinkingBudget": 0]
    case "minimal", "low": config["thinkingConfig"] = ["thinkingBudget": 1024]
    case "medium": config["thinkingConfig"] = ["thinkingBudget": 8192]
    case .some: config["thinkingConfig"] = ["thinkingBudget": 24576]
    case nil: break
    }
    return config
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
      true
    default: false
    }
  }

  private static func hex(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  private static func content(_ message: ModelMessage) -> JSON {
    [
      "role": message.role == .assistant ? "model" : "user",
      "parts": .array(signed(message.parts)),
    ]
  }

  /// A signature belongs to the part that it came with: they are kept as whole parts, in place of ours.
  private static func signed(_ parts: [ModelMessage.Part]) -> [JSON] {
    let kept = parts.compactMap { part -> JSON? in if case .opaque(.gemini, let json) = part { json } else { nil } }
    let calls = Set(kept.compactMap { $0["functionCall"]?["name"]?.stringValue })
    let hasText = kept.contains { $0["text"] != nil && $0["thought"]?.boolValue != true }
    return kept
      + parts.compactMap { part in
        switch part {
        case .text(let text): hasText || text.isEmpty ? nil : ["text": .string(text)]
        case .image(let type, let data):
          ["inlineData": ["mimeType": .string(type), "data": .string(data)]]
        case .imageURL(let url): ["fileData": ["fileUri": .string(url)]]
        case .toolUse(let use):
          calls.contains(use.name) ? nil : ["functionCall": ["name": .string(use.name), "args": use.arguments]]
        case .toolResult(let outcome):
          [
            "functionResponse": [
              "name": .string(outcome.name),
              "response": [outcome.isError ? "error" : "output": .string(outcome.text)],
            ]
          ]
        case .opaque: nil
        }
      }
  }

  private static func choice(_ choice: ToolChoice) -> JSON {
    switch choice {
    case .auto: ["mode": "AUTO"]
    case .none: ["mode": "NONE"]
    case .required: ["mode": "ANY"]
    case .named(let name): ["mode": "ANY", "allowedFunctionNames": [.string(name)]]
    }
  }
}

extension GeminiContent {
  struct Decoder: ReplyDecoder {
    private var response = ModelResponse()
    private var hasEnded = false
    let isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      if let id = record["responseId"]?.stringValue { response.id = id }
      if let model = record["modelVersion"]?.stringValue { response.model = model }
      usage(record["usageMetadata"])
      if let reason = record["promptFeedback"]?["blockReason"]?.stringValue {
        throw ModelError(.contentFilter, "the provider blocked the request: \(reason.prefix(64))")
      }
      guard let candidate = record["candidates"]?[0] else { return }
      for part in candidate["content"]?["parts"]?.arrayValue ?? [] { try take(part, emit) }
      if let reason = candidate["finishReason"]?.stringValue { try end(reason) }
    }

    mutating func takeEndMark() {}

    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      // What was asked to stream may come as an array of records.
      for record in json.arrayValue ?? [json] { try take(record, event: "") { _ in } }
      if json["candidates"] == nil, json.arrayValue == nil {
        throw ModelError(.malformedReply, "the answer has no 'candidates'")
      }
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard hasEnded else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      if response.stop == .stop, !response.toolUses.isEmpty { response.stop = .toolCalls }
      return response
    }

    private mutating func take(_ part: JSON, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if part["thoughtSignature"] != nil, response.opaque.count < ToolCallParts.limit { response.opaque.append(part) }
      if let text = part["text"]?.stringValue, !text.isEmpty {
        if part["thought"]?.boolValue == true {
          response.reasoning += text
          emit(.reasoning(text))
        } else {
          response.text += text
          emit(.text(text))
        }
      }
      guard let call = part["functionCall"] else { return }
      guard let name = call["name"]?.stringValue, !name.isEmpty else {
        throw ModelError(.malformedToolCall, "a tool call of the answer has no name")
      }
      let place = response.toolUses.count + 1
      if place > ToolCallParts.limit {
        throw ModelError(.malformedToolCall, "the answer holds more than \(ToolCallParts.limit) tool calls")
      }
      response.toolUses.append(
        ToolUse(
          id: call["id"]?.stringValue ?? "call_\(place)",
          name: name,
          arguments: try ToolCallParts.arguments(call["args"]?.objectValue.map { .object($0) } ?? [:], "", of: name)
        )
      )
    }

    private mutating func usage(_ json: JSON?) {
      guard let json, json.objectValue != nil else { return }
      let thoughts = json.count("thoughtsTokenCount")
      response.usage = ModelUsage(
        input: json.count("promptTokenCount"),
        output: json.count("candidatesTokenCount") + thoughts,
        cached: json.count("cachedContentTokenCount"),
        reasoning: thoughts
      )
    }

    private mutating func end(_ reason: String) throws(ModelError) {
      hasEnded = true
      switch reason {
      case "STOP": response.stop = .stop
      case "MAX_TOKENS": response.stop = .length
      case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY":
        response.stop = .contentFilter
      case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL":
        throw ModelError(.malformedToolCall, "the model wrote a tool call that the provider could not read")
      default: break
      }
    }
  }
}
