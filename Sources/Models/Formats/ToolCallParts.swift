internal import JSON

/// Tool calls that come in pieces.
struct ToolCallParts: Sendable {
  static let limit = 128

  private struct Part {
    let index: Int64?
    var id = ""
    var name = ""
    var text = ""
    var object: JSON?
  }

  private var parts: [Part] = []

  var isEmpty: Bool { parts.isEmpty }

  /// - Parameters:
  ///   - index: which call this belongs to; nil: the provider does not say, and a name begins another.
  ///   - arguments: a piece of a text that is JSON in the end, or an object at once.
  mutating func add(index: Int64?, id: String?, name: String?, arguments: JSON?) throws(ModelError) {
    let id = id ?? ""
    let name = name ?? ""
    let place = try place(index, id, name)
    if !id.isEmpty { parts[place].id = id }
    if !name.isEmpty { parts[place].name = name }
    switch arguments {
    case .string(let text)?: parts[place].text += text
    case .object?: parts[place].object = arguments
    default: break
    }
  }

  private mutating func place(_ index: Int64?, _ id: String, _ name: String) throws(ModelError) -> Int {
    if let index {
      if let known = parts.lastIndex(where: { $0.index == index }) {
        // Some servers count every call as the first.
        let isAnother = !name.isEmpty && !id.isEmpty && !parts[known].id.isEmpty && parts[known].id != id
        if !isAnother { return known }
      }
    } else if name.isEmpty, !parts.isEmpty {
      return parts.count - 1
    }
    if parts.count == Self.limit {
      throw ModelError(.malformedToolCall, "the answer holds more than \(Self.limit) tool calls")
    }
    parts.append(Part(index: index))
    return parts.count - 1
  }

  /// The calls, each with an id of its own and an object of arguments.
  ///
  /// - Parameter isCut: whether the answer reached its limit of tokens, which explains half a call.
  func finish(isCut: Bool = false) throws(ModelError) -> [ToolUse] {
    var uses: [ToolUse] = []
    var ids: Set<String> = []
    for (place, part) in parts.enumerated() {
      guard !part.name.isEmpty else {
        throw ModelError(.malformedToolCall, "tool call \(place + 1) of the answer has no name")
      }
      guard let arguments = Self.arguments(part.object, part.text) else {
        let what = "the arguments of the call of '\(part.name.clipped(64))' are no JSON object"
        throw isCut
          ? ModelError(
            .malformedToolCall,
            what + ": the answer reached its limit of tokens",
            hint: "allow a longer answer"
          ) : ModelError(.malformedToolCall, what)
      }
      var id = part.id
      var number = place + 1
      while id.isEmpty || !ids.insert(id).inserted {
        id = "call_\(number)"
        number += 1
      }
      uses.append(ToolUse(id: id, name: part.name, arguments: arguments))
    }
    return uses
  }

  /// An object of arguments, however it was sent; nil: what was sent is none.
  static func arguments(_ object: JSON?, _ text: String) -> JSON? {
    if let object { return object }
    if text.utf8.allSatisfy({ $0 <= 0x20 }) { return [:] }
    do {
      var json = try JSON(parsing: text)
      // Some servers write the text as JSON twice.
      if case .string(let inner) = json { json = try JSON(parsing: inner) }
      if json.isNull { return [:] }
      if case .object = json { return json }
      return nil
    } catch {
      return nil
    }
  }
}
