internal import JSON

/// Formats that know two speakers, and want them in turns.
enum Turns {
  /// What the system says, joined, and the rest. A conversation of nothing else is said by the user, since such formats
  /// want a message.
  static func split(_ messages: [ModelMessage]) -> (system: String, rest: [ModelMessage]) {
    let rest = messages.filter { $0.role != .system }
    let system = messages.filter { $0.role == .system }.map(\.text).joined(separator: "\n\n")
    return rest.isEmpty ? ("", [ModelMessage(.user, system)]) : (system, rest)
  }

  /// Neighbours of one side become one turn; who has nothing to say has none. The results of tools are said by the
  /// user's side and come first there: they must follow their calls at once.
  static func alternating(
    _ messages: [ModelMessage],
    _ pieces: (ModelMessage) -> [JSON]
  ) -> [(isAnswer: Bool, pieces: [JSON])] {
    var turns: [(isAnswer: Bool, results: [JSON], others: [JSON])] = []
    for message in messages {
      let isAnswer = message.role == .assistant
      var results: [JSON] = []
      var others: [JSON] = []
      if isAnswer {
        others = pieces(message)
      } else {
        results = pieces(ModelMessage(message.role, message.parts.filter(\.isToolResult)))
        others = pieces(ModelMessage(message.role, message.parts.filter { !$0.isToolResult }))
      }
      if results.isEmpty, others.isEmpty { continue }
      if let last = turns.last, last.isAnswer == isAnswer {
        turns[turns.count - 1].results += results
        turns[turns.count - 1].others += others
      } else {
        turns.append((isAnswer, results, others))
      }
    }
    return turns.map { ($0.isAnswer, $0.results + $0.others) }
  }
}

extension ModelMessage.Part {
  var isToolResult: Bool { if case .toolResult = self { true } else { false } }
}
