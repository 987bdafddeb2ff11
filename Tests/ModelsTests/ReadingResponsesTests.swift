import JSON
import Testing

@testable import Models

@Suite struct `what is read of OpenAI's responses` {
  private static let whole = """
    {"id": "resp_1", "object": "response", "status": "completed", "error": null, "model": "gpt-5", "output": [
      {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
      {"type": "message", "id": "msg_1", "role": "assistant", "content": [
        {"type": "output_text", "text": "I look", "annotations": []}]},
      {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": "{\\"city\\":\\"Rome\\"}"},
      {"type": "function_call", "id": "fc_2", "call_id": "c2", "name": "weather", "arguments": "{}"}],
     "usage": {"input_tokens": 20, "input_tokens_details": {"cached_tokens": 8}, "output_tokens": 9,
      "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 29}}
    """
  private static let flat = whole.filter { $0 != "\n" }

  private func check(_ reply: ModelResponse) {
    #expect(reply.text == "I look")
    #expect(reply.reasoning == "hm")
    #expect(
      reply.toolUses == [
        ToolUse(id: "c1", name: "weather", arguments: ["city": "Rome"]),
        ToolUse(id: "c2", name: "weather", arguments: [:]),
      ]
    )
    #expect(reply.stop == .toolCalls)
    #expect(reply.usage == ModelUsage(input: 20, output: 9, cached: 8, reasoning: 3))
    #expect(reply.id == "resp_1")
    #expect(reply.model == "gpt-5")
  }

  @Test func `a whole answer has its items`() throws {
    check(try answer(.openAIResponses, Self.whole, isStream: false))
  }

  @Test func `a stream tells its deltas, and its last record holds all`() throws {
    let stream =
      "event: response.created\n"
      + events(
        #"{"type": "response.created", "response": {"status": "in_progress", "error": null, "output": []}}"#,
        #"{"type": "response.reasoning_summary_text.delta", "delta": "hm"}"#,
        #"{"type": "response.output_text.delta", "output_index": 1, "delta": "I "}"#,
        #"{"type": "response.output_text.delta", "output_index": 1, "delta": "look"}"#,
        #"{"type": "response.function_call_arguments.delta", "output_index": 2, "delta": "{}"}"#,
        "{\"type\": \"response.completed\", \"response\": \(Self.flat)}"
      )
    let reading = read(.openAIResponses, stream)
    #expect(reading.deltas == [.reasoning("hm"), .text("I "), .text("look")])
    check(try #require(reading.response))
  }

  @Test func `items that the last record leaves out are those that were finished before`() throws {
    let output = try #require(parsed(Self.whole)["output"]?.arrayValue)
    let done = output.map { "data: {\"type\": \"response.output_item.done\", \"item\": \($0)}\n\n" }.joined()
    var last = try #require(parsed(Self.whole).objectValue)
    last["output"] = []
    check(
      try answer(
        .openAIResponses,
        done + events("{\"type\": \"response.completed\", \"response\": \(JSON.object(last))}")
      )
    )
  }

  @Test func `the event's name serves where the record has no type`() throws {
    check(
      try answer(.openAIResponses, "event: response.completed\ndata: {\"response\": \(Self.flat)}\n\n")
    )
  }

  @Test(arguments: [
    ("max_output_tokens", ModelResponse.Stop.length), ("content_filter", .contentFilter),
  ])
  func `an incomplete answer says why`(reason: String, stop: ModelResponse.Stop) throws {
    let reply = try answer(
      .openAIResponses,
      events(
        """
        {"type": "response.incomplete", "response": {"status": "incomplete", "output": [], "incomplete_details":
        """ + " {\"reason\": \"\(reason)\"}}}"
      )
    )
    #expect(reply.stop == stop)
  }

  @Test func `a refusal is text, and said to be one`() throws {
    let reply = try answer(
      .openAIResponses,
      """
      {"status": "completed", "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}]}
      """,
      isStream: false
    )
    #expect(reply.text == "no")
    #expect(reply.stop == .refusal)
  }

  @Test func `failures are errors, flat or nested`() throws {
    let failed = """
      {"type": "response.failed", "response": {"status": "failed", "output": [], "error":
      """ + #" {"code": "server_error", "message": "sorry"}}}"#
    #expect(try failure(.openAIResponses, events(failed)).code == .serverError)
    let flat = #"{"type": "error", "code": "rate_limit_exceeded", "message": "slow down", "param": null}"#
    #expect(try failure(.openAIResponses, events(flat)).code == .rateLimited)
    let nested = #"{"type": "error", "error": {"type": "invalid_request_error", "message": "bad"}}"#
    #expect(try failure(.openAIResponses, events(nested)).code == .invalidRequest)
    #expect(try failure(.openAIResponses, events(#"{"type": "error"}"#)).message == "error")
  }

  @Test func `an answer that is not finished is none`() throws {
    let started = events(#"{"type": "response.output_text.delta", "delta": "I"}"#)
    #expect(try failure(.openAIResponses, started).code == .streamCut)
    let queued = #"{"status": "queued", "output": []}"#
    #expect(try failure(.openAIResponses, queued, isStream: false).code == .malformedReply)
  }
}
