import JSON
import Testing

@testable import Models

@Suite struct `what is written for Gemini` {
  @Test func `the system stands apart, the model is in the path, and images are inline`() throws {
    var request = ModelRequest(messages: [
      ModelMessage(.system, "be brief"),
      ModelMessage(.user, [.text("what?"), .image(mediaType: "image/png", data: "AA")]),
      ModelMessage(.assistant, "a cat"), ModelMessage(.user, ""), ModelMessage(.assistant, "indeed"),
    ])
    let (path, body) = ModelFormat.gemini.write(request, model: "tuned/a b", quirks: Quirks())
    #expect(path == "/models/tuned%2Fa%20b:generateContent")
    #expect(
      try body
        == parsed(
          """
          {"systemInstruction": {"parts": [{"text": "be brief"}]}, "contents": [
            {"role": "user", "parts": [{"text": "what?"}, {"inlineData": {"mimeType": "image/png", "data": "AA"}}]},
            {"role": "model", "parts": [{"text": "a cat"}, {"text": "indeed"}]}]}
          """
        )
    )
    request.streams = true
    #expect(
      ModelFormat.gemini.write(request, model: "m", quirks: Quirks()).path == "/models/m:streamGenerateContent?alt=sse"
    )
  }

  @Test func `parallel results follow their calls, with the ids that the model gave and none that it did not`() throws {
    let request = ModelRequest.conversation(
      ModelMessage(
        .assistant,
        [
          .toolUse(ToolUse(id: "x7", name: "weather", arguments: ["city": "Rome"])),
          .toolUse(ToolUse(id: "call_2", name: "weather", arguments: ["city": "Oslo"])),
        ]
      ),
      ModelMessage(.tool, [.toolResult(ToolOutcome(id: "x7", name: "weather", text: "sun"))]),
      ModelMessage(.tool, [.toolResult(ToolOutcome(id: "call_2", name: "weather", text: "?", isError: true))])
    )
    let contents = try #require(written(.gemini, request)["contents"]?.arrayValue)
    #expect(
      try contents[1]
        == parsed(
          """
          {"role": "model", "parts": [
            {"functionCall": {"id": "x7", "name": "weather", "args": {"city": "Rome"}}},
            {"functionCall": {"name": "weather", "args": {"city": "Oslo"}}}]}
          """
        )
    )
    #expect(
      try contents[2]
        == parsed(
          """
          {"role": "user", "parts": [
            {"functionResponse": {"id": "x7", "name": "weather", "response": {"output": "sun"}}},
            {"functionResponse": {"name": "weather", "response": {"error": "?"}}}]}
          """
        )
    )
  }

  @Test(arguments: [
    (ToolChoice.auto, #"{"mode": "AUTO"}"#), (.none, #"{"mode": "NONE"}"#), (.required, #"{"mode": "ANY"}"#),
    (.named("weather"), #"{"mode": "ANY", "allowedFunctionNames": ["weather"]}"#),
  ])
  func `a choice of tools is a mode`(choice: ToolChoice, text: String) throws {
    var request = ModelRequest.conversation()
    request.toolChoice = choice
    let body = written(.gemini, request)
    #expect(try at(body, "/toolConfig/functionCallingConfig") == parsed(text))
    #expect(try at(body, "/tools/0/functionDeclarations/0/parametersJsonSchema") == ToolOffer.weather.parameters)
  }

  @Test func `bounds, stops, a schema and effort are its configuration`() throws {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.maxTokens = 5
    request.temperature = 3
    request.topP = 0.5
    request.stop = ["END"]
    request.schema = ["type": "object"]
    request.effort = "none"
    #expect(
      try written(.gemini, request, model: "gemini-2.5-flash")["generationConfig"]
        == parsed(
          """
          {"maxOutputTokens": 5, "temperature": 2, "topP": 0.5, "stopSequences": ["END"],
           "responseMimeType": "application/json", "responseJsonSchema": {"type": "object"},
           "thinkingConfig": {"thinkingBudget": 0}}
          """
        )
    )
    #expect(
      try at(
        written(.gemini, request, model: "gemini-2.5-pro"),
        "/generationConfig/thinkingConfig/thinkingBudget"
      ) == 128
    )
  }

  @Test func `a call of another provider's model gets the mark that stands for a signature, where one is demanded`()
    throws
  {
    let request = ModelRequest.conversation(
      ModelMessage(
        .assistant,
        [
          .text("looking"), .toolUse(ToolUse(id: "toolu_1", name: "weather", arguments: [:])),
          .toolUse(ToolUse(id: "toolu_2", name: "weather", arguments: [:])),
        ]
      )
    )
    let parts = try at(written(.gemini, request, model: "gemini-3-pro-preview"), "/contents/1/parts")
    #expect(
      parts?.arrayValue?.map { $0["thoughtSignature"] } == [nil, "skip_thought_signature_validator", nil]
    )
    let older = try at(written(.gemini, request, model: "gemini-2.5-pro"), "/contents/1/parts")
    #expect(older?.arrayValue?.allSatisfy { $0["thoughtSignature"] == nil } == true)
  }
}
