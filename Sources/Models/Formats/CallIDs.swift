/// The ids of calls as every provider takes them: a conversation may have been held with several, of which each has its
/// own idea of an id, and some repeat theirs.
enum CallIDs {
  /// OpenAI's bound; Anthropic's alphabet.
  static let limit = 40

  /// `messages` with ids that are unique in the whole conversation, each result still with its call. Answers that go back
  /// to `format` in its own words keep theirs.
  static func unique(_ messages: [ModelMessage], for format: ModelFormat) -> [ModelMessage] {
    var taken: Set<String> = []
    // How often an id was used before, so that many of one kind cost no search.
    var uses: [String: Int] = [:]
    var current: [String: String] = [:]
    return messages.map { message in
      var message = message
      let isKept = message.kept(format) != nil
      for place in message.parts.indices {
        switch message.parts[place] {
        case .toolUse(let use) where isKept:
          taken.insert(use.id)
          current[use.id] = use.id
        case .toolUse(var use):
          let plain = plain(use.id)
          var id = plain
          while id.isEmpty || !taken.insert(id).inserted {
            uses[plain, default: 1] += 1
            let suffix = "_\(uses[plain, default: 1])"
            id = (plain.isEmpty ? "call" : String(plain.prefix(limit - suffix.utf8.count))) + suffix
          }
          current[use.id] = id
          use.id = id
          message.parts[place] = .toolUse(use)
        case .toolResult(var outcome):
          outcome.id = current[outcome.id] ?? plain(outcome.id)
          message.parts[place] = .toolResult(outcome)
        default: break
        }
      }
      return message
    }
  }

  private static func plain(_ id: String) -> String {
    var plain = ""
    for byte in id.utf8.prefix(limit) {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
        plain.unicodeScalars.append(UnicodeScalar(byte))
      default: plain += "_"
      }
    }
    return plain
  }
}
