/// Formats that know two speakers want them in turns: neighbours of one side become one message.
enum Turns {
  static func alternating(_ messages: [ModelMessage]) -> [ModelMessage] {
    var turns: [ModelMessage] = []
    for message in messages {
      // Results of tools are said by the user's side.
      let role: ModelMessage.Role = message.role == .assistant ? .assistant : .user
      if turns.last?.role == role {
        turns[turns.count - 1].parts += message.parts
      } else {
        turns.append(ModelMessage(role, message.parts))
      }
    }
    return turns
  }
}
