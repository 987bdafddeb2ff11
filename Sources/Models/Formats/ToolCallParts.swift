internal import JSON

/// Tool calls that come in pieces, by index.
struct ToolCallParts: Sendable {
  static let limit = 128

  private struct Part {
    let index: Int64
    var id = ""
    var name = ""
    var text = ""
    var object: JSON?
  }

  private var parts: [Part] = []

  var isEmpty: Bool { parts.isEmpty }

  /// `arguments`: a piece of a text that is JSON in the end, or an object at once.
  mutating func add(index: Int64, id: String?, name: String?, arguments: JSON?) throws(ModelError) {
    let place: Int
    if let known = parts.lastIndex(where: { $0.index == index }) {
      place = known
    } else {
      if parts.count == Self.limit {
        throw ModelError(.malformedToolCall, "the answer holds more than \(Self.limit) tool calls")
      }
      parts.append(Part(index: index))
      place = parts.count - 1
    }
    if let id, !id.isEmpty { parts[place].id = id }
    if let name, !name.isEmpty { parts[place].name = name }
    switch arguments {
    case .string(let text)?: parts[place].text += text
    case .object?: parts[place].object = arguments
    default: break
    }
  }

  /// The calls, each with an id of its own and an object of arguments.
  func finish() throws(ModelError) -> [ToolUse] {
    var uses: [ToolUse] = []
    for (place, part) in parts.enumerated() {
      guard !part.name.isEmpty else {
        throw ModelError(.malformedToolCall, "tool call \(place + 1) of the answer has no name")
      }
      let id = part.id.isEmpty || uses.contains { $0.id == part.id } ? "call_\(place + 1)" : part.id
      uses.append(
        ToolUse(id: id, name: part.name, arguments: try Self.arguments(part.object, part.text, of: part.name))
      )
    }
    return uses
  }

  static func arguments(_ object: JSON?, _ text: String, of name: String) throws(ModelError) -> JSON {
    if let object { return object }
    if text.utf8.allSatisfy({ $0 <= 0x20 }) { return [:] }
    let json: JSON?
    do { json = try JSON(parsing: text) } catch { json = nil }
    // Some servers write the text as JSON twice.
    if case .string(let inner)? = json, inner != text { return try arguments(nil, inner, of: name) }
    guard let json, json.objectValue != nil else {
      throw ModelError(.malformedToolCall, "the arguments of the call of '\(name.prefix(64))' are no JSON object")
    }
    return json
  }
}
