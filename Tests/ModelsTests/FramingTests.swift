import JSON
import Testing

@testable import Models

/// The same bytes in whatever pieces, and the liberties that servers take with server-sent events.
@Suite struct `records of a stream` {
  private static let hello = #"{"choices": [{"delta": {"content": "Grüße, 你好"}}]}"#
  private static let stop = #"{"choices": [{"delta": {}, "finish_reason": "stop"}]}"#

  private static let streams: [String] = [
    "data: \(hello)\n\ndata: \(stop)\n\ndata: [DONE]\n\n", "data: \(hello)\r\n\r\ndata: \(stop)\r\n\r\n",
    "data: \(hello)\r\rdata: \(stop)\r\r", "data: \(hello)\r\n\ndata: \(stop)\n\r\n",
    "\u{FEFF}data: \(hello)\n\ndata: \(stop)", "data:\(hello)\n\ndata:\(stop)\n\ndata:[DONE]",
    ": comment\n\n:\n\nevent: x\nid: 7\nretry: 10\ndata: \(hello)\n: inside\n\n\n\n\ndata: \(stop)\n\n",
    "data: \(hello.dropLast(40))\ndata: \(hello.suffix(40))\n\ndata: \(stop)\n\n",
    "data\n\ndata:\n\ndata:   \n\ndata: \(hello)\n\ndata: \(stop)\n\ndata: [DONE] \n\ndata: nonsense\n\n",
    "event: ping\n\ndata: \(hello)\n\ndata: \(stop)\n\n",
  ]

  @Test(arguments: streams) func `are the same whole, byte by byte and in any pieces`(stream: String) throws {
    // The line is broken in a place where JSON allows white space, or else inside a text.
    let stream = stream.replacing("\(Self.hello.dropLast(40))\n", with: "{\"choices\": [\n")
      .replacing("data: \(Self.hello.suffix(40))\n", with: "data: \(Self.hello.dropFirst(13))\n")
    let bytes = Array(stream.utf8)
    let whole = read(.openAIChat, bytes)
    #expect(whole.error == nil)
    #expect(whole.told == "Grüße, 你好")
    #expect(whole.response?.stop == .stop)
    for size in 1..<min(bytes.count, 64) { #expect(read(.openAIChat, bytes, size: size) == whole, "pieces of \(size)") }
  }

  @Test func `have lines of any end, and a CR LF is one`() throws {
    for end in ["\n", "\r", "\r\n"] {
      let lines = ["data: {\"choices\":", "data: [{\"delta\": {\"content\": \"x\"}}]}", "", "data: [DONE]", "", ""]
      #expect(try answer(.openAIChat, lines.joined(separator: end)).text == "x")
    }
  }

  @Test func `that are half JSON and yet ended are no cut`() throws {
    let error = try failure(.openAIChat, events(#"{"choices": [{"delta": {"#, Self.stop))
    #expect(error.code == .notJSON)
    #expect(error.message.hasPrefix("record 1 of the stream is no JSON"))
  }

  @Test func `are split at every byte alike, and glued`() {
    let bytes = Array("data: \(Self.hello)\r\n\r\ndata: \(Self.stop)\r\n\r\ndata: [DONE]\r\n\r\n".utf8)
    let whole = read(.openAIChat, bytes)
    for place in 0...bytes.count {
      var reader = ReplyReader(.openAIChat, isStream: true)
      var told: [ModelDelta] = []
      for part in [bytes[..<place], bytes[place...]] {
        part.withUnsafeBytes { part in #expect(throws: Never.self) { try reader.take(part) { told.append($0) } } }
      }
      #expect(told == whole.deltas, "split at \(place)")
      #expect(reader.records == 3)
    }
  }

  @Test func `a field of the event's name that came without data is forgotten`() throws {
    let stream = "event: error\n\nevent: message_stop\ndata: {}\n\n"
    let content = #"data: {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": "x"}}"#
    #expect(try answer(.anthropic, content + "\n\n" + stream).text == "x")
  }

  @Test func `a server's own field for errors is an error`() throws {
    let error = try failure(
      .openAIChat,
      "error: {\"code\": 500, \"message\": \"slot lost\", \"type\": \"server_error\"}\n\n"
    )
    #expect(error.code == .serverError)
    #expect(error.message == "slot lost")
  }

  @Test(arguments: ModelFormat.allCases) func `after an end mark nothing counts`(format: ModelFormat) {
    let end =
      switch format {
      case .openAIChat: "data: [DONE]\n\n"
      case .openAIResponses: events(#"{"type": "response.completed", "response": {"output": []}}"#)
      case .anthropic: events(#"{"type": "message_stop"}"#)
      case .gemini: events(#"{"candidates": [{"finishReason": "STOP"}]}"#, "[DONE]")
      case .ollama: "{\"message\": {}, \"done\": true}\n"
      }
    let rest = format == .gemini ? "" : format == .ollama ? "nonsense\n" : "data: nonsense\n\n"
    let reading = read(format, end + rest)
    #expect(reading.error == nil)
    #expect(reading.response?.text == "")
  }
}
