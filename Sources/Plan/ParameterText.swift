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
    let pieces = Self.pieces(text)
    // Most texts name no parameter, and stay as they are.
    guard pieces.count > 1 else { return text }
    var bytes: [UInt8] = []
    var isGiven: [Bool] = []
    for piece in pieces {
      let part: String
      var given = true
      switch piece {
      case .plain(let plain): (part, given) = (String(plain), false)
      case .use(let use):
        switch try value(use) {
        case nil, .null?: part = ""
        case .string(let text)?: part = text
        case let value?: part = value.description
        }
      }
      bytes += part.utf8
      isGiven += Array(repeating: given, count: part.utf8.count)
    }
    return Self.escaped(bytes, isGiven)
  }

  /// The text in which no double brace that a given byte has part in is live, and no given backslash changes what the
  /// recipe's own braces mean. Of braces in a row only the last two can be live; of backslashes just before two braces each
  /// pair is one, and a single one makes the braces plain.
  private static func escaped(_ bytes: [UInt8], _ isGiven: [Bool]) -> String {
    let (slash, brace) = (UInt8(ascii: "\\"), UInt8(ascii: "{"))
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var i = 0
    while i < bytes.count {
      let start = i
      while i < bytes.count, bytes[i] == slash { i += 1 }
      let slashes = start..<i
      out += bytes[slashes]
      let first = i
      while i < bytes.count, bytes[i] == brace { i += 1 }
      let count = i - first
      let isPlain = count > 1 && (isGiven[i - 2] || isGiven[i - 1])
      // Those before a single brace stand for themselves.
      if count > 1, !isPlain || count != 3 {
        let doubled = slashes.count { isGiven[$0] || isPlain && count == 2 }
        out += Array(repeating: slash, count: doubled)
      }
      out += Array(repeating: brace, count: isPlain ? count - 2 : count)
      if isPlain { out += [slash, brace, brace] }
      if i == start {
        out.append(bytes[i])
        i += 1
      }
    }
    return String(decoding: out, as: UTF8.self)
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
