/// The parts of a conversation that can be left out, each as a whole: a message that begins a turn with what belongs to it.
struct ConversationGroups {
  /// Ranges of messages, in order; together with the messages of the system, all of them.
  private(set) var groups: [Range<Int>] = []
  /// The group of the last message of the user, and the last group: what a model must see to answer.
  private(set) var kept: Set<Int> = []

  /// A turn begins at each message of the user; within a turn, so does each answer of the model with the results of its
  /// calls. Where a result stands behind another message than its call's, all in between is one group.
  init(_ messages: [ModelMessage]) {
    // How many more calls wait for their results behind a message than before it.
    var open = [Int](repeating: 0, count: messages.count + 1)
    var calls: [String: Int] = [:]
    for (place, message) in messages.enumerated() {
      for outcome in message.toolOutcomes {
        // A result whose call is gone stays with what is before it.
        let call = calls[outcome.id] ?? max(place - 1, 0)
        open[call + 1] += 1
        open[place + 1] -= 1
      }
      for use in message.toolUses { calls[use.id] = place }
    }
    var lastUser: Int?
    var waiting = 0
    for (place, message) in messages.enumerated() {
      waiting += open[place]
      if message.role == .system { continue }
      if let last = groups.indices.last, waiting > 0 {
        groups[last] = groups[last].lowerBound..<(place + 1)
      } else {
        groups.append(place..<(place + 1))
      }
      if message.role == .user, message.toolOutcomes.isEmpty { lastUser = groups.count - 1 }
    }
    kept = Set([lastUser, groups.indices.last].compactMap { $0 })
  }

  /// Where the turn of each group begins: the group of the nearest message of the user at or before it.
  func turns(_ messages: [ModelMessage]) -> [Range<Int>] {
    var turns: [Range<Int>] = []
    for (place, group) in groups.enumerated() {
      let first = messages[group.lowerBound]
      if turns.isEmpty || first.role == .user && first.toolOutcomes.isEmpty {
        turns.append(place..<(place + 1))
      } else {
        turns[turns.count - 1] = turns[turns.count - 1].lowerBound..<(place + 1)
      }
    }
    return turns
  }
}
