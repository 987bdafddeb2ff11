import JSON
import Testing

@testable import Models

@Suite struct `what is read of OpenAI's chat` {
  private func delta(_ members: String, _ rest: String = "") -> String {
    "{\"choices\": [{\"index\": 0, \"delta\": {\(members)}\(rest)}]}"
  }

  @Test func `a whole answer has its text, calls and usage with cached and reasoning tokens`() throws {
    let reply = try answer(
      .openAIChat,
      """
      {"id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-5-2025", "error": null, "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "I look", "refusal": null, "tool_calls": [
          {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Rome\\"}"}},
          {"id": "c2", "type": "function", "function": {"name": "now", "arguments": ""}}]},
        "finish_reason": "tool_calls"}], "usage": {"prompt_tokens": 20, "completion_tokens": 9, "total_tokens": 29,
        "prompt_tokens_details": {"cached_tokens": 8}, "completion_tokens_details": {"reasoning_tokens": 3}}}
      """,
      isStream: false
    )
    var expected = ModelResponse()
    expected.text = "I look"
    expected.toolUses = [
      ToolUse(id: "c1", name: "weather", arguments: ["city": "Rome"]), ToolUse(id: "c2", name: "now", arguments: [:]),
    ]
    expected.stop = .toolCalls
    expected.usage = ModelUsage(input: 20, output: 9, cached: 8, reasoning: 3)
    expected.model = "gpt-5-2025"
    expected.id = "chatcmpl-1"
    #expect(reply == expected)
  }

  @Test func `a stream tells texts as they come, and usage in a chunk without choices`() throws {
    let reading = read(
      .openAIChat,
      events(
        // llama.cpp begins with null, and Azure with what its filter found.
        #"{"id": "", "model": "", "choices": [], "prompt_filter_results": []}"#,
        delta(#""role": "assistant", "content": null"#, #", "finish_reason": null"#),
        delta(#""reasoning_content": "hm""#),
        "  " + delta(#""content": "Hello""#) + " \t",
        delta(#""content": ", you""#),
        delta("", #", "finish_reason": "stop""#),
        #"{"id": "x", "choices": [], "usage": {"prompt_tokens": 4, "completion_tokens": 2}}"#,
        "[DONE]"
      )
    )
    #expect(reading.error == nil)
    #expect(reading.deltas == [.reasoning("hm"), .text("Hello"), .text(", you")])
    #expect(reading.response?.text == "Hello, you")
    #expect(reading.response?.reasoning == "hm")
    #expect(reading.response?.stop == .stop)
    #expect(reading.response?.usage == ModelUsage(input: 4, output: 2))
  }

  @Test func `parallel calls come in pieces by their index`() throws {
    let reply = try answer(
      .openAIChat,
      events(
        delta(#""tool_calls": [{"index": 0, "id": "a", "function": {"name": "weather", "arguments": ""}}]"#),
        delta(#""tool_calls": [{"index": 0, "function": {"arguments": "{\"city\": "}}]"#),
        delta(#""tool_calls": [{"index": 1, "id": "b", "function": {"name": "now", "arguments": "{"}}]"#),
        delta(
          #""tool_calls": [{"index": 0, "function": {"arguments": "\"Rome\"}"}}, "#
            + #"{"index": 1, "id": "b", "function": {"name": null, "arguments": "}"}}]"#
        ),
        delta("", #", "finish_reason": "tool_calls""#)
      )
    )
    #expect(
      reply.toolUses == [
        ToolUse(id: "a", name: "weather", arguments: ["city": "Rome"]), ToolUse(id: "b", name: "now", arguments: [:]),
      ]
    )
    #expect(reply.stop == .toolCalls)
  }

  @Test(arguments: [
    // All counted as the first; not counted at all.
    (
      #"{"index": 0, "id": "a", "function": {"name": "t", "arguments": "{\"n\": 1}"}}"#,
      #"{"index": 0, "id": "b", "function": {"name": "t", "arguments": "{\"n\": 2}"}}"#
    ),
    (
      #"{"function": {"name": "t", "arguments": "{\"n\": 1}"}}"#, #"{"function": {"name": "t", "arguments": {"n": 2}}}"#
    ),
  ])
  func `servers that do not count their calls mean one with each name`(first: String, second: String) throws {
    let reply = try answer(
      .openAIChat,
      events(delta("\"tool_calls\": [\(first)]"), delta("\"tool_calls\": [\(second)]"), "[DONE]")
    )
    #expect(reply.toolUses.map(\.arguments) == [["n": 1], ["n": 2]])
    #expect(Set(reply.toolUses.map(\.id)).count == 2)
    #expect(reply.stop == .toolCalls)
  }

  @Test func `a refusal is text, and said to be one`() throws {
    let reply = try answer(
      .openAIChat,
      events(
        delta(#""content": null, "refusal": "I can"# + #"not""#),
        delta(#""refusal": " do that""#, #", "finish_reason": "stop""#),
        "[DONE]"
      )
    )
    #expect(reply.text == "I cannot do that")
    #expect(reply.stop == .refusal)
  }

  @Test(arguments: [
    ("stop", ModelResponse.Stop.stop), ("length", .length), ("content_filter", .contentFilter), ("tool_calls", .stop),
    ("eos", .other),
  ])
  func `why it stopped is told`(reason: String, stop: ModelResponse.Stop) throws {
    let stream = events(delta(#""content": "x""#, ", \"finish_reason\": \"\(reason)\""))
    #expect(try answer(.openAIChat, stream).stop == stop)
  }

  @Test func `a content in parts is its texts, and its thoughts apart`() throws {
    let reply = try answer(
      .openAIChat,
      """
      {"choices": [{"message": {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": "yes"}]}, "finish_reason": "stop"}]}
      """,
      isStream: false
    )
    #expect(reply.text == "yes")
    #expect(reply.reasoning == "hm")
  }

  @Test func `a stream that breaks off before its end is cut, whatever it said`() throws {
    let stream = events(delta(#""content": "Hel""#))
    #expect(try failure(.openAIChat, stream).code == .streamCut)
    #expect(try failure(.openAIChat, stream + "data: {\"choices\": [{\"del").code == .streamCut)
    #expect(read(.openAIChat, stream).deltas == [.text("Hel")])
  }
}
