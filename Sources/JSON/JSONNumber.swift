/// A JSON number with the text it was written in.
///
/// Equality, order, hashing and the canonical form use the exact decimal value, never a rounded double.
public struct JSONNumber: Sendable {
  /// Numbers of any size and precision are accepted while they are zero or their normalised decimal exponent (the `n` of
  /// d.ddd × 10ⁿ) is within ± this.
  public static let largestExponent = 999_999_999

  /// The source text; always matches the number grammar of RFC 8259 section 6.
  public let text: String

  /// Text already known to match the grammar.
  @inline(__always)
  init(validated text: String) { self.text = text }

  /// nil when `text` is not exactly one JSON number, or its exponent is beyond `largestExponent`.
  public init?(_ text: String) {
    let matches = withUTF8(text) { utf8 in
      guard let base = utf8.baseAddress, utf8.count > 0 else { return false }
      do throws(JSONError) {
        return try NumberScan(base, at: 0, count: utf8.count).end == utf8.count
      } catch {
        return false
      }
    }
    guard matches else { return nil }
    self.text = text
  }

  /// The shortest text that reads back as `value`; nil for infinities and NaN.
  public init?(_ value: Double) {
    guard value.isFinite else { return nil }
    let text = value.description
    self.text = text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  /// The nearest double; nil when it is not finite (`1e400`).
  public var double: Double? {
    if let exact = shortDouble { return exact }
    guard let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The nearest double of a number without an exponent and of at most 15 digits: numerator and denominator are then exact
  /// doubles, so that one division rounds once, as it should. Most numbers of messages are like this.
  private var shortDouble: Double? {
    withUTF8(text) { utf8 -> Double? in
      guard utf8.count <= 17 else { return nil }
      var numerator = 0.0
      var denominator = 1.0
      var digits = 0
      var seenPoint = false
      for byte in utf8 {
        switch byte {
        case UInt8(ascii: "-"): continue
        case UInt8(ascii: "."): seenPoint = true
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          digits += 1
          numerator = numerator * 10 + Double(byte - UInt8(ascii: "0"))
          if seenPoint { denominator *= 10 }
        default: return nil
        }
      }
      guard digits <= 15 else { return nil }
      let magnitude = numerator / denominator
      return utf8.first == UInt8(ascii: "-") ? -magnitude : magnitude
    }
  }

  /// The exact value when it is an integer within 64 bits (`3.0`, `1e3`), else nil.
  public var int64: Int64? { Decimal(text).int64 }

  /// The one text that all spellings of this value share; see `Decimal`.
  public var canonicalText: String { Decimal(text).canonicalText }
}

extension JSONNumber: Hashable {
  public static func == (left: JSONNumber, right: JSONNumber) -> Bool {
    sameBytes(left.text, right.text) || Decimal(left.text) == Decimal(right.text)
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(Decimal(text)) }
}

extension JSONNumber: Comparable {
  public static func < (left: JSONNumber, right: JSONNumber) -> Bool { Decimal(left.text) < Decimal(right.text) }
}

extension JSONNumber: CustomStringConvertible {
  public var description: String { text }
}
