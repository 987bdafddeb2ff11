import JSON
import Testing

@testable import Models

@Suite struct `what is written for OpenAI's responses` {
  @Test func `the system becomes instructions, and parts become typed content`() throws {
    var request = ModelRequest(messages: [
      ModelMessage(.system, "be brief"), ModelMessage(.system, "be kind"),
      ModelMessage(.user, [.text("what?"), .image(mediaType: "image/png", data: "AAAA")]),
      ModelMessage(.assistant, "a cat"),
    ])
    request.maxTokens = 9
    request.streams = true
    let (path, body) = ModelFormat.openAIResponses.write(request, model: "gpt", quirks: Quirks())
    #expect(path == "/responses")
    #expect(
      try body
        == parsed(
          """
          {"model": "gpt", "store": false, "instructions": "be brief\\n\\nbe kind", "max_output_tokens": 9,
           "stream": true, "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "what?"},
              {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "a cat"}]}]}
          """
        )
    )
  }

  @Test func `items keep the order in which things were said`() throws {
    let request = ModelRequest.conversation(
      ModelMessage(
        .assistant,
        [.text("let me look"), .toolUse(ToolUse(id: "c1", name: "weather", arguments: ["city": "Rome"]))]
      ),
      ModelMessage(.tool, [.toolResult(ToolOutcome(id: "c1", name: "weather", text: "sun")), .text("go on")])
    )
    let input = try #require(written(.openAIResponses, request)["input"]?.arrayValue)
    #expect(
      input.map { $0["type"]?.stringValue } == [
        "message", "message", "function_call", "function_call_output", "message",
      ]
    )
    #expect(
      try input[2]
        == parsed(
          #"{"type": "function_call", "call_id": "c1", "name": "weather", "arguments": "{\"city\":\"Rome\"}"}"#
        )
    )
    #expect(try input[3] == parsed(#"{"type": "function_call_output", "call_id": "c1", "output": "sun"}"#))
    #expect(input[4]["role"] == "user")
  }

  @Test func `tools are flat, and strict only where their schema allows it`() throws {
    var request = ModelRequest.conversation()
    request.toolChoice = .named("weather")
    request.tools.append(
      ToolOffer(
        name: "now",
        description: "",
        parameters: ["type": "object", "properties": [:], "additionalProperties": false]
      )
    )
    let body = written(.openAIResponses, request)
    #expect(body["tool_choice"] == ["type": "function", "name": "weather"])
    #expect(try at(body, "/tools/0/name") == "weather")
    #expect(try at(body, "/tools/0/strict") == false)
    #expect(try at(body, "/tools/1/strict") == true)
  }

  @Test func `effort asks for the encrypted reasoning that must go back, and a schema is a text format`() throws {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.effort = "high"
    request.schema = ["type": "object"]
    let body = written(.openAIResponses, request)
    #expect(body["reasoning"] == ["effort": "high"])
    #expect(body["include"] == ["reasoning.encrypted_content"])
    #expect(
      try body["text"]
        == parsed(
          #"{"format": {"type": "json_schema", "name": "answer", "schema": {"type": "object"}, "strict": false}}"#
        )
    )
  }

  @Test func `a conversation of nothing but the system is said by the user`() throws {
    for format in [ModelFormat.openAIResponses, .anthropic, .gemini] {
      let body = written(format, ModelRequest(messages: [ModelMessage(.system, "say hello")]))
      #expect(body["system"] == nil && body["instructions"] == nil && body["systemInstruction"] == nil)
      #expect((body["messages"] ?? body["input"] ?? body["contents"])?[0]?["role"] == "user")
    }
  }
}
