import JSON
import Testing

@testable import Models

/// What is no answer at all, under status 200.
@Suite struct `what comes in place of an answer` {
  private static let page = "\n <!DOCTYPE html>\n<html><body>data: sign in</body></html>"

  @Test(arguments: ModelFormat.allCases, [true, false])
  func `a page is told from JSON`(format: ModelFormat, isStream: Bool) throws {
    let error = try failure(format, Self.page, isStream: isStream)
    #expect(error.code == .html)
    #expect(error.hint != nil)
    #expect(!error.isTransient)
  }

  @Test(arguments: ModelFormat.allCases, [true, false])
  func `nothing is told as nothing, and may be something next time`(format: ModelFormat, isStream: Bool) throws {
    for text in ["", " \r\n\r\n", "\u{FEFF}"] {
      let error = try failure(format, text, isStream: isStream)
      #expect(error.code == .emptyReply)
      #expect(error.isTransient)
    }
  }

  @Test(arguments: ModelFormat.allCases, [true, false])
  func `half an answer is a cut, which may go better`(format: ModelFormat, isStream: Bool) throws {
    let error = try failure(format, #"{"id": "x", "choi"#, isStream: isStream)
    #expect(error.code == .streamCut)
    #expect(error.isTransient)
  }

  @Test(arguments: ModelFormat.allCases, [true, false])
  func `what is no JSON is told with the place`(format: ModelFormat, isStream: Bool) throws {
    let error = try failure(format, "upstream connect error\n", isStream: isStream)
    #expect(error.code == .notJSON)
    #expect(error.message.contains("byte") || error.message.contains("offset"))
    #expect(!error.isTransient)
  }

  @Test(arguments: ModelFormat.allCases, [true, false])
  func `JSON of another kind is malformed or an end that never comes`(format: ModelFormat, isStream: Bool) throws {
    for text in ["{}", "[]", "7", "null", #"{"choices": 7, "content": {}, "output": "x", "message": 1}"#] {
      let error = try failure(format, text, isStream: isStream)
      #expect([.malformedReply, .streamCut].contains(error.code), "\(text)")
    }
  }

  @Test(arguments: [
    (ModelFormat.openAIChat, #"{"choices": [{"message": {"content": "hi"}, "finish_reason": "stop"}]}"#),
    (.openAIResponses, #"{"output": [{"type": "message", "content": [{"text": "hi"}]}]}"#),
    (.anthropic, "{\n  \"content\": [{\"type\": \"text\", \"text\": \"hi\"}],\n\n  \"stop_reason\": \"end_turn\"\n}\n"),
    (.gemini, #"{"candidates": [{"content": {"parts": [{"text": "hi"}]}, "finishReason": "STOP"}]}"#),
    (.ollama, #"{"message": {"content": "hi"}, "done": true}"#),
  ])
  func `an answer in one piece is one, though a stream was promised`(format: ModelFormat, text: String) throws {
    for size in [1, 7, text.utf8.count] {
      let reading = read(format, Array(text.utf8), size: size)
      #expect(reading.error == nil)
      #expect(reading.response?.text == "hi")
    }
    #expect(try answer(format, "\u{FEFF}" + text, isStream: false).text == "hi")
  }

  @Test(arguments: ModelFormat.allCases, [true, false])
  func `an error where an answer is due is told`(format: ModelFormat, isStream: Bool) throws {
    let error = try failure(
      format,
      #"{"error": {"message": "maximum context length is 4096 tokens", "type": "invalid_request_error"}}"#,
      isStream: isStream
    )
    #expect(error.code == .contextOverflow)
  }
}
