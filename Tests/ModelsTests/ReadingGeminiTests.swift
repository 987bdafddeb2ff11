import JSON
import Testing

@testable import Models

@Suite struct `what is read of Gemini` {
  private static let records = [
    #"{"candidates": [{"content": {"role": "model", "parts": [{"text": "hm", "thought": true}]}}], "#
      + #""usageMetadata": {"promptTokenCount": 20}, "modelVersion": "gemini-x", "responseId": "r1"}"#,
    #"{"candidates": [{"content": {"parts": [{"text": "I look"}]}}]}"#,
    #"{"candidates": [{"content": {"parts": [{"functionCall": {"name": "weather", "args": {"city": "Rome"}}}, "#
      + #"{"functionCall": {"id": "x7", "name": "now"}}]}, "finishReason": "STOP"}], "usageMetadata": "#
      + #"{"promptTokenCount": 20, "cachedContentTokenCount": 8, "candidatesTokenCount": 6, "thoughtsTokenCount": 3}}"#,
  ]

  private func check(_ reply: ModelResponse) {
    #expect(reply.text == "I look")
    #expect(reply.reasoning == "hm")
    #expect(
      reply.toolUses == [
        ToolUse(id: "call_1", name: "weather", arguments: ["city": "Rome"]),
        ToolUse(id: "x7", name: "now", arguments: [:]),
      ]
    )
    #expect(reply.stop == .toolCalls)
    #expect(reply.usage == ModelUsage(input: 20, output: 9, cached: 8, reasoning: 3))
    #expect(reply.model == "gemini-x")
    #expect(reply.id == "r1")
    #expect(reply.opaque == [])
  }

  @Test func `a stream's records have the shape of a whole answer`() throws {
    let reading = read(.gemini, Self.records.map { "data: \($0)\r\n\r\n" }.joined())
    #expect(reading.deltas == [.reasoning("hm"), .text("I look")])
    check(try #require(reading.response))
  }

  @Test func `an array of records is read like a stream`() throws {
    check(try answer(.gemini, "[\(Self.records.joined(separator: "\n,\r\n"))]", isStream: false))
    // Said to be a stream of events, which it is not.
    check(try answer(.gemini, "[\(Self.records.joined(separator: "\n,\r\n"))]"))
    #expect(try failure(.gemini, "[\(Self.records[0])]", isStream: false).code == .streamCut)
    #expect(try failure(.gemini, "[\(Self.records[0]),", isStream: false).code == .streamCut)
  }

  @Test func `a blocked request is told, with the provider's word for it`() throws {
    let blocked =
      #"{"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "usageMetadata": {"promptTokenCount": 4}}"#
    for error in [try failure(.gemini, blocked, isStream: false), try failure(.gemini, events(blocked))] {
      #expect(error.code == .contentFilter)
      #expect(error.message.contains("PROHIBITED_CONTENT"))
      #expect(!error.isTransient)
    }
  }

  @Test(arguments: [
    ("STOP", ModelResponse.Stop.stop), ("MAX_TOKENS", .length), ("SAFETY", .contentFilter),
    ("RECITATION", .contentFilter), ("OTHER", .other), ("SOMETHING_NEW", .other),
  ])
  func `why it stopped is told`(reason: String, stop: ModelResponse.Stop) throws {
    let whole = "{\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"x\"}]}, \"finishReason\": \"\(reason)\"}]}"
    #expect(try answer(.gemini, whole, isStream: false).stop == stop)
  }

  @Test func `calls that the provider could not read, and calls without a name, are malformed`() throws {
    let unread = #"{"candidates": [{"finishReason": "MALFORMED_FUNCTION_CALL"}]}"#
    #expect(try failure(.gemini, unread, isStream: false).code == .malformedToolCall)
    let nameless =
      #"{"candidates": [{"content": {"parts": [{"functionCall": {"args": {}}}]}, "finishReason": "STOP"}]}"#
    #expect(try failure(.gemini, nameless, isStream: false).code == .malformedToolCall)
  }

  @Test func `an answer without candidates is malformed, a stream without an end cut`() throws {
    #expect(try failure(.gemini, #"{"usageMetadata": {}}"#, isStream: false).code == .malformedReply)
    #expect(try failure(.gemini, #"{"candidates": []}"#, isStream: false).code == .malformedReply)
    #expect(try failure(.gemini, events(Self.records[0], Self.records[1])).code == .streamCut)
  }

  @Test func `an error inside a stream is told, alone or in an array`() throws {
    let error = #"{"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}"#
    #expect(try failure(.gemini, events(Self.records[0], error)).code == .overloaded)
    #expect(try failure(.gemini, "[\(Self.records[0]), \(error)]", isStream: false).code == .overloaded)
    #expect(try failure(.gemini, events("[\(error)]")).code == .overloaded)
  }

  @Test func `signed parts are counted: 4096 and no more, and calls 128`() throws {
    func stream(_ part: String, _ count: Int) -> String {
      events(
        "{\"candidates\": [{\"content\": {\"parts\": [\([String](repeating: part, count: count).joined(separator: ","))]},"
          + "\"finishReason\": \"STOP\"}]}"
      )
    }
    let signed = #"{"text": "a", "thoughtSignature": "s"}"#
    #expect(try answer(.gemini, stream(signed, 4096)).text.utf8.count == 4096)
    #expect(try failure(.gemini, stream(signed, 4097)).code == .malformedReply)
    let call = #"{"functionCall": {"name": "t"}}"#
    #expect(try answer(.gemini, stream(call, 128)).toolUses.count == 128)
    #expect(try failure(.gemini, stream(call, 129)).code == .malformedToolCall)
  }
}
