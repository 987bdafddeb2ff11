import JSON
import Testing

@testable import Models

@Suite struct `limits of an answer` {
  /// A record of `count` bytes with its field, and the end of a stream.
  private func stream(_ count: Int) -> [UInt8] {
    let start = #"data: {"choices": [{"delta": {"content": ""#
    let end = #""}, "finish_reason": "stop"}]}"#
    let text = String(repeating: "a", count: count - start.utf8.count - end.utf8.count)
    return Array("\(start)\(text)\(end)\n\n".utf8)
  }

  @Test func `a record has 8 MiB and no more`() {
    #expect(read(.openAIChat, stream(EventStream.limit)).response?.text.utf8.count ?? 0 > EventStream.limit - 100)
    for size in [nil, 65_536, 1_000_003] {
      let error = read(.openAIChat, stream(EventStream.limit + 1), size: size).error
      #expect(error?.code == .replyTooLarge)
      #expect(error?.message == "a record of the stream exceeds the limit of 8388608 bytes")
    }
  }

  @Test func `a record of many lines, and lines that belong to none, have the same limit`() {
    let lines = Array(String(repeating: "data: \(String(repeating: " ", count: 1000))\n", count: 8400).utf8)
    #expect(read(.openAIChat, lines).error?.code == .replyTooLarge)
    let stray = Array(String(repeating: "\(String(repeating: "x", count: 1000))\n", count: 8400).utf8)
    #expect(read(.openAIChat, stray).error?.code == .replyTooLarge)
    // Comments are kept nowhere.
    let comments = Array(String(repeating: ":\(String(repeating: "x", count: 1000))\n", count: 8400).utf8)
    #expect(read(.openAIChat, comments + stream(200)).response?.stop == .stop)
  }

  @Test func `a whole answer has 32 MiB and no more`() {
    let json = Array(#"{"message": {"content": "hi"}, "done": true}"#.utf8)
    let most = json + [UInt8](repeating: 0x20, count: ReplyReader.limit - json.count)
    #expect(read(.ollama, most, isStream: false).response?.text == "hi")
    let error = read(.ollama, most + [0x20], isStream: false, size: 1 << 20).error
    #expect(error?.code == .replyTooLarge)
    #expect(error?.message == "the answer exceeds the limit of 33554432 bytes")
  }

  @Test func `a stream has 64 MiB and no more`() throws {
    let comment = Array(":\(String(repeating: "x", count: (1 << 20) - 2))\n".utf8)
    var reader = ReplyReader(.openAIChat, isStream: true)
    for _ in 0..<(ReplyReader.streamLimit >> 20) { try comment.withUnsafeBytes { try reader.take($0) { _ in } } }
    let error = #expect(throws: ModelError.self) {
      try [UInt8(ascii: "\n")].withUnsafeBytes { try reader.take($0) { _ in } }
    }
    #expect(error?.code == .replyTooLarge)
    #expect(error?.message == "the answer exceeds the limit of 67108864 bytes")
  }

  @Test func `counts that make no sense are none`() throws {
    let usage = #"{"prompt_tokens": -5, "completion_tokens": 1e300, "prompt_tokens_details": {"cached_tokens": "x"}}"#
    let reply = try answer(
      .openAIChat,
      "{\"choices\": [{\"message\": {\"content\": \"x\"}}], \"usage\": \(usage)}",
      isStream: false
    )
    #expect(reply.usage == ModelUsage())
    let large = #"{"message": {"content": "x"}, "done": true, "eval_count": 9223372036854775807}"#
    #expect(try answer(.ollama, large, isStream: false).usage?.output == 1 << 40)
  }
}
