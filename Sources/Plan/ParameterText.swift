internal import JSON
internal import Wire

/// Puts parameters' values where a recipe names them: `param:NAME`, `param:NAME#/place` and `{{param:NAME}}`.
struct ParameterText {
  let values: JSONObject

  private static let prefix = "param:"

  /// Every parameter that is named anywhere in `json`.
  static func names(in json: JSON) -> Set<String> {
    var found: Set<String> = []
    visit(json) { text in
      if let whole = Use(text[...]) { found.insert(whole.name) }
      for piece in pieces(text) { if case .use(let use) = piece { found.insert(use.name) } }
    }
    return found
  }

  /// `json` with every use replaced; nil when it is nothing but a use of what has no value.
  func fill(_ json: JSON) throws(WireError) -> JSON? {
    switch json {
    case .string(let text):
      if let use = Use(text[...]) {
        guard let value = try value(use) else { return nil }
        // What somebody gives for a parameter never becomes a reference of the plan.
        return .some(Template.literal(value))
      }
      return .string(try fill(text))
    case .array(let elements):
      var filled: [JSON] = []
      for element in elements { if let value = try fill(element) { filled.append(value) } }
      return .array(filled)
    case .object(let object):
      var members: [(String, JSON)] = []
      for member in object.members { if let value = try fill(member.value) { members.append((member.key, value)) } }
      return .object(JSONObject(members))
    default: return json
    }
  }

  private func fill(_ text: String) throws(WireError) -> String {
    var filled = ""
    for piece in Self.pieces(text) {
      switch piece {
      case .plain(let part): filled += part
      case .use(let use):
        switch try value(use) {
        case nil, .null?: break
        case .string(let text)?: filled += Template.literalText(text)
        case let value?: filled += Template.literalText(value.description)
        }
      }
    }
    return filled
  }

  private func value(_ use: Use) throws(WireError) -> JSON? {
    guard let whole = values[use.name] else { return nil }
    guard let pointer = use.pointer else { return whole }
    do throws(JSONError) {
      return try whole.value(at: JSONPointer(parsing: pointer))
    } catch {
      throw WireError(.invalidInput, "'\(Self.prefix)\(use.name)#\(pointer)' finds nothing: \(error.description)")
    }
  }

  // MARK: Finding

  private struct Use {
    let name: String
    let pointer: String?

    init?(_ text: Substring) {
      guard text.utf8.starts(with: ParameterText.prefix.utf8) else { return nil }
      let rest = text.utf8.dropFirst(ParameterText.prefix.utf8.count)
      let end = rest.firstIndex(of: UInt8(ascii: "#")) ?? rest.endIndex
      guard Identifier.isValid(Substring(rest[..<end])) else { return nil }
      name = String(Substring(rest[..<end]))
      pointer = end < rest.endIndex ? String(Substring(rest[rest.index(after: end)...])) : nil
    }
  }

  private enum Piece {
    case plain(Substring)
    case use(Use)
  }

  /// The text, cut where `{{param:…}}` stands.
  private static func pieces(_ text: String) -> [Piece] {
    var pieces: [Piece] = []
    var rest = text[...]
    while let open = rest.range(of: "{{param:"), let close = rest[open.upperBound...].range(of: "}}") {
      let inside = rest[rest.utf8.index(open.lowerBound, offsetBy: 2)..<close.lowerBound]
      if let use = Use(inside) {
        pieces += [.plain(rest[..<open.lowerBound]), .use(use)]
      } else {
        pieces.append(.plain(rest[..<close.upperBound]))
      }
      rest = rest[close.upperBound...]
    }
    return pieces + [.plain(rest)]
  }

  private static func visit(_ json: JSON, _ body: (String) -> Void) {
    switch json {
    case .string(let text): body(text)
    case .array(let elements): for element in elements { visit(element, body) }
    case .object(let object): for member in object.members { visit(member.value, body) }
    default: break
    }
  }
}

extension Substring {
  /// Where `text` first stands, by bytes.
  fileprivate func range(of text: StaticString) -> Range<Index>? {
    let count = text.utf8CodeUnitCount
    var position = utf8.startIndex
    while let start = utf8[position...].firstIndex(of: text.utf8Start[0]) {
      let candidate = utf8[start...].prefix(count)
      if candidate.elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: count)) {
        return start..<candidate.endIndex
      }
      position = utf8.index(after: start)
    }
    return nil
  }
}
