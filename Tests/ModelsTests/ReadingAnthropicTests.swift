import JSON
import Testing

@testable import Models

@Suite struct `what is read of Anthropic` {
  private static let start = """
    {"type": "message_start", "message": {"id": "msg_1", "type": "message", "model": "claude-x", "content": [],
     "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3, "output_tokens": 1}}}
    """.filter { $0 != "\n" }

  @Test func `a whole answer has its blocks, and its input counts what was cached`() throws {
    let reply = try answer(
      .anthropic,
      """
      {"id": "msg_1", "type": "message", "model": "claude-x", "content": [{"type": "text", "text": "I look"},
        {"type": "tool_use", "id": "t1", "name": "weather", "input": {"city": "Rome"}},
        {"type": "tool_use", "id": "t2", "name": "now", "input": {}}], "stop_reason": "tool_use",
       "usage": {"input_tokens": 10, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 3,
        "output_tokens": 7}}
      """,
      isStream: false
    )
    #expect(reply.text == "I look")
    #expect(
      reply.toolUses == [
        ToolUse(id: "t1", name: "weather", arguments: ["city": "Rome"]), ToolUse(id: "t2", name: "now", arguments: [:]),
      ]
    )
    #expect(reply.stop == .toolCalls)
    #expect(reply.usage == ModelUsage(input: 18, output: 7, cached: 5, cacheWritten: 3))
    #expect(reply.opaque == [])
  }

  @Test func `a stream's blocks come in pieces, and its usage last`() throws {
    let reading = read(
      .anthropic,
      events(
        Self.start,
        #"{"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}"#,
        #"{"type": "ping"}"#,
        #"{"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "h"}}"#,
        #"{"type": "content_block_delta", "index": 0, "delta": {"type": "thinking_delta", "thinking": "m"}}"#,
        #"{"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "si"}}"#,
        #"{"type": "content_block_delta", "index": 0, "delta": {"type": "signature_delta", "signature": "g"}}"#,
        #"{"type": "content_block_stop", "index": 0}"#,
        #"{"type": "content_block_start", "index": 1, "content_block": {"type": "text", "text": ""}}"#,
        #"{"type": "content_block_delta", "index": 1, "delta": {"type": "text_delta", "text": "I look"}}"#,
        #"{"type": "content_block_delta", "index": 1, "delta": {"type": "citations_delta", "citation": {}}}"#,
        #"{"type": "content_block_start", "index": 2, "content_block": {"type": "server_tool_use", "id": "s"}}"#,
        #"{"type": "content_block_delta", "index": 2, "delta": {"type": "input_json_delta", "partial_json": "{"}}"#,
        #"{"type": "content_block_start", "index": 3, "content_block": {"type": "tool_use", "id": "t1", "#
          + #""name": "weather", "input": {}}}"#,
        #"{"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": ""}}"#,
        #"{"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": "{\"c"}}"#,
        #"{"type": "content_block_delta", "index": 3, "delta": {"type": "input_json_delta", "partial_json": "\":1}"}}"#,
        #"{"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 40}}"#,
        #"{"type": "message_stop"}"#
      )
    )
    #expect(reading.deltas == [.reasoning("h"), .reasoning("m"), .text("I look")])
    let reply = try #require(reading.response)
    #expect(reply.toolUses == [ToolUse(id: "t1", name: "weather", arguments: ["c": 1])])
    #expect(reply.usage == ModelUsage(input: 18, output: 40, cached: 5, cacheWritten: 3))
    #expect(reply.id == "msg_1")
    #expect(
      try reply.opaque == [
        parsed(
          """
          {"content": [{"type": "thinking", "thinking": "hm", "signature": "sig"}, {"type": "text", "text": "I look"},
            {"type": "tool_use", "id": "t1", "name": "weather", "input": {"c": 1}}]}
          """
        )
      ]
    )
  }

  @Test(arguments: [
    ("end_turn", ModelResponse.Stop.stop), ("stop_sequence", .stop), ("max_tokens", .length),
    ("model_context_window_exceeded", .length), ("refusal", .refusal), ("pause_turn", .other),
  ])
  func `why it stopped is told`(reason: String, stop: ModelResponse.Stop) throws {
    let whole = "{\"content\": [{\"type\": \"text\", \"text\": \"x\"}], \"stop_reason\": \"\(reason)\"}"
    #expect(try answer(.anthropic, whole, isStream: false).stop == stop)
  }

  @Test func `a stream without its end is cut, and an error inside it is told`() throws {
    #expect(try failure(.anthropic, events(Self.start)).code == .streamCut)
    let overloaded = #"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#
    let error = try failure(.anthropic, events(Self.start) + "event: error\n" + events(overloaded))
    #expect(error.code == .overloaded)
    #expect(error.message == "Overloaded")
    #expect(error.isTransient)
  }

  @Test func `a piece of a call that never began is a malformed one`() throws {
    let delta =
      #"{"type": "content_block_delta", "index": 9, "delta": {"type": "input_json_delta", "partial_json": "{}"}}"#
    #expect(try failure(.anthropic, events(delta, #"{"type": "message_stop"}"#)).code == .malformedToolCall)
  }

  @Test func `blocks are counted: 1024 and no more`() throws {
    let block = #"{"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "a"}}"#
    let stop = events(#"{"type": "message_stop"}"#)
    let most = String(repeating: events(block), count: 1024)
    #expect(try answer(.anthropic, most + stop).text.utf8.count == 1024)
    #expect(try failure(.anthropic, most + events(block) + stop).code == .malformedReply)
  }
}
