internal import JSON

/// Writes block YAML that this module's parser reads back unchanged.
struct YAMLWriter {
  private(set) var text = ""

  mutating func comment(_ words: String, indent: Int) {
    text += String(repeating: "  ", count: indent) + "# " + Self.onOneLine(words) + "\n"
  }

  /// `key: value  # note`
  mutating func line(_ key: String, _ value: String, note: String? = nil, indent: Int) {
    text += String(repeating: "  ", count: indent) + Self.scalar(key, isKey: true) + ": " + value
    text += (note.map { "  # " + Self.onOneLine($0) } ?? "") + "\n"
  }

  /// The line that opens a mapping or a list.
  mutating func open(_ key: String, note: String? = nil, indent: Int) {
    text += String(repeating: "  ", count: indent) + Self.scalar(key, isKey: true) + ":"
    text += (note.map { "  # " + Self.onOneLine($0) } ?? "") + "\n"
  }

  /// A list of texts in one line.
  static func list(_ values: [String]) -> String { "[" + values.map { scalar($0) }.joined(separator: ", ") + "]" }

  /// A free value under `key`, its texts taken as they are: references to variables stay references.
  mutating func member(_ key: String, _ value: JSON, note: String? = nil, indent: Int) {
    switch value {
    case .object(let object) where !object.isEmpty:
      open(key, note: note, indent: indent)
      for member in object.members { self.member(member.key, member.value, indent: indent + 1) }
    default:
      line(key, Self.flow(value), note: note, indent: indent)
    }
  }

  private static func flow(_ value: JSON) -> String {
    switch value {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): String(value)
    case .number(let number): number.text
    case .string(let text): quote(text)
    case .array(let elements): "[" + elements.map(flow).joined(separator: ", ") + "]"
    case .object(let object):
      "{" + object.members.map { "\(quote($0.key)): \(flow($0.value))" }.joined(separator: ", ") + "}"
    }
  }

  /// `text` so that it reads back as this text: bare where nothing could be meant otherwise, else in double quotes.
  static func scalar(_ text: String, isKey: Bool = false) -> String {
    let isBare =
      (text.utf8.first.map { isLetter($0) || $0 == "/" || $0 == "_" } ?? false)
      && text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == "/" || $0 == "_" || $0 == "-" || $0 == "." }
    if isBare {
      if isKey { return text }
      if case .content(.string) = PlainScalar(text) { return text }
    }
    return quote(isKey ? text : Substitution.escaped(text))
  }

  /// Double quotes with YAML 1.2 escapes (section 5.7) for all that a reader could refuse or fold.
  private static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      default:
        if isPrintable(scalar) {
          result.unicodeScalars.append(scalar)
        } else {
          let digits = String(scalar.value, radix: 16)
          let width = scalar.value > 0xFFFF ? 8 : 4
          result += (width == 8 ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
        }
      }
    }
    return result + "\""
  }

  /// Characters that may stand for themselves on one line; line separators and byte-order marks may not.
  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20...0x7E, 0xA0...0x2027, 0x202A...0xD7FF, 0xE000...0xFEFE, 0xFF00...0xFFFD, 0x10000...0x10FFFF: true
    default: false
    }
  }

  private static func onOneLine(_ words: String) -> String {
    String(String.UnicodeScalarView(words.unicodeScalars.map { isPrintable($0) ? $0 : "?" }))
  }
}
