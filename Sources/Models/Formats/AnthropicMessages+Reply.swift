internal import JSON

extension AnthropicMessages {
  struct Decoder: ReplyDecoder {
    private struct Block {
      let index: Int64
      /// As it began.
      let start: JSON
      var text = ""
      var signature = ""

      var kind: String { start["type"]?.stringValue ?? "" }
    }

    private static let blockLimit = 1024

    private var response = ModelResponse()
    private var calls = ToolCallParts()
    private var blocks: [Block] = []
    private var places: [Int64: Int] = [:]
    private var counts: [String: Int] = [:]
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      if let error = ProviderFailure.inBody(record) { throw error }
      let index = record["index"]?.integerValue ?? 0
      switch record["type"]?.stringValue ?? event {
      case "message_start": note(record["message"] ?? .null)
      case "content_block_start": try begin(index, record["content_block"] ?? .null, emit)
      case "content_block_delta": try add(index, record["delta"] ?? .null, emit)
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
      for (index, block) in content.enumerated() { try begin(Int64(index), block) { _ in } }
      stop(json["stop_reason"]?.stringValue)
      isDone = true
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard isDone else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish(isCut: response.stop == .length)
      response.settleStop()
      keep()
      return response
    }

    private mutating func note(_ message: JSON) {
      response.id = message["id"]?.stringValue
      response.model = message["model"]?.stringValue
      usage(message["usage"])
    }

    /// Counts in a stream are cumulative, and some of them are told only once.
    private mutating func usage(_ json: JSON?) {
      guard let json, json.objectValue != nil else { return }
      for name in ["input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"] {
        counts[name] = max(counts[name] ?? 0, json.count(name))
      }
      let cached = counts["cache_read_input_tokens"] ?? 0
      let written = counts["cache_creation_input_tokens"] ?? 0
      response.usage = ModelUsage(
        input: (counts["input_tokens"] ?? 0) + cached + written,
        output: counts["output_tokens"] ?? 0,
        cached: cached,
        cacheWritten: written
      )
    }

    private mutating func begin(
      _ index: Int64,
      _ start: JSON,
      _ emit: (ModelDelta) -> Void
    ) throws(ModelError) {
      if blocks.count == Self.blockLimit {
        throw ModelError(.malformedReply, "the answer holds more than \(Self.blockLimit) blocks")
      }
      let block = Block(index: index, start: start, signature: start["signature"]?.stringValue ?? "")
      places[index] = blocks.count
      blocks.append(block)
      switch block.kind {
      case "text": say(index, start["text"]?.stringValue ?? "", emit)
      case "thinking": think(index, start["thinking"]?.stringValue ?? "", emit)
      case "tool_use":
        // In a stream the input begins as {} and comes in pieces.
        let isEmpty = start["input"]?.objectValue?.isEmpty ?? true
        try calls.add(
          index: index,
          id: start["id"]?.stringValue,
          name: start["name"]?.stringValue,
          arguments: isEmpty ? .none : start["input"]
        )
      default: break
      }
    }

    private mutating func add(_ index: Int64, _ delta: JSON, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      switch delta["type"]?.stringValue {
      case "text_delta": say(index, delta["text"]?.stringValue ?? "", emit)
      case "thinking_delta": think(index, delta["thinking"]?.stringValue ?? "", emit)
      case "signature_delta":
        if let place = places[index] { blocks[place].signature += delta["signature"]?.stringValue ?? "" }
      case "input_json_delta":
        // The provider's own tools run there, and are no calls to us.
        if let place = places[index], blocks[place].kind != "tool_use" { return }
        try calls.add(index: index, id: nil, name: nil, arguments: delta["partial_json"])
      default: break
      }
    }

    private mutating func say(_ index: Int64, _ text: String, _ emit: (ModelDelta) -> Void) {
      if text.isEmpty { return }
      if let place = places[index] { blocks[place].text += text }
      response.text += text
      emit(.text(text))
    }

    private mutating func think(_ index: Int64, _ text: String, _ emit: (ModelDelta) -> Void) {
      if text.isEmpty { return }
      if let place = places[index] { blocks[place].text += text }
      response.reasoning += text
      emit(.reasoning(text))
    }

    /// An answer with signed thinking goes back as it came, block by block.
    private mutating func keep() {
      guard blocks.contains(where: { $0.kind == "redacted_thinking" || !$0.signature.isEmpty }) else { return }
      var uses = response.toolUses[...]
      var content: [JSON] = []
      for block in blocks {
        switch block.kind {
        case "text": if !block.text.isEmpty { content.append(["type": "text", "text": .string(block.text)]) }
        case "thinking":
          if block.signature.isEmpty { break }
          content.append(["type": "thinking", "thinking": .string(block.text), "signature": .string(block.signature)])
        case "tool_use": if let use = uses.popFirst() { content.append(AnthropicMessages.toolUse(use)) }
        case "redacted_thinking": content.append(block.start)
        default: break
        }
      }
      response.opaque = [["content": .array(content)]]
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
