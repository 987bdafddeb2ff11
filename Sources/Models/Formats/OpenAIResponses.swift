internal import JSON

/// OpenAI's responses, without state on their side (`store: false`).
///
/// Source: the API reference and the `openai` Python library's types (August 2026).
enum OpenAIResponses {
  static func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var body = JSONObject()
    body["model"] = .string(model)
    body["store"] = false
    let (instructions, rest) = Turns.split(request.messages)
    if !instructions.isEmpty { body["instructions"] = .string(instructions) }
    body["input"] = .array(rest.flatMap(items))
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
    if let kept = message.kept(.openAIResponses)?["output"]?.arrayValue { return kept }
    let isAnswer = message.role == .assistant
    var items: [JSON] = []
    var content: [JSON] = []
    func endMessage() {
      if content.isEmpty { return }
      items.append(["type": "message", "role": isAnswer ? "assistant" : "user", "content": .array(content)])
      content = []
    }
    for part in message.parts {
      switch part {
      case .text(let text):
        if !text.isEmpty { content.append(["type": isAnswer ? "output_text" : "input_text", "text": .string(text)]) }
      case .image(let type, let data):
        content.append(["type": "input_image", "image_url": .string("data:\(type);base64,\(data)")])
      case .imageURL(let url): content.append(["type": "input_image", "image_url": .string(url)])
      case .toolUse(let use):
        endMessage()
        items.append(
          [
            "type": "function_call", "call_id": .string(use.id), "name": .string(use.name),
            "arguments": .string(use.arguments.description),
          ]
        )
      case .toolResult(let outcome):
        endMessage()
        items.append(
          ["type": "function_call_output", "call_id": .string(outcome.id), "output": .string(outcome.text)]
        )
      case .opaque: break
      }
    }
    endMessage()
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
