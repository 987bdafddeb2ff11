extension ContextWindow {
  /// Leaves out whole turns, the oldest first; when only the last one is left, the oldest answers in it with the results of
  /// their calls.
  func slide(_ request: ModelRequest) throws(ModelError) -> Fitted {
    let messages = request.messages
    let plan = ConversationGroups(messages)
    let costs = messages.map { counter.count($0) }
    var tokens = counter.overhead(request) + costs.reduce(0, +)
    var isGone = [Bool](repeating: false, count: messages.count)
    var dropped = 0
    func drop(_ group: Int) {
      for place in plan.groups[group] where !isGone[place] && messages[place].role != .system {
        isGone[place] = true
        tokens -= costs[place]
        dropped += 1
      }
    }
    for turn in plan.turns(messages) where tokens > budget && plan.kept.isDisjoint(with: turn) {
      for group in turn { drop(group) }
    }
    for group in plan.groups.indices where tokens > budget && !plan.kept.contains(group) { drop(group) }
    if tokens > budget { throw overflow(tokens, "what cannot be left out") }
    var fitted = Fitted(request: request, tokens: tokens, dropped: dropped)
    fitted.request.messages = messages.indices.filter { !isGone[$0] }.map { messages[$0] }
    return fitted
  }
}
