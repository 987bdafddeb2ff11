import JSON
import Testing

@testable import Models

@Suite struct `ids of calls` {
  private func conversation(_ ids: String...) -> ModelRequest {
    ModelRequest(
      messages: ids.flatMap { id in
        [
          ModelMessage(.assistant, [.toolUse(ToolUse(id: id, name: "weather", arguments: [:]))]),
          ModelMessage(.tool, [.toolResult(ToolOutcome(id: id, name: "weather", text: "sun"))]),
        ]
      }
    )
  }

  private func pairs(_ request: ModelRequest) -> [[String]] {
    let messages = CallIDs.unique(request.messages, for: .anthropic)
    return stride(from: 0, to: messages.count, by: 2).map { place in
      [messages[place].toolUses[0].id, messages[place + 1].toolOutcomes[0].id]
    }
  }

  @Test func `an id that comes again is another one, and each result stays with its call`() {
    #expect(
      pairs(conversation("call_1", "call_1", "call_1", "call_1_2"))
        == [["call_1", "call_1"], ["call_1_2", "call_1_2"], ["call_1_3", "call_1_3"], ["call_1_2_2", "call_1_2_2"]]
    )
  }

  @Test func `what not every provider takes is replaced`() {
    #expect(pairs(conversation("functions.weather:0")) == [["functions_weather_0", "functions_weather_0"]])
    #expect(pairs(conversation("")) == [["call_2", "call_2"]])
    let long = pairs(conversation(String(repeating: "a", count: 200), String(repeating: "a", count: 201)))
    #expect(long.allSatisfy { $0[0] == $0[1] && $0[0].utf8.count <= CallIDs.limit })
    #expect(long[0] != long[1])
  }

  @Test func `good ids go as they are, in every format`() throws {
    #expect(pairs(conversation("toolu_01A-b")) == [["toolu_01A-b", "toolu_01A-b"]])
    for (format, pointer) in [
      (ModelFormat.openAIChat, "/messages/0/tool_calls/0/id"), (.openAIResponses, "/input/0/call_id"),
      (.anthropic, "/messages/0/content/0/id"), (.gemini, "/contents/0/parts/0/functionCall/id"),
      (.ollama, "/messages/0/tool_calls/0/id"),
    ] {
      #expect(try at(written(format, conversation("toolu_1")), pointer) == "toolu_1", "\(format)")
    }
  }

  @Test func `an answer in its provider's words keeps its own, in every turn`() throws {
    let line = #"{"message": {"thinking": "hm", "tool_calls": [{"function": {"name": "t"}}]}, "done": true}"#
    let turn = [
      ModelMessage(answer: try answer(.ollama, line), of: .ollama),
      ModelMessage(.tool, [.toolResult(ToolOutcome(id: "call_1", name: "t", text: "sun"))]),
    ]
    let messages = try #require(written(.ollama, ModelRequest(messages: turn + turn))["messages"]?.arrayValue)
    #expect(messages.map { $0["thinking"] } == ["hm", nil, "hm", nil])
    #expect(messages.map { $0["tool_call_id"] } == [nil, "call_1", nil, "call_1"])
    // To others it is an answer like any.
    let others = try #require(written(.openAIChat, ModelRequest(messages: turn + turn))["messages"]?.arrayValue)
    #expect(others.map { $0["tool_call_id"] } == [nil, "call_1", nil, "call_1_2"])
  }

  @Test func `many ids of one kind cost no search`() {
    let many = [String](repeating: "x", count: 20_000)
    let messages = many.map { ModelMessage(.assistant, [.toolUse(ToolUse(id: $0, name: "t", arguments: [:]))]) }
    let ids = Set(CallIDs.unique(messages, for: .anthropic).flatMap(\.toolUses).map(\.id))
    #expect(ids.count == many.count)
  }
}
