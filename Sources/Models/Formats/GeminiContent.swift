internal import JSON

/// Gemini's generateContent.
///
/// Source: the `google-genai` Python library's types and ai.google.dev (2026).
enum GeminiContent {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    let (system, rest) = Turns.split(request.messages)
    if !system.isEmpty { body["systemInstruction"] = ["parts": [["text": .string(system)]]] }
    let isValidating = model.contains("gemini-3")
    body["contents"] = .array(
      Turns.alternating(rest, { parts($0, isValidating) }).map { turn in
        ["role": turn.isAnswer ? "model" : "user", "parts": .array(turn.pieces)]
      }
    )
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
    let config = generation(request, model, quirks)
    if !config.isEmpty { body["generationConfig"] = .object(config) }
    let act = request.streams ? "streamGenerateContent?alt=sse" : "generateContent"
    return ("/models/\(escaped(model)):\(act)", .object(quirks.applied(to: body)))
  }

  private static func generation(_ request: ModelRequest, _ model: String, _ quirks: Quirks) -> JSONObject {
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
    // The larger models always think: 128 tokens at least.
    case "none": config["thinkingConfig"] = ["thinkingBudget": model.contains("pro") ? 128 : 0]
    case "minimal", "low": config["thinkingConfig"] = ["thinkingBudget": 1024]
    case "medium": config["thinkingConfig"] = ["thinkingBudget": 8192]
    case .some: config["thinkingConfig"] = ["thinkingBudget": 24576]
    case nil: break
    }
    return config
  }

  /// A model's name as a part of a path.
  static func escaped(_ model: String) -> String {
    model.utf8.map { isPlain($0) ? String(UnicodeScalar($0)) : "%" + hex($0) }.joined()
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

  /// What stands for the signature of a call that the model did not make itself: an answer of another provider, or one
  /// that was changed since. Without any, models that look at signatures refuse the conversation.
  private static let unsigned: JSON = "skip_thought_signature_validator"

  private static func parts(_ message: ModelMessage, _ isValidating: Bool) -> [JSON] {
    if let kept = message.kept(.gemini)?["candidates"]?[0]?["content"]?["parts"]?.arrayValue { return kept }
    var parts = message.parts.compactMap(part)
    // Of calls that are made at once only the first is signed.
    if isValidating, let first = parts.firstIndex(where: { $0["functionCall"] != nil }),
      var call = parts[first].objectValue
    {
      call["thoughtSignature"] = unsigned
      parts[first] = .object(call)
    }
    return parts
  }

  private static func part(_ part: ModelMessage.Part) -> JSON? {
    switch part {
    case .text(let text):
      if text.isEmpty { return nil }
      return ["text": .string(text)]
    case .image(let type, let data): return ["inlineData": ["mimeType": .string(type), "data": .string(data)]]
    case .imageURL(let url): return ["fileData": ["fileUri": .string(url)]]
    case .toolUse(let use): return ["functionCall": call(use)]
    case .toolResult(let outcome):
      var response: JSONObject = [
        "name": .string(outcome.name), "response": [outcome.isError ? "error" : "output": .string(outcome.text)],
      ]
      if !isMadeUp(outcome.id) { response["id"] = .string(outcome.id) }
      return ["functionResponse": .object(response)]
    case .opaque: return nil
    }
  }

  private static func call(_ use: ToolUse) -> JSON {
    var call: JSONObject = ["name": .string(use.name), "args": use.arguments]
    if !isMadeUp(use.id) { call["id"] = .string(use.id) }
    return .object(call)
  }

  /// Whether the id is of `Decoder`, which numbers calls that came without one.
  static func isMadeUp(_ id: String) -> Bool {
    id.isEmpty
      || id.hasPrefix("call_") && id.utf8.dropFirst(5).allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
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
