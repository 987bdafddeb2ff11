import JSON
import Testing

@testable import Models

/// An answer with signatures goes back word by word, and does not when it was changed.
@Suite struct `what a provider must get back untouched` {
  /// The request that goes on from `answer`.
  private func next(_ format: ModelFormat, _ answer: ModelResponse, model: String = "m", _ quirks: Quirks = Quirks())
    -> JSON
  {
    let results = answer.toolUses.map {
      ModelMessage.Part.toolResult(ToolOutcome(id: $0.id, name: $0.name, text: "sun"))
    }
    var messages = [ModelMessage(.user, "?"), ModelMessage(answer: answer, of: format)]
    if !results.isEmpty { messages.append(ModelMessage(.tool, results)) }
    return written(format, ModelRequest(messages: messages), model: model, quirks: quirks)
  }

  private static let claude = """
    [{"type": "thinking", "thinking": "hm", "signature": "s1"}, {"type": "text", "text": "I look"},
     {"type": "redacted_thinking", "data": "r"}, {"type": "tool_use", "id": "t1", "name": "weather", "input": {"a": 1}},
     {"type": "thinking", "thinking": "", "signature": "s2"},
     {"type": "tool_use", "id": "t2", "name": "weather", "input": {}}]
    """

  @Test func `Anthropic's blocks keep their order, signatures and redacted thoughts`() throws {
    let reply = try answer(.anthropic, "{\"content\": \(Self.claude), \"stop_reason\": \"tool_use\"}", isStream: false)
    #expect(reply.opaque.count == 1)
    #expect(try at(next(.anthropic, reply), "/messages/1/content") == parsed(Self.claude))
  }

