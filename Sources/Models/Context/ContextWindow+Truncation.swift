extension ContextWindow {
  /// What a cut text keeps at least, in bytes.
  static let leastText = 200

  private struct Place: Hashable {
    var message: Int
    var part: Int
  }

  /// Cuts texts to a common length that is as large as the budget allows, so that the longest lose most: first of messages
  /// before the last one of the user, then of those behind it.
  func truncate(_ request: ModelRequest) throws(ModelError) -> Fitted {
    let lastUser = request.messages.lastIndex { $0.role == .user && $0.toolOutcomes.isEmpty }
    var places: [[Place]] = [[], []]
    for (index, message) in request.messages.enumerated() where message.role != .system && index != lastUser {
      for (part, content) in message.parts.enumerated() where (Self.text(content)?.utf8.count ?? 0) > Self.leastText {
        places[index > lastUser ?? Int.max ? 1 : 0].append(Place(message: index, part: part))
      }
    }
    var fitted = Fitted(request: request, tokens: counter.count(request))
    for places in places where fitted.tokens > budget && !places.isEmpty { cut(&fitted, places) }
    if fitted.tokens > budget { throw overflow(fitted.tokens, "the request with all its texts cut") }
    return fitted
  }

  /// Cuts what stands at `places` to the largest length, in bytes, with which the request fits; to the least if none does.
  private func cut(_ fitted: inout Fitted, _ places: [Place]) {
    let parts = places.map { fitted.request.messages[$0.message].parts[$0.part] }
    let costs = parts.map { counter.count($0) }
    let rest = fitted.tokens - costs.reduce(0, +)
    let lengths = parts.map { Self.text($0)?.utf8.count ?? 0 }
    func tokens(_ limit: Int) -> Int {
      parts.indices.reduce(rest) {
        $0 + (lengths[$1] > limit ? counter.count(Self.shortened(parts[$1], limit)) : costs[$1])
      }
    }
    var (low, high) = (Self.leastText, lengths.max() ?? 0)
    while low < high {
      let middle = (low + high + 1) / 2
      if tokens(middle) <= budget { low = middle } else { high = middle - 1 }
    }
    for (place, part) in zip(places, parts) {
      let short = Self.shortened(part, low)
      if short != part { fitted.cut += 1 }
      fitted.request.messages[place.message].parts[place.part] = short
    }
    fitted.tokens = tokens(low)
  }

  private static func text(_ part: ModelMessage.Part) -> String? {
    switch part {
    case .text(let text): text
    case .toolResult(let outcome): outcome.text
    default: nil
    }
  }

  private static func shortened(_ part: ModelMessage.Part, _ limit: Int) -> ModelMessage.Part {
    switch part {
    case .text(let text): return .text(shortened(text, limit))
    case .toolResult(var outcome):
      outcome.text = shortened(outcome.text, limit)
      return .toolResult(outcome)
    default: return part
    }
  }

  /// The start and the end of a text with a mark between them, together at most `limit` bytes or a little more than the
  /// mark; the text itself when it is no longer than that.
  static func shortened(_ text: String, _ limit: Int) -> String {
    let bytes = text.utf8
    if bytes.count <= limit { return text }
    func mark(_ gone: Int) -> String { "\n[… \(gone) bytes left out …]\n" }
    let room = max(limit - mark(bytes.count).utf8.count, 0)
    // Down to the boundaries of scalars.
    let view = text.unicodeScalars
    var head = bytes.index(bytes.startIndex, offsetBy: (room + 1) / 2)
    while head > bytes.startIndex, bytes[head] & 0xC0 == 0x80 { head = bytes.index(before: head) }
    var tail = bytes.index(bytes.endIndex, offsetBy: -(room / 2))
    while tail < bytes.endIndex, bytes[tail] & 0xC0 == 0x80 { tail = bytes.index(after: tail) }
    let gone = bytes.distance(from: head, to: tail)
    return String(view[..<head]) + mark(gone) + String(view[tail...])
  }
}
