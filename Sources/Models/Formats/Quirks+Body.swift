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
