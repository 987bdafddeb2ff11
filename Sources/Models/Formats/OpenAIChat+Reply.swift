internal import JSON

extension OpenAIChat {
  struct Decoder: ReplyDecoder {
    private var response = ModelResponse()
    private var calls = ToolCallParts()
    private var returnsReasoning = false
    /// What stands beside a call, by its id.
    private var extras = JSONObject()
    private var hasEnded = false
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      note(record)
      // None in a chunk that only tells usage, or what a filter found in the request.
      guard let choice = record["choices"]?[0] else { return }
      if let error = ProviderFailure.inBody(choice) { throw error }
      if let delta = choice["delta"] { try take(delta, isWhole: false, emit) }
      if let reason = choice["finish_reason"]?.stringValue { end(reason) }
    }

    mutating func takeEndMark() {
      hasEnded = true
      isDone = true
    }

    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      if let error = ProviderFailure.inBody(json) { throw error }
      note(json)
      guard let choice = json["choices"]?[0], let message = choice["message"], message.objectValue != nil else {
        throw ModelError(.malformedReply, "the answer has no 'choices' with a 'message'")
      }
      if let error = ProviderFailure.inBody(choice) { throw error }
      try take(message, isWhole: true) { _ in }
      end(choice["finish_reason"]?.stringValue ?? "")
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard hasEnded else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish(isCut: response.stop == .length)
      response.settleStop()
      keep()
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
        // DeepSeek's name for it is the second.
        cached: usage["prompt_tokens_details"]?.count("cached_tokens") ?? usage.count("prompt_cache_hit_tokens"),
        reasoning: usage["completion_tokens_details"]?.count("reasoning_tokens") ?? 0
      )
    }

    /// A delta of a stream, or a whole message.
    private mutating func take(
      _ delta: JSON,
      isWhole: Bool,
      _ emit: (ModelDelta) -> Void
    ) throws(ModelError) {
      // DeepSeek's and vLLM's names for it.
      if let text = delta["reasoning_content"]?.stringValue ?? delta["reasoning"]?.stringValue {
        think(text, delta["reasoning_content"] != nil, emit)
      }
      switch delta["content"] {
      case .string(let text)?: say(text, emit)
      case .array(let parts)?:
        // Mistral's reasoning models answer in parts.
        for part in parts {
          if let text = part["text"]?.stringValue { say(text, emit) }
          for thought in part["thinking"]?.arrayValue ?? [] { think(thought["text"]?.stringValue ?? "", false, emit) }
        }
      default: break
      }
      if let text = delta["refusal"]?.stringValue, !text.isEmpty {
        say(text, emit)
        response.stop = .refusal
      }
      for (place, call) in (delta["tool_calls"]?.arrayValue ?? []).enumerated() {
        let function = call["function"]
        let id = call["id"]?.stringValue
        try calls.add(
          index: isWhole ? Int64(place) : call["index"]?.integerValue,
          id: id,
          name: function?["name"]?.stringValue,
          arguments: function?["arguments"]
        )
        // Gemini's signatures, where it speaks this format.
        if let id, let extra = call["extra_content"], extras.count < ToolCallParts.limit { extras[id] = extra }
      }
    }

    private mutating func say(_ text: String, _ emit: (ModelDelta) -> Void) {
      if text.isEmpty { return }
      response.text += text
      emit(.text(text))
    }

    private mutating func think(_ text: String, _ isToReturn: Bool, _ emit: (ModelDelta) -> Void) {
      if text.isEmpty { return }
      response.reasoning += text
      returnsReasoning = returnsReasoning || isToReturn
      emit(.reasoning(text))
    }

    /// See `Quirks.returnsReasoning`.
    private mutating func keep() {
      guard !response.toolUses.isEmpty, returnsReasoning || !extras.isEmpty else { return }
      var message: JSONObject = [
        "role": "assistant", "content": response.text.isEmpty ? .null : .string(response.text),
      ]
      if returnsReasoning { message["reasoning_content"] = .string(response.reasoning) }
      message["tool_calls"] = .array(
        response.toolUses.map { use in
          var call = OpenAIChat.call(use).objectValue ?? [:]
          call["extra_content"] = extras[use.id]
          return .object(call)
        }
      )
      response.opaque = [["choices": [["message": .object(message)]]]]
    }

    private mutating func end(_ reason: String) {
      hasEnded = true
      switch reason {
      case "stop": if response.stop == .other { response.stop = .stop }
      case "length": response.stop = .length
      case "tool_calls", "function_call": if response.stop == .other { response.stop = .toolCalls }
      case "content_filter": response.stop = .contentFilter
      default: break
      }
    }
  }
}
