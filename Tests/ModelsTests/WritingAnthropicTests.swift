import JSON
import Testing

@testable import Models

@Suite struct `what is written for Anthropic` {
  @Test func `the system stands apart, sides alternate, and a bound is always there`() throws {
    let request = ModelRequest(messages: [
      ModelMessage(.system, "be brief"), ModelMessage(.user, "one"),
      ModelMessage(.user, [.text("two"), .image(mediaType: "image/png", data: "AAAA"), .imageURL("http://i")]),
      ModelMessage(.assistant, " \n"), ModelMessage(.user, "three"),
    ])
    let (path, body) = ModelFormat.anthropic.write(request, model: "claude", quirks: Quirks())
    #expect(path == "/messages")
    #expect(
      try body
        == parsed(
          """
          {"model": "claude", "max_tokens": 4096, "system": "be brief", "messages": [{"role": "user", "content": [
            {"type": "text", "text": "one"}, {"type": "text", "text": "two"},
            {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
            {"type": "image", "source": {"type": "url", "url": "http://i"}},
            {"type": "text", "text": "three"}]}]}
          """
        )
    )
  }

  @Test func `results of parallel calls come first in one turn`() throws {
    let request = ModelRequest.conversation(
      ModelMessage(
        .assistant,
        [
          .text("looking"), .toolUse(ToolUse(id: "a", name: "weather", arguments: ["city": "Rome"])),
          .toolUse(ToolUse(id: "b", name: "weather", arguments: ["city": "Oslo"])),
        ]
      ),
      ModelMessage(.tool, [.toolResult(ToolOutcome(id: "a", name: "weather", text: "sun"))]),
      ModelMessage(
        .user,
        [.text("hurry"), .toolResult(ToolOutcome(id: "b", name: "weather", text: "?", isError: true))]
      )
    )
    let messages = try #require(written(.anthropic, request)["messages"]?.arrayValue)
    #expect(messages.map { $0["role"] } == ["user", "assistant", "user"])
    #expect(
      try messages[1]["content"]
        == parsed(
          """
          [{"type": "text", "text": "looking"},
           {"type": "tool_use", "id": "a", "name": "weather", "input": {"city": "Rome"}},
           {"type": "tool_use", "id": "b", "name": "weather", "input": {"city": "Oslo"}}]
          """
        )
    )
    #expect(
      try messages[2]["content"]
        == parsed(
          """
          [{"type": "tool_result", "tool_use_id": "a", "content": "sun", "is_error": false},
           {"type": "tool_result", "tool_use_id": "b", "content": "?", "is_error": true},
           {"type": "text", "text": "hurry"}]
          """
        )
    )
  }

  @Test(arguments: [
    (ToolChoice.auto, #"{"type": "auto"}"#), (.none, #"{"type": "none"}"#), (.required, #"{"type": "any"}"#),
    (.named("weather"), #"{"type": "tool", "name": "weather"}"#),
  ])
  func `a choice of tools is said in its words, and the tools stay`(choice: ToolChoice, text: String) throws {
    var request = ModelRequest.conversation()
    request.toolChoice = choice
    let body = written(.anthropic, request)
    #expect(try body["tool_choice"] == parsed(text))
    #expect(try at(body, "/tools/0/input_schema") == ToolOffer.weather.parameters)
  }

  @Test func `a temperature is at most 1, and excludes the other way to choose`() {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.temperature = 1.5
    request.topP = 0.5
    request.stop = ["END"]
    request.streams = true
    let body = written(.anthropic, request)
    #expect(body["temperature"] == 1)
    #expect(body["top_p"] == nil)
    #expect(body["stop_sequences"] == ["END"])
    #expect(body["stream"] == true)
    request.temperature = nil
    #expect(written(.anthropic, request)["top_p"] == 0.5)
  }

  @Test func `a schema is closed and loses the bounds that are refused`() throws {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.effort = "high"
    request.schema = try parsed(
      """
      {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object", "required": ["n"], "properties": {
        "n": {"type": "integer", "minimum": 1, "description": "how many"},
        "list": {"type": "array", "minItems": 3, "items": {"properties": {"maximum": {"type": "string"}}}},
        "map": {"type": "object", "additionalProperties": {"type": "string"}},
        "either": {"oneOf": [{"type": "string", "maxLength": 3}, {"type": "null"}]}}}
      """
    )
    #expect(
      try written(.anthropic, request)["output_config"]
        == parsed(
          """
          {"effort": "high", "format": {"type": "json_schema", "schema": {
            "type": "object", "required": ["n"], "additionalProperties": false, "properties": {
              "n": {"type": "integer", "description": "how many"},
              "list": {"type": "array", "items": {"properties": {"maximum": {"type": "string"}},
                "additionalProperties": false}},
              "map": {"type": "object", "additionalProperties": {"type": "string"}},
              "either": {"anyOf": [{"type": "string"}, {"type": "null"}]}}}}}
          """
        )
    )
  }
}
