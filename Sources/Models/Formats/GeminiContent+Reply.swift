internal import JSON

extension GeminiContent {
  struct Decoder: ReplyDecoder {
    private var response = ModelResponse()
    private var calls = ToolCallParts()
    private var callCount: Int64 = 0
    /// All that was said and called, in order; texts that came in pieces and without a signature are joined.
    private var parts: [JSON] = []
    private var tail = ""
    private var isSigned = false
    private var hasEnded = false
    let isDone = false

    private static let partLimit = 4096

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      if let id = record["responseId"]?.stringValue { response.id = id }
      if let model = record["modelVersion"]?.stringValue { response.model = model }
      usage(record["usageMetadata"])
      if let reason = record["promptFeedback"]?["blockReason"]?.stringValue {
        throw ModelError(.contentFilter, "the provider blocked the request: \(reason.clipped(64))")
      }
      guard let candidate = record["candidates"]?[0] else { return }
      for part in candidate["content"]?["parts"]?.arrayValue ?? [] { try take(part, emit) }
      if let reason = candidate["finishReason"]?.stringValue { try end(reason) }
    }

    mutating func takeEndMark() {}

    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      // What was asked to stream may come as an array of records.
      for record in json.arrayValue ?? [json] { try take(record, event: "") { _ in } }
      guard json.arrayValue == nil else { return }
      guard json["candidates"]?[0] != nil else { throw ModelError(.malformedReply, "the answer has no 'candidates'") }
      hasEnded = true
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard hasEnded else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish()
      response.settleStop()
      keep()
      return response
    }

    private mutating func take(_ part: JSON, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      let text = part["text"]?.stringValue
      let isThought = part["thought"]?.boolValue == true
      if let text, !text.isEmpty {
        if isThought {
          response.reasoning += text
          emit(.reasoning(text))
        } else {
          response.text += text
          emit(.text(text))
        }
      }
      if let call = part["functionCall"] {
        let id = call["id"]?.stringValue
        let args = call["args"]?.objectValue.map { JSON.object($0) }
        try calls.add(index: callCount, id: id, name: call["name"]?.stringValue, arguments: args)
        callCount += 1
      }
      try note(part, isThought ? nil : text)
    }

    private mutating func note(_ part: JSON, _ text: String?) throws(ModelError) {
      if part["thoughtSignature"]?.stringValue != nil {
        isSigned = true
      } else if part["functionCall"] == nil {
        // An unsigned thought need not go back.
        tail += text ?? ""
        return
      }
      if parts.count >= Self.partLimit {
        throw ModelError(.malformedReply, "the answer holds more than \(Self.partLimit) parts")
      }
      endText()
      parts.append(part)
    }

    private mutating func endText() {
      if !tail.isEmpty { parts.append(["text": .string(tail)]) }
      tail = ""
    }

    /// An answer with signatures goes back as it came: each belongs to its part, and parts keep their order.
    private mutating func keep() {
      guard isSigned else { return }
      endText()
      response.opaque = [["candidates": [["content": ["parts": .array(parts)]]]]]
    }

    private mutating func usage(_ json: JSON?) {
      guard let json, json.objectValue != nil else { return }
      let thoughts = json.count("thoughtsTokenCount")
      response.usage = ModelUsage(
        input: json.count("promptTokenCount") + json.count("toolUsePromptTokenCount"),
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
      case "SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_SAFETY":
        response.stop = .contentFilter
      case "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL":
        throw ModelError(.malformedToolCall, "the model wrote a tool call that the provider could not read")
      default: break
      }
    }
  }
}
