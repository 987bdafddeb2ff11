import JSON
import Testing

@testable import Models

@Suite struct `what is written for OpenAI's chat` {
  @Test func `the system, the user and an image are said in their order`() throws {
    let request = ModelRequest(messages: [
      ModelMessage(.system, "be brief"),
      ModelMessage(
        .user,
        [.text("what is this?"), .image(mediaType: "image/png", data: "AAAA"), .imageURL("http://i")]
      ),
      ModelMessage(.assistant, "a cat"),
    ])
    let (path, body) = ModelFormat.openAIChat.write(request, model: "gpt", quirks: Quirks())
    #expect(path == "/chat/completions")
    #expect(
      try body
        == parsed(
          """
          {"model": "gpt", "messages": [
            {"role": "system", "content": "be brief"},
            {"role": "user", "content": [
              {"type": "text", "text": "what is this?"},
              {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
              {"type": "image_url", "image_url": {"url": "http://i"}}]},
            {"role": "assistant", "content": "a cat"}]}
          """
        )
    )
  }

  @Test func `a call is an argument text, and each result a message before what the user adds`() throws {
    let request = ModelRequest.conversation(
      ModelMessage(
        .assistant,
        [
          .toolUse(ToolUse(id: "a", name: "weather", arguments: ["city": "Rome"])),
          .toolUse(ToolUse(id: "b", name: "weather", arguments: [:])),
        ]
      ),
      ModelMessage(
        .user,
        [
          .text("and?"),
          .toolResult(ToolOutcome(id: "a", name: "weather", text: "sun")),
          .toolResult(ToolOutcome(id: "b", name: "weather", text: "no city", isError: true)),
        ]
      )
    )
    #expect(
      try written(.openAIChat, request)["messages"]
        == parsed(
          """
          [{"role": "user", "content": "weather in Rome?"},
           {"role": "assistant", "content": null, "tool_calls": [
             {"id": "a", "type": "function", "function": {"name": "weather", "arguments": "{\\"city\\":\\"Rome\\"}"}},
             {"id": "b", "type": "function", "function": {"name": "weather", "arguments": "{}"}}]},
           {"role": "tool", "tool_call_id": "a", "content": "sun"},
           {"role": "tool", "tool_call_id": "b", "content": "no city"},
           {"role": "user", "content": "and?"}]
          """
        )
    )
  }

  @Test(arguments: [
    (ToolChoice.auto, "\"auto\""), (.none, "\"none\""), (.required, "\"required\""),
    (.named("weather"), #"{"type": "function", "function": {"name": "weather"}}"#),
  ])
  func `a choice of tools is said in its words`(choice: ToolChoice, text: String) throws {
    var request = ModelRequest.conversation()
    request.toolChoice = choice
    let body = written(.openAIChat, request)
    #expect(try body["tool_choice"] == parsed(text))
    #expect(
      try body["tools"]
        == parsed(
          """
          [{"type": "function", "function": {"name": "weather", "description": "Tells the weather.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
          """
        )
    )
  }

  @Test func `a schema is strict only where it is closed and requires all`() throws {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.schema = [
      "type": "object", "properties": ["a": ["type": "integer"]], "required": ["a"], "additionalProperties": false,
    ]
    #expect(try at(written(.openAIChat, request), "/response_format/json_schema/strict") == true)
    #expect(try at(written(.openAIChat, request), "/response_format/json_schema/schema") == request.schema)
    request.schema = ["type": "object", "properties": ["a": ["type": "integer"]]]
    #expect(try at(written(.openAIChat, request), "/response_format/json_schema/strict") == false)
    var quirks = Quirks()
    quirks.schema = .object
    #expect(written(.openAIChat, request, quirks: quirks)["response_format"] == ["type": "json_object"])
    quirks.schema = .prompt
    #expect(written(.openAIChat, request, quirks: quirks)["response_format"] == nil)
  }

  @Test func `bounds, stops, effort and a stream are written; quirks rename, clamp, drop and add`() throws {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.maxTokens = 7
    request.temperature = 1.5
    request.topP = 0.5
    request.stop = ["END"]
    request.effort = "low"
    request.streams = true
    #expect(
      try written(.openAIChat, request)
        == parsed(
          """
          {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_tokens": 7, "temperature": 1.5,
           "top_p": 0.5, "stop": ["END"], "reasoning_effort": "low", "stream": true,
           "stream_options": {"include_usage": true}}
          """
        )
    )
    var quirks = Quirks()
    quirks.maxTokensMember = "max_completion_tokens"
    quirks.temperature = 0...1
    quirks.drops = ["top_p", "stop"]
    quirks.extra = ["user": "bulkhead", "stop": ["never"]]
    quirks.asksForStreamUsage = false
    #expect(
      try written(.openAIChat, request, quirks: quirks)
        == parsed(
          """
          {"model": "m", "messages": [{"role": "user", "content": "x"}], "max_completion_tokens": 7, "temperature": 1,
           "reasoning_effort": "low", "stream": true, "user": "bulkhead"}
          """
        )
    )
  }
}
