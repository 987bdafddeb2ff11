import Testing

@testable import Models

@Suite struct `A conversation that is summarised` {
  private let long = String(repeating: "many words of it ", count: 60)

  func plan(_ messages: [ModelMessage], _ budget: Int) throws -> SummaryPlan {
    guard case .needsSummary(let plan) = try ContextWindow(budget).fit(request(messages), .summarise) else {
      throw ModelError(.failed, "it fits")
    }
    return plan
  }

  @Test func `keeps the newest messages and tells the rest`() throws {
    let messages = conversation("s:brief", "u:" + long, "a?1", "t!1", "a:" + long, "u:two", "a:short", "u:three")
    let plan = try plan(messages, 400)
    #expect(plan.summarised == Array(messages[1...4]))
    let question = try plan.question(ContextWindow(10_000))
    #expect(question.messages.map(\.role) == [.system, .user] && question.maxTokens == plan.room)
    let told = question.messages[1].text
    #expect(told.hasPrefix("user: many words") && told.contains(#"assistant calls f with {"n":1}"#))
    #expect(told.contains("f returned: result 1") && told.hasSuffix("Write the summary now."))

    let fitted = try plan.applying("They said much.", TokenCounter())
    #expect(fitted.dropped == 4 && fitted.cut == 0 && fitted.tokens <= 400)
    #expect(fitted.request.messages.map(\.role) == [.system, .user, .user, .assistant, .user])
    #expect(fitted.request.messages[1].text == "Summary of the conversation so far:\nThey said much.")
    #expect(Array(fitted.request.messages[2...]) == Array(messages[5...]))
  }

  @Test func `cuts a summary that is too long, and a conversation that its model cannot read`() throws {
    let messages = conversation("u:" + long + long + long, "a:b", "u:two")
    let plan = try plan(messages, 300)
    let fitted = try plan.applying(String(repeating: "and then ", count: 2000), TokenCounter())
    #expect(fitted.tokens <= 300 && fitted.cut == 1)
    let question = try plan.question(ContextWindow(400))
    #expect(TokenCounter().count(question) <= 400 && question.messages[1].text.contains("bytes left out"))
  }

  @Test func `is refused where there is no room for a summary`() throws {
    let messages = conversation("u:old", "a:b", "u:" + long)
    let least = TokenCounter().count(request([messages[2]]))
    let error = #expect(throws: ModelError.self) { try plan(messages, least + 5) }
    #expect(error?.code == .contextOverflow)
  }

  @Test func `fits whatever it is`() throws {
    var dice = Dice(23)
    var plans = 0
    for _ in 0..<200 {
      let messages = randomConversation(&dice)
      let budget = Int.random(in: 0...max(TokenCounter().count(request(messages)), 1), using: &dice)
      do throws(ModelError) {
        guard case .needsSummary(let plan) = try ContextWindow(budget).fit(request(messages), .summarise) else {
          continue
        }
        plans += 1
        #expect(!plan.summarised.isEmpty && plan.summarised.allSatisfy { $0.role != .system })
        #expect(keepsPairs(plan.summarised, of: messages))
        let fitted = try plan.applying(dice.text(2000), TokenCounter())
        #expect(fitted.tokens <= budget && keepsPairs(fitted.request.messages, of: messages))
      } catch {
        #expect(error.code == .contextOverflow)
      }
    }
    #expect(plans > 50)
  }
}
