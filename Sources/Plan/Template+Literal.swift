package import JSON

extension Template {
  /// `value`, written so that a plan takes every string in it as it is: what looks like a reference is none.
  package static func literal(_ value: JSON) -> JSON {
    switch value {
    case .string(let text): return .string(mayHoldReference(text) ? literal(text) : text)
    case .array(let elements): return .array(elements.map(literal))
    case .object(let object): return .object(JSONObject(object.members.map { ($0.key, literal($0.value)) }))
    default: return value
    }
  }

  private static func literal(_ text: String) -> String {
    let bare = text.utf8.drop { $0 == UInt8(ascii: "\\") }
    return ReferenceText(whole: String(Substring(bare))) != nil ? "\\" + text : literalText(text)
  }

  /// The same for a piece of a longer text, where only double braces count.
  static func literalText(_ text: String) -> String {
    let slash = UInt8(ascii: "\\")
    let brace = UInt8(ascii: "{")
    let bytes = Array(text.utf8)
    var out: [UInt8] = []
    var slashes = 0
    var i = 0
    while i < bytes.count {
      if bytes[i] == brace, i + 1 < bytes.count, bytes[i + 1] == brace {
        out += [UInt8](repeating: slash, count: slashes + 1) + [brace, brace]
        slashes = 0
        i += 2
        continue
      }
      slashes = bytes[i] == slash ? slashes + 1 : 0
      out.append(bytes[i])
      i += 1
    }
    return String(decoding: out, as: UTF8.self)
  }
}
