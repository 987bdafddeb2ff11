import JSON

@testable import Models

/// A conversation written short: `s`, `u`, `a` and a text; `a?1,2` is an answer with calls, `t!1,2` their results.
func conversation(_ turns: String...) -> [ModelMessage] {
  turns.map { turn in
    let text = String(turn.dropFirst(2))
    let ids = text.split(separator: ",").map(String.init)
    switch turn.prefix(2) {
    case "s:": return ModelMessage(.system, text)
    case "u:": return ModelMessage(.user, text)
    case "a?": return ModelMessage(.assistant, ids.map { .toolUse(ToolUse(id: $0, name: "f", arguments: ["n": 1])) })
    case "t!": return ModelMessage(.tool, ids.map { .toolResult(ToolOutcome(id: $0, name: "f", text: "result \($0)")) })
    default: return ModelMessage(.assistant, text)
    }
  }
}

func request(_ messages: [ModelMessage]) -> ModelRequest { ModelRequest(messages: messages) }

/// Whether every result has its call before it, and every call that had a result has it still.
func keepsPairs(_ fitted: [ModelMessage], of original: [ModelMessage]) -> Bool {
  var open: [String: Int] = [:]
  for message in fitted {
    for outcome in message.toolOutcomes {
      guard let count = open[outcome.id], count > 0 else { return false }
      open[outcome.id] = count - 1
    }
    for use in message.toolUses { open[use.id, default: 0] += 1 }
  }
  let answered = original.reduce(0) { $0 + $1.toolOutcomes.count } - original.reduce(0) { $0 + $1.toolUses.count }
  let kept = fitted.reduce(0) { $0 + $1.toolOutcomes.count } - fitted.reduce(0) { $0 + $1.toolUses.count }
  return answered == kept
}

extension ContextWindow {
  init(_ budget: Int) { self.init(budget: budget, counter: TokenCounter()) }

  /// What fits at once or by dropping and cutting.
  func fitted(_ request: ModelRequest, _ strategy: ContextStrategy) throws -> Fitted? {
    if case .fits(let fitted) = try fit(request, strategy) { fitted } else { nil }
  }
}

/// A random conversation with tools.
func randomConversation(_ dice: inout Dice) -> [ModelMessage] {
  var messages: [ModelMessage] = Bool.random(using: &dice) ? [ModelMessage(.system, "be brief")] : []
  var call = 0
  for _ in 0..<Int.random(in: 1...6, using: &dice) {
    messages.append(ModelMessage(.user, dice.text(Int.random(in: 1...300, using: &dice))))
    for _ in 0..<Int.random(in: 0...3, using: &dice) {
      guard Bool.random(using: &dice) else {
        messages.append(ModelMessage(.assistant, dice.text(Int.random(in: 1...400, using: &dice))))
        continue
      }
      // Some providers number the calls of each answer anew.
      let ids = (0..<Int.random(in: 1...3, using: &dice)).map { "call_\(call % 3 + $0)" }
      call += 1
      messages.append(ModelMessage(.assistant, ids.map { .toolUse(ToolUse(id: $0, name: "f", arguments: ["q": "x"])) }))
      let results = ids.map { ModelMessage.Part.toolResult(ToolOutcome(id: $0, name: "f", text: dice.text(300))) }
      if Bool.random(using: &dice) {
        messages.append(ModelMessage(.tool, results))
      } else {
        messages += results.map { ModelMessage(.tool, [$0]) }
      }
    }
    if Int.random(in: 0..<10, using: &dice) == 0 { messages.append(ModelMessage(.system, "and polite")) }
  }
  return messages
}
