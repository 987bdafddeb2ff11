import JSON
import Testing

@testable import Models

@Suite struct `what is read of Ollama` {
  private static let lines = [
    #"{"model": "qwen3:4b", "created_at": "x", "message": {"role": "assistant", "content": "", "thinking": "hm"}}"#,
    #"{"model": "qwen3:4b", "message": {"role": "assistant", "content": "I "}, "done": false}"#,
    #"{"model": "qwen3:4b", "message": {"role": "assistant", "content": "look"}, "done": false}"#,
    #"{"model": "qwen3:4b", "message": {"content": "", "tool_calls": [{"function": {"name": "weather", "#
      + #""arguments": {"city": "Rome"}}}, {"id": "x", "function": {"name": "now", "arguments": "{}"}}]}}"#,
    #"{"model": "qwen3:4b", "message": {"role": "assistant", "content": ""}, "done": true, "done_reason": "stop", "#
      + #""total_duration": 1, "prompt_eval_count": 20, "eval_count": 9}"#,
  ]

  @Test(arguments: ["\n", "\r\n", "\n\n"])
  func `a stream is a record on each line`(end: String) throws {
    for text in [Self.lines.joined(separator: end), Self.lines.map { $0 + end }.joined()] {
      let reading = read(.ollama, text)
      #expect(reading.error == nil)
      #expect(reading.deltas == [.reasoning("hm"), .text("I "), .text("look")])
      let reply = try #require(reading.response)
      #expect(
        reply.toolUses == [
          ToolUse(id: "call_1", name: "weather", arguments: ["city": "Rome"]),
          ToolUse(id: "x", name: "now", arguments: [:]),
        ]
      )
      #expect(reply.stop == .toolCalls)
      #expect(reply.usage == ModelUsage(input: 20, output: 9))
      #expect(reply.model == "qwen3:4b")
    }
  }

  @Test func `a whole answer is one record`() throws {
    let whole = #"{"model": "m", "message": {"content": "yes"}, "done": true, "done_reason": "length"}"#
    let reply = try answer(.ollama, whole, isStream: false)
    #expect(reply.text == "yes")
    #expect(reply.stop == .length)
    #expect(reply.usage == nil)
    #expect(try failure(.ollama, #"{"done": true}"#, isStream: false).code == .malformedReply)
  }

  @Test func `an error in the middle of a stream is told`() throws {
    let error = try failure(
      .ollama,
      Self.lines[0] + "\n" + #"{"error": "an error was encountered while running"}"# + "\n"
    )
    #expect(error.code == .errorInStream)
    #expect(error.message == "an error was encountered while running")
    #expect(error.isTransient)
    #expect(
      try failure(.ollama, #"{"error": "the input length exceeds the context length"}"#).code == .contextOverflow
    )
    #expect(
      try failure(.ollama, #"{"error": "model 'x' not found"}"#, isStream: false).code == .unknownModel
    )
  }

  @Test func `a stream that ends before its last line, or inside one, is cut`() throws {
    #expect(try failure(.ollama, Self.lines[0..<4].joined(separator: "\n")).code == .streamCut)
    #expect(try failure(.ollama, Self.lines.joined(separator: "\n").dropLast(5).description).code == .streamCut)
  }

  @Test func `what follows the last record is nothing`() throws {
    #expect(try answer(.ollama, Self.lines.joined(separator: "\n") + "\n{\"error\": \"late\"}\n").text == "I look")
  }
}
