extension JSON {
  /// The one text that all equal values share, as UTF-8 bytes. Hashes and idempotency keys are taken over it, so it never
  /// changes:
  ///
  /// - No white space. `null`, `true`, `false`, `[…,…]`, `{"…":…,…}`.
  /// - Members sorted by the UTF-8 bytes of their keys as unsigned numbers, a prefix before what it begins.
  /// - Strings: `\"`, `\\`, `\b`, `\t`, `\n`, `\f`, `\r`; every other character below U+0020 as `\u00xx` with lower-case
  ///   digits; all else, `/` and U+007F included, as it is in UTF-8. Nothing is Unicode-normalised.
  /// - Numbers by exact decimal value, never through a double. Zero is `0`, without a sign. Otherwise let d₁…dₖ be the
  ///   significant digits without zeros at either end and the value ±0.d₁…dₖ × 10ᵖ. k ≤ p ≤ 21: the digits and p−k zeros.
  ///   0 < p ≤ 21, p < k: the digits with a point behind the p-th. −6 < p ≤ 0: `0.`, −p zeros, the digits. Otherwise
  ///   d₁, a point and the other digits if there are any, `e`, the sign of p−1 (`+` is written), and p−1 in decimal.
  public func canonical() -> [UInt8] {
    var writer = JSONWriter()
    writer.canonicalValue(self)
    return writer.finish()
  }
}

extension JSONWriter {
  fileprivate mutating func canonicalValue(_ json: JSON) {
    switch json {
    case .null, .bool, .integer, .string: value(json)
    case .number(let number): value(JSONNumber(validated: number.canonicalText))
    case .array(let elements):
      beginArray()
      for element in elements { canonicalValue(element) }
      endArray()
    case .object(let object):
      beginObject()
      for member in object.members.sorted(by: { bytesPrecede($0.key, $1.key) }) {
        key(member.key)
        canonicalValue(member.value)
      }
      endObject()
    }
  }
}
