import Testing

@testable import Models

@Suite struct `A window that slides over a conversation` {
  private let long = String(repeating: "many words of it ", count: 30)

  @Test func `leaves what fits as it is`() throws {
    let request = request(conversation("s:brief", "u:hello", "a:hi"))
    let tokens = TokenCounter().count(request)
    for strategy in ContextStrategy.allCases {
      let fitted = try ContextWindow(tokens).fitted(request, strategy)
      #expect(fitted == ContextWindow.Fitted(request: request, tokens: tokens))
    }
  }

  @Test func `leaves out the oldest turns whole, and never the system's messages`() throws {
    let messages = conversation(
      "s:brief",
      "u:" + long,
      "a?1",
      "t!1",
      "a:one",
      "u:two",
      "s:polite",
      "a:" + long,
      "u:three"
    )
    let whole = TokenCounter().count(request(messages))
    let once = try #require(try ContextWindow(whole - 1).fitted(request(messages), .sliding))
    #expect(once.request.messages == [messages[0]] + messages[5...] && once.dropped == 4)
    #expect(once.tokens == TokenCounter().count(once.request))
    let twice = try #require(try ContextWindow(once.tokens - 1).fitted(request(messages), .sliding))
    #expect(twice.request.messages == [messages[0], messages[6], messages[8]])
  }

  @Test func `leaves out the oldest calls of the last turn, with their results`() throws {
    let messages = conversation("u:do it", "a?1,2", "t!1", "t!2", "a?3", "t!3", "a?4", "t!4")
    let whole = TokenCounter().count(request(messages))
    let fitted = try #require(try ContextWindow(whole - 1).fitted(request(messages), .sliding))
    #expect(fitted.request.messages == [messages[0]] + messages[4...])
    let less = try #require(try ContextWindow(fitted.tokens - 1).fitted(request(messages), .sliding))
    #expect(less.request.messages == [messages[0]] + messages[6...])
    #expect(throws: ModelError.self) { try ContextWindow(less.tokens - 1).fitted(request(messages), .sliding) }
  }

  @Test func `says by how much it is too much`() throws {
    let messages = conversation("s:" + long, "u:old", "u:" + long)
    let least = TokenCounter().count(request([messages[0], messages[2]]))
    let error = #expect(throws: ModelError.self) { try ContextWindow(least - 7).fitted(request(messages), .sliding) }
    #expect(error?.code == .contextOverflow)
    #expect(
      error?.message
        == "what cannot be left out needs about \(least) tokens, 7 more than the budget of \(least - 7)"
    )
  }

  @Test func `keeps a result with its call wherever it stands`() {
    // A result after another message of the user; one without a call; two calls of the same name.
    for messages in [
      conversation("u:a", "a?1", "u:wait", "t!1", "u:b"), conversation("t!9", "u:a", "a:b", "u:c"),
      conversation("u:a", "a?1", "t!1", "u:b", "a?1", "t!1", "u:c"),
    ] {
      let groups = ConversationGroups(messages)
      #expect(groups.groups.flatMap { $0 } == Array(messages.indices))
      for group in groups.groups {
        let rest = messages.indices.filter { !group.contains($0) }.map { messages[$0] }
        let orphans = messages.first?.role == .tool
        #expect(orphans || keepsPairs(rest, of: rest) && rest.allSatisfy { _ in true })
      }
    }
    #expect(ConversationGroups(conversation("u:a", "a?1", "u:wait", "t!1", "u:b")).groups == [0..<1, 1..<4, 4..<5])
    #expect(ConversationGroups([]).groups.isEmpty)
  }

  @Test func `fits any conversation, or says that it cannot`() throws {
    var dice = Dice(21)
    for _ in 0..<300 {
      let messages = randomConversation(&dice)
      let original = request(messages)
      let budget = Int.random(in: 0...max(TokenCounter().count(original), 1), using: &dice)
      do throws(ModelError) {
        guard case .fits(let fitted) = try ContextWindow(budget).fit(original, .sliding) else { continue }
        #expect(fitted.tokens <= budget && fitted.tokens == TokenCounter().count(fitted.request))
        #expect(keepsPairs(fitted.request.messages, of: messages))
        #expect(fitted.request.messages.filter { $0.role == .system } == messages.filter { $0.role == .system })
        #expect(fitted.request.messages.last { $0.role == .user } == messages.last { $0.role == .user })
        #expect(fitted.request.messages.last == messages.last)
        #expect(try ContextWindow(budget).fit(original, .sliding) == .fits(fitted), "the same again")
      } catch {
        #expect(error.code == .contextOverflow)
      }
    }
  }
}
