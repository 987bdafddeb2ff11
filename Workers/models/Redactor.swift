internal import JSON

/// Takes secrets out of texts that leave the process: a server may repeat the key it was sent.
struct Redactor: Sendable {
  private let values: [(name: String, value: String)]

  /// Short values would take harmless words with them; no provider's key is that short.
  static let shortest = 8

  init(_ secrets: [String: String]) {
    // Longer ones first, so that one that holds another goes whole.
    values = secrets.filter { $0.value.utf8.count >= Self.shortest }
      .map { (name: $0.key, value: $0.value) }
      .sorted { $0.value.utf8.count > $1.value.utf8.count }
  }

  func adding(_ name: String, _ value: String) -> Redactor {
    var all = Dictionary(uniqueKeysWithValues: values.map { ($0.name, $0.value) })
    all[name] = value
    return Redactor(all)
  }

  func callAsFunction(_ text: String) -> String {
    var text = text
    for (name, value) in values where text.utf8.count >= value.utf8.count {
      text = text.replacing(value, with: "(secret \(name))")
    }
    return text
  }

  func callAsFunction(_ json: JSON) -> JSON {
    switch json {
    case .string(let text): return .string(self(text))
    case .array(let items): return .array(items.map { self($0) })
    case .object(let object): return .object(JSONObject(object.members.map { (self($0.key), self($0.value)) }))
    default: return json
    }
  }
}
