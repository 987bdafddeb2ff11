internal import JSON

/// The header lines of the last response on a connection, bounded.
struct ResponseHeaders {
  static let limit = 128 << 10

  /// Names in lower case.
  private(set) var fields: [(name: String, value: String)] = []
  private var bytes = 0

  /// False when there is too much of them. An interim response (100 … 199) is forgotten when the next begins.
  mutating func add(_ line: UnsafeRawBufferPointer) -> Bool {
    bytes += line.count
    if bytes > Self.limit { return false }
    var text = Substring(decoding: line, as: UTF8.self)
    while let last = text.unicodeScalars.last, last == "\r" || last == "\n" { text.unicodeScalars.removeLast() }
    if text.hasPrefix("HTTP/") {
      fields = []
    } else if let colon = text.unicodeScalars.firstIndex(of: ":") {
      let name = text[..<colon].lowercased()
      let value = text[text.unicodeScalars.index(after: colon)...]
      fields.append((name, Self.trimmed(value)))
    }
    return true
  }

  func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  /// RFC 9110 section 5.3; cookies are the exception that cannot be joined by commas.
  var json: JSON {
    var object = JSONObject()
    for field in fields where !field.name.isEmpty {
      let before = object[field.name]?.stringValue
      let separator = field.name == "set-cookie" ? "\n" : ", "
      object[field.name] = .string(before.map { $0 + separator + field.value } ?? field.value)
    }
    return .object(object)
  }

  private static func trimmed(_ text: Substring) -> String {
    let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" }
    var text = text.drop(while: isSpace)
    while let last = text.last, isSpace(last) { text.removeLast() }
    return String(text)
  }
}
