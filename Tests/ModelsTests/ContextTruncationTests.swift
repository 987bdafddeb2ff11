import Testing

@testable import Models

@Suite struct `Texts that are cut` {
  @Test(arguments: [
    ("0123456789", 10, "0123456789"), (String(repeating: "ab", count: 100), 60, nil),
    (String(repeating: "é", count: 100), 61, nil), (String(repeating: "👍🏽", count: 100), 77, nil), ("abcdefgh", 0, nil),
  ]) func `keep their start and their end, and say how much is gone`(
    _ text: String,
    _ limit: Int,
    _ expected: String?
  ) {
    let short = ContextWindow.shortened(text, limit)
    if let expected {
      #expect(short == expected)
      return
    }
    let parts = short.split(separator: "\n", omittingEmptySubsequences: false)
    #expect(
      parts.count == 3 && text.utf8.starts(with: parts[0].utf8)
        && text.utf8.reversed().starts(with: parts[2].utf8.reversed())
    )
    let gone = text.utf8.count - parts[0].utf8.count - parts[2].utf8.count
    #expect(parts[1] == "[… \(gone) bytes left out …]")
    #expect(short.utf8.count <= max(limit, parts[1].utf8.count + 2))
    #expect(!short.unicodeScalars.contains("\u{FFFD}"))
  }

  @Test func `are the longest, before the last message of the user`() throws {
    let (longer, long) = (String(repeating: "x y ", count: 2000), String(repeating: "z ", count: 1000))
    let messages = conversation("s:" + long, "u:" + longer, "a:" + long, "a:short", "u:" + long, "a:" + long)
    let whole = TokenCounter().count(request(messages))
    let fitted = try #require(try ContextWindow(whole - 50).fitted(request(messages), .truncate))
    #expect(fitted.cut == 1 && fitted.dropped == 0 && fitted.tokens <= whole - 50 && fitted.tokens > whole - 120)
    for place in messages.indices { #expect((fitted.request.messages[place] == messages[place]) == (place != 1)) }
    let less = try #require(try ContextWindow(whole - 4200).fitted(request(messages), .truncate))
    #expect(less.cut == 2 && less.request.messages[5] == messages[5])
    let least = try #require(try ContextWindow(whole - 5500).fitted(request(messages), .truncate))
    #expect(least.cut == 3 && least.request.messages[5] != messages[5])
    #expect(least.request.messages[0] == messages[0] && least.request.messages[4] == messages[4])
  }

  @Test func `are those of results too`() throws {
    let messages = conversation("u:go", "a?1", "t!1", "u:on")
    var large = messages
    let text = String(repeating: "l ", count: 5000)
    large[2] = ModelMessage(.tool, [.toolResult(ToolOutcome(id: "1", name: "f", text: text))])
    let fitted = try #require(try ContextWindow(500).fitted(request(large), .truncate))
    #expect(fitted.request.messages[2].toolOutcomes[0].text.contains("bytes left out"))
    #expect(fitted.tokens <= 500 && fitted.tokens > 400)
  }

  @Test func `are not enough where the rest is too much`() {
    let long = String(repeating: "x ", count: 3000)
    let messages = conversation("u:" + long, "a:" + long)
    let error = #expect(throws: ModelError.self) { try ContextWindow(1000).fitted(request(messages), .truncate) }
    #expect(error?.code == .contextOverflow && error?.message.contains("more than the budget of 1000") == true)
  }

  @Test func `make any conversation fit, or not`() throws {
    var dice = Dice(22)
    for _ in 0..<100 {
      let messages = randomConversation(&dice)
      let budget = Int.random(in: 0...max(TokenCounter().count(request(messages)), 1), using: &dice)
      do throws(ModelError) {
        guard case .fits(let fitted) = try ContextWindow(budget).fit(request(messages), .truncate) else { continue }
        #expect(fitted.tokens <= budget && fitted.tokens == TokenCounter().count(fitted.request))
        #expect(fitted.request.messages.count == messages.count && keepsPairs(fitted.request.messages, of: messages))
      } catch {
        #expect(error.code == .contextOverflow)
      }
    }
  }
}