  @Test func `a changed answer of Anthropic's goes as it is now, behind its thoughts`() throws {
    var reply = try answer(.anthropic, "{\"content\": \(Self.claude), \"stop_reason\": \"tool_use\"}", isStream: false)
    reply.text = "I see"
    reply.toolUses.removeLast()
    #expect(
      try at(next(.anthropic, reply), "/messages/1/content")
        == parsed(
          """
          [{"type": "thinking", "thinking": "hm", "signature": "s1"}, {"type": "redacted_thinking", "data": "r"},
           {"type": "thinking", "thinking": "", "signature": "s2"}, {"type": "text", "text": "I see"},
           {"type": "tool_use", "id": "t1", "name": "weather", "input": {"a": 1}}]
          """
        )
    )
  }

  @Test func `Gemini's parts keep their order, each with its signature, though two calls have one name`() throws {
    let stream = events(
      #"{"candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "I "}]}}]}"#,
      #"{"candidates": [{"content": {"parts": [{"text": "look"}, {"text": "", "thoughtSignature": "s0"}]}}]}"#,
      """
      {"candidates": [{"content": {"parts": [
        {"functionCall": {"name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "s1"},
        {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}]}, "finishReason": "STOP"}]}
      """.filter { $0 != "\n" }
    )
    let reply = try answer(.gemini, stream)
    #expect(reply.text == "I look")
    #expect(reply.reasoning == "hm")
    #expect(reply.toolUses.map(\.arguments) == [["city": "Rome"], ["city": "Oslo"]])
    #expect(
      try at(next(.gemini, reply, model: "gemini-3-pro"), "/contents/1/parts")
        == parsed(
          """
          [{"text": "I look"}, {"text": "", "thoughtSignature": "s0"},
           {"functionCall": {"name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "s1"},
           {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}]
          """
        )
    )
    var changed = reply
    changed.toolUses[1].arguments = ["city": "Bonn"]
    #expect(
      try at(next(.gemini, changed, model: "gemini-3-pro"), "/contents/1/parts")
        == parsed(
          """
          [{"text": "I look"}, {"functionCall": {"name": "weather", "args": {"city": "Rome"}},
            "thoughtSignature": "skip_thought_signature_validator"},
           {"functionCall": {"name": "weather", "args": {"city": "Bonn"}}}]
          """
        )
    )
  }

  private static let responses = """
    [{"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}], "encrypted_content": "e1"},
     {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
       {"type": "output_text", "text": "I look", "annotations": []}]},
     {"type": "reasoning", "id": "rs_2", "summary": [], "encrypted_content": "e2"},
     {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "weather", "arguments": "{}",
      "status": "completed"}]
    """

  @Test func `OpenAI's reasoning stands before the very item it led to`() throws {
    let reply = try answer(
      .openAIResponses,
      "{\"status\": \"completed\", \"output\": \(Self.responses)}",
      isStream: false
    )
    #expect(reply.reasoning == "hm")
    let input = try #require(next(.openAIResponses, reply)["input"]?.arrayValue)
    #expect(try JSON.array(Array(input[1...4])) == parsed(Self.responses))
    #expect(input[5]["type"] == "function_call_output")
  }

  @Test func `reasoning that nothing follows, or that came without its encrypted form, does not go back`() throws {
    for (status, output) in [
      ("incomplete", Self.responses),
      ("completed", Self.responses.replacing("\"encrypted_content\": \"e2\"", with: "\"x\": 1")),
    ] {
      let reply = try answer(
        .openAIResponses,
        "{\"status\": \"\(status)\", \"output\": \(output)}",
        isStream: false
      )
      #expect(reply.opaque == [])
      let input = try #require(next(.openAIResponses, reply)["input"]?.arrayValue)
      #expect(input.map { $0["type"] } == ["message", "message", "function_call", "function_call_output"])
    }
  }

  @Test func `other servers get their reasoning with the calls it led to, where they are known to want it`() throws {
    let stream = events(
      #"{"choices": [{"delta": {"role": "assistant", "reasoning_content": "hm"}}]}"#,
      """
      {"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "c1", "extra_content": {"google":
        {"thought_signature": "s"}}, "function": {"name": "weather", "arguments": "{}"}}]},
        "finish_reason": "tool_calls"}]}
      """.filter { $0 != "\n" }
    )
    let reply = try answer(.openAIChat, stream)
    #expect(try at(next(.openAIChat, reply), "/messages/1/reasoning_content") == nil)
    var quirks = Quirks()
    quirks.returnsReasoning = true
    #expect(
      try at(next(.openAIChat, reply, quirks), "/messages/1")
        == parsed(
          """
          {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [{"id": "c1",
            "type": "function", "function": {"name": "weather", "arguments": "{}"},
            "extra_content": {"google": {"thought_signature": "s"}}}]}
          """
        )
    )
  }

  @Test func `Ollama gets the thought that led to a call`() throws {
    let reply = try answer(
      .ollama,
      """
      {"message": {"role": "assistant", "content": "", "thinking": "hm", "tool_calls": [
        {"function": {"name": "weather", "arguments": {}}}]}, "done": true, "done_reason": "stop"}
      """,
      isStream: false
    )
    #expect(try at(next(.ollama, reply), "/messages/1/thinking") == "hm")
  }

  @Test func `a text that was added, and a call that was changed, is said, and the old wording is not`() throws {
    let part = #"{"functionCall": {"name": "weather", "args": {"city": "Rome"}}, "thoughtSignature": "s1"}"#
    let reply = try answer(
      .gemini,
      "{\"candidates\": [{\"content\": {\"parts\": [\(part)]}, \"finishReason\": \"STOP\"}]}",
      isStream: false
    )
    #expect(try at(next(.gemini, reply), "/contents/1/parts") == .array([parsed(part)]))
    var added = reply
    added.text = "I look"
    #expect(try at(next(.gemini, added), "/contents/1/parts/0/text") == "I look")
    var changed = reply
    changed.toolUses[0].arguments = ["city": "Bonn"]
    #expect(try at(next(.gemini, changed), "/contents/1/parts/0/functionCall/args/city") == "Bonn")
  }

  @Test func `what one provider keeps is nothing to another`() throws {
    let reply = try answer(.anthropic, "{\"content\": \(Self.claude), \"stop_reason\": \"tool_use\"}", isStream: false)
    for format in ModelFormat.allCases where format != .anthropic {
      let messages = [ModelMessage(.user, "?"), ModelMessage(answer: reply, of: .anthropic)]
      let body = written(format, ModelRequest(messages: messages)).description
      #expect(!body.contains("s1") && !body.contains("hm"), "\(format)")
      #expect(body.contains("I look"), "\(format)")
    }
  }
}
