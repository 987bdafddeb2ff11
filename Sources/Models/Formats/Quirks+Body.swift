internal import JSON

extension Quirks {
  func clamped(_ value: Double) -> Double { min(max(value, temperature.lowerBound), temperature.upperBound) }

  /// `body` with what the provider's deviations add and leave out.
  func applied(to body: JSONObject) -> JSONObject {
    var body = body
    for member in extra.members { body[member.key] = member.value }
    for name in drops { body[name] = nil }
    return body
  }
}

extension JSON {
  /// A count of tokens that a provider reported; 0 when it is absent or nonsense.
  func count(_ member: String) -> Int { min(max(Int(self[member]?.integerValue ?? 0), 0), 1 << 40) }
}

extension String {
  /// On one line, without what a terminal would obey, and at most `limit` bytes before an ellipsis. A provider wrote it.
  func clipped(_ limit: Int) -> String {
    var line = ""
    for scalar in unicodeScalars {
      if line.utf8.count + UTF8.width(scalar) > limit { return line + "…" }
      switch scalar.value {
      case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: line += " "
      default: line.unicodeScalars.append(scalar)
      }
    }
    return line
  }
}
