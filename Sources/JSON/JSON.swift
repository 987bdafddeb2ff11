/// A JSON value (RFC 8259), as a peer sent it or as we are about to send it.
///
/// Numbers keep what the sender wrote: an integer whose text is the plain decimal of an `Int64` is `.integer`; every
/// other number is `.number` and keeps its source text, so that `10.00` stays `10.00` (money is decimal).
/// Equality is the one of JSON Schema: numbers compare by mathematical value, objects without regard to order.
public enum JSON: Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  /// The word that messages use for this value's type: `null`, `boolean`, `integer`, `number`, `string`, `array`, `object`.
  public var typeName: String {
    switch self {
    case .null: "null"
    case .bool: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }

  public var stringValue: String? {
    if case .string(let value) = self { value } else { nil }
  }

  public var boolValue: Bool? {
    if case .bool(let value) = self { value } else { nil }
  }

  /// The value as a 64-bit integer if it is mathematically one (`3`, `3.0` and `3e0` are), else nil.
  public var integerValue: Int64? {
    switch self {
    case .integer(let value): value
    case .number(let number): number.int64
    default: nil
    }
  }

  /// The nearest double, or nil if this is no number or lies outside the finite doubles (`1e400`).
  public var doubleValue: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let number): number.double
    default: nil
    }
  }

  public var arrayValue: [JSON]? {
    if case .array(let value) = self { value } else { nil }
  }

  public var objectValue: JSONObject? {
    if case .object(let value) = self { value } else { nil }
  }

  public var isNull: Bool {
    if case .null = self { true } else { false }
  }

  /// The member `key` of an object; nil for an absent member and for any other type.
  public subscript(key: String) -> JSON? {
    if case .object(let object) = self { object[key] } else { nil }
  }

  /// The element at `index` of an array; nil when out of range and for any other type.
  public subscript(index: Int) -> JSON? {
    if case .array(let array) = self, array.indices.contains(index) { array[index] } else { nil }
  }
}

extension JSON: Hashable {
  public static func == (left: JSON, right: JSON) -> Bool {
    switch (left, right) {
    case (.null, .null): true
    case (.bool(let a), .bool(let b)): a == b
    case (.integer(let a), .integer(let b)): a == b
    case (.number(let a), .number(let b)): a == b
    case (.integer(let a), .number(let b)), (.number(let b), .integer(let a)): b.int64 == a
    case (.string(let a), .string(let b)): sameBytes(a, b)
    case (.array(let a), .array(let b)): a == b
    case (.object(let a), .object(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .null: hasher.combine(0)
    case .bool(let value): hasher.combine(value)
    case .integer(let value): hasher.combine(value)
    case .number(let number):
      if let value = number.int64 { hasher.combine(value) } else { hasher.combine(number) }
    case .string(let value): hasher.combine(bytesOf: value)
    case .array(let values): hasher.combine(values)
    case .object(let object): hasher.combine(object)
    }
  }
}

extension JSON: ExpressibleByNilLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByFloatLiteral, ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(nilLiteral: ()) { self = .null }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(integerLiteral value: Int64) { self = .integer(value) }
  public init(stringLiteral value: String) { self = .string(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) { self = .object(JSONObject(elements)) }

  /// A finite double; a literal that overflows to infinity becomes `null`.
  public init(floatLiteral value: Double) { self = JSON(value) ?? .null }

  /// The shortest text that reads back as `value`; nil for infinities and NaN, which JSON cannot say.
  public init?(_ value: Double) {
    guard let number = JSONNumber(value) else { return nil }
    // An integer cannot say negative zero.
    let integer = value == 0 && value.sign == .minus ? nil : number.int64
    self = integer.map { JSON.integer($0) } ?? .number(number)
  }
}

extension JSON: CustomStringConvertible {
  /// The value as compact JSON text.
  public var description: String { String(decoding: serialized(), as: UTF8.self) }
}
