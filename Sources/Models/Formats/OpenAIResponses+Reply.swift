internal import JSON

extension OpenAIResponses {
  struct Decoder: ReplyDecoder {
    private static let itemLimit = 1024

    private var response = ModelResponse()
    private var calls = ToolCallParts()
    /// Items as they were finished: some servers leave them out of the last record.
    private var items: [JSON] = []
    private(set) var isDone = false

    mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError) {
      switch record["type"]?.stringValue ?? event {
      case "response.output_text.delta", "response.refusal.delta":
        if let text = record["delta"]?.stringValue, !text.isEmpty { emit(.text(text)) }
      case "response.reasoning_summary_text.delta", "response.reasoning_text.delta":
        if let text = record["delta"]?.stringValue, !text.isEmpty { emit(.reasoning(text)) }
      case "response.output_item.done":
        if items.count == Self.itemLimit {
          throw ModelError(.malformedReply, "the answer holds more than \(Self.itemLimit) items")
        }
        if let item = record["item"] { items.append(item) }
      case "response.completed", "response.incomplete", "response.failed":
        guard let json = record["response"] else {
          throw ModelError(.malformedReply, "the stream's last record has no 'response'")
        }
        try takeWhole(json)
      case "error":
        throw ProviderFailure.inBody(record) ?? ModelError(.errorInStream, "an error without a text")
      default: if let error = ProviderFailure.inBody(record) { throw error }
      }
    }

    mutating func takeEndMark() {}

    /// The last record of a stream holds all that came before.
    mutating func takeWhole(_ json: JSON) throws(ModelError) {
      if let error = ProviderFailure.inBody(json) { throw error }
      guard let said = json["output"]?.arrayValue else {
        throw ModelError(.malformedReply, "the answer has no 'output'")
      }
      let output = said.isEmpty ? items : said
      isDone = true
      response.id = json["id"]?.stringValue
      response.model = json["model"]?.stringValue
      for (index, item) in output.enumerated() { try take(item, Int64(index)) }
      if let usage = json["usage"], usage.objectValue != nil {
        response.usage = ModelUsage(
          input: usage.count("input_tokens"),
          output: usage.count("output_tokens"),
          cached: usage["input_tokens_details"]?.count("cached_tokens") ?? 0,
          reasoning: usage["output_tokens_details"]?.count("reasoning_tokens") ?? 0
        )
      }
      try end(json)
      keep(output)
    }

    consuming func finish() throws(ModelError) -> ModelResponse {
      guard isDone else { throw ModelError(.streamCut, "the stream ended in the middle of the answer") }
      response.toolUses = try calls.finish(isCut: response.stop == .length)
      response.settleStop()
      return response
    }

    private mutating func take(_ item: JSON, _ index: Int64) throws(ModelError) {
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
      default: break
      }
    }

    /// Reasoning goes back before the very item it led to, which takes its encrypted form: the provider keeps nothing.
    private mutating func keep(_ output: [JSON]) {
      let reasoning = output.filter { $0["type"]?.stringValue == "reasoning" }
      // Of an answer that was cut off, what the reasoning led to is missing.
      guard response.stop != .length, !reasoning.isEmpty,
        reasoning.allSatisfy({ $0["encrypted_content"]?.stringValue != nil })
      else { return }
      response.opaque = [["output": .array(output)]]
    }

    private mutating func end(_ json: JSON) throws(ModelError) {
      switch json["status"]?.stringValue {
      case "failed", "cancelled": throw ModelError(.errorInStream, "the provider ended the answer without a reason")
      case "queued", "in_progress": throw ModelError(.malformedReply, "the answer is not finished")
      case "incomplete":
        response.stop =
          json["incomplete_details"]?["reason"]?.stringValue == "content_filter" ? .contentFilter : .length
      default: if response.stop != .refusal { response.stop = .stop }
      }
    }
  }
}
