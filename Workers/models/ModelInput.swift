internal import JSON
internal import Models
internal import WorkerKit

/// What a call of `model` asks; its form has been checked against the schema.
struct ModelInput {
  var request: ModelRequest
  let role: String
  let model: String?
  /// The role that is asked when the answer will not do.
  let escalate: String?
  let cacheTTLMS: Int64?
  let isRecorded: Bool
  let replay: String?
  let strategy: String?
  let contextTokens: Int?

  private static let imageBytes = 20 << 20

  init(_ call: Call) async throws {
    let input = call.input
    var messages: [ModelMessage] = []
    if let system = input["system"]?.stringValue, !system.isEmpty { messages.append(ModelMessage(.system, system)) }
    if let prompt = input["prompt"]?.stringValue {
      messages.append(ModelMessage(.user, [.text(prompt)] + (try await Self.images(input["images"], call))))
    }
    for item in input["messages"]?.arrayValue ?? [] { messages.append(try await Self.message(item, call)) }
    request = ModelRequest(messages: messages)
    role = input["role"]?.stringValue ?? "worker"
    model = input["model"]?.stringValue
    escalate = input["escalate"]?.stringValue
    cacheTTLMS = input["cache_ttl_ms"]?.integerValue
    isRecorded = input["record"]?.boolValue ?? false
    replay = input["replay"]?.stringValue
    strategy = input["context"]?["strategy"]?.stringValue
    contextTokens = input["context"]?["max_tokens"]?.integerValue.map { Int($0) }
    try readTerms(input)
  }

  private mutating func readTerms(_ input: JSON) throws(WireError) {
    request.schema = input["schema"]
    request.tools = (input["tools"]?.arrayValue ?? []).map { tool in
      ToolOffer(
        name: tool["name"]?.stringValue ?? "",
        description: tool["description"]?.stringValue ?? "",
        parameters: tool["parameters"] ?? ["type": "object", "properties": [:]]
      )
    }
    switch input["tool_choice"]?.stringValue {
    case nil, "auto"?: break
    case "none"?: request.toolChoice = .none
    case "required"?: request.toolChoice = .required
    case let name?:
      guard request.tools.contains(where: { $0.name == name }) else {
        throw WireError(.invalidInput, "'tool_choice' is \(quotedName(name)), which is none of 'tools'")
      }
      request.toolChoice = .named(name)
    }
    request.maxTokens = input["max_tokens"]?.integerValue.map { Int($0) }
    request.temperature = input["temperature"]?.doubleValue
    request.topP = input["top_p"]?.doubleValue
    request.stop = (input["stop"]?.arrayValue ?? []).compactMap(\.stringValue)
    request.effort = input["effort"]?.stringValue
    request.streams = input["stream"]?.boolValue ?? false
  }

  private static func message(_ item: JSON, _ call: Call) async throws -> ModelMessage {
    let role = item["role"]?.stringValue.flatMap(ModelMessage.Role.init) ?? .user
    let text = item["content"]?.stringValue ?? ""
    if role == .tool {
      let outcome = ToolOutcome(
        id: item["tool_call_id"]?.stringValue ?? "",
        name: item["name"]?.stringValue ?? "",
        text: text,
        isError: item["is_error"]?.boolValue ?? false
      )
      return ModelMessage(.tool, [.toolResult(outcome)])
    }
    var parts: [ModelMessage.Part] = text.isEmpty ? [] : [.text(text)]
    parts += try await images(item["images"], call)
    for use in item["tool_calls"]?.arrayValue ?? [] {
      parts.append(
        .toolUse(
          ToolUse(
            id: use["id"]?.stringValue ?? "",
            name: use["name"]?.stringValue ?? "",
            arguments: use["arguments"] ?? [:]
          )
        )
      )
    }
    if let format = item["opaque"]?["format"]?.stringValue.flatMap(ModelFormat.init) {
      for json in item["opaque"]?["items"]?.arrayValue ?? [] { parts.append(.opaque(format: format, json)) }
    }
    return ModelMessage(role, parts)
  }

  private static func images(_ json: JSON?, _ call: Call) async throws -> [ModelMessage.Part] {
    var parts: [ModelMessage.Part] = []
    for image in json?.arrayValue ?? [] {
      let type = image["media_type"]?.stringValue ?? "image/png"
      if let digest = image["artifact"]?.stringValue {
        let bytes = try await call.readArtifact(digest, limit: imageBytes)
        parts.append(.image(mediaType: type, data: Base64.encode(bytes)))
      } else if let data = image["data"]?.stringValue {
        parts.append(.image(mediaType: type, data: data))
      } else if let url = image["url"]?.stringValue {
        parts.append(.imageURL(url))
      } else {
        throw WireError(.invalidInput, "an image has neither 'artifact' nor 'data' nor 'url'")
      }
    }
    return parts
  }

  /// What makes two calls the same for the cache.
  func cacheKey(_ chain: [ModelSettings.Target], _ larger: [ModelSettings.Target], input: JSON) -> String {
    var object = input.objectValue ?? JSONObject()
    for name in ["stream", "cache_ttl_ms", "record", "replay", "role", "model", "escalate"] { object[name] = nil }
    for (name, chain) in [("chain", chain), ("larger", larger)] {
      object[name] = .array(chain.map { .string("\($0.provider.name)/\($0.name ?? "")") })
    }
    return String(decoding: JSON.object(object).canonical(), as: UTF8.self)
  }
}
