import JSON
import Testing

@testable import Models

@Suite struct `what is written for Ollama` {
  @Test func `streaming is refused in words, since it is the default, and images are bare`() throws {
    let request = ModelRequest(messages: [
      ModelMessage(.system, "be brief"),
      ModelMessage(.user, [.text("what?"), .image(mediaType: "image/png", data: "AAAA")]),
    ])
    let (path, body) = ModelFormat.ollama.write(request, model: "qwen3:4b", quirks: Quirks())
    #expect(path == "/api/chat")
    #expect(
      try body
        == parsed(
          """
          {"model": "qwen3:4b", "stream": false, "messages": [{"role": "system", "content": "be brief"},
            {"role": "user", "content": "what?", "images": ["AAAA"]}]}
          """
        )
    )
  }

  @Test func `arguments are objects, and a result names its tool`() throws {
    var request = ModelRequest.conversation(
      ModelMessage(.assistant, [.toolUse(ToolUse(id: "a", name: "weather", arguments: ["city": "Rome"]))]),
      ModelMessage(.tool, [.toolResult(ToolOutcome(id: "a", name: "weather", text: "sun")), .text("and?")])
    )
    #expect(
      try written(.ollama, request)["messages"]
        == parsed(
          """
          [{"role": "user", "content": "weather in Rome?"},
           {"role": "assistant", "content": "", "tool_calls": [
             {"id": "a", "function": {"name": "weather", "arguments": {"city": "Rome"}}}]},
           {"role": "tool", "tool_name": "weather", "tool_call_id": "a", "content": "sun"},
           {"role": "user", "content": "and?"}]
          """
        )
    )
    #expect(try at(written(.ollama, request), "/tools/0/function/name") == "weather")
    request.toolChoice = .none
    #expect(written(.ollama, request)["tools"] == nil)
  }

  @Test func `bounds and stops are options, a schema is a format`() throws {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.maxTokens = 5
    request.temperature = 3
    request.topP = 0.5
    request.stop = ["END"]
    request.schema = ["type": "object"]
    request.streams = true
    var quirks = Quirks()
    quirks.extra = ["keep_alive": "5m"]
    let body = written(.ollama, request, quirks: quirks)
    #expect(
      try body["options"] == parsed(#"{"num_predict": 5, "temperature": 2, "top_p": 0.5, "stop": ["END"]}"#)
    )
    #expect(body["format"] == ["type": "object"])
    #expect(body["stream"] == true)
    #expect(body["keep_alive"] == "5m")
    quirks.schema = .object
    #expect(written(.ollama, request, quirks: quirks)["format"] == "json")
  }

  @Test(arguments: [
    ("none", "qwen3", JSON.bool(false)), ("low", "qwen3", true), ("high", "qwen3", true),
    ("none", "gpt-oss:20b", "low"), ("medium", "gpt-oss:20b", "medium"), ("high", "gpt-oss:20b", "high"),
  ])
  func `only gpt-oss thinks by degrees`(effort: String, model: String, think: JSON) {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.effort = effort
    #expect(written(.ollama, request, model: model)["think"] == think)
  }
}
