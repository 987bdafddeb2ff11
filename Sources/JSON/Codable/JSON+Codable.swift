/// The bridge to `Codable`, for configuration, tests and tools: convenient and several times slower than reading members
/// of a `JSON` or calling a `JSONWriter`, which messages do.

extension JSON {
  /// A Swift value from this one. Throws `JSONError` with the path of the value at fault; errors of other types, thrown by
  /// a type's own `init(from:)`, pass through.
  public func decode<T: Decodable>(_ type: T.Type = T.self) throws -> T {
    do {
      return try ValueDecoder(value: self, codingPath: []).unbox(type)
    } catch let error as DecodingError {
      throw JSONError(error)
    }
  }

  /// The JSON form of `value`; a type that encodes nothing becomes `{}`. Throws `JSONError` with a path for what JSON
  /// cannot say; errors of other types, thrown by a type's own `encode(to:)`, pass through.
  public init(encoding value: some Encodable) throws {
    do {
      let node = EncodingNode()
      try node.encode(value, codingPath: [])
      self = node.json
    } catch let error as EncodingError {
      throw JSONError(error)
    }
  }
}

extension JSON: Codable {
  /// Any value, from any decoder; from ours it is taken as it is.
  public init(from decoder: any Decoder) throws {
    if let ours = decoder as? ValueDecoder {
      self = ours.value
    } else if var array = try? decoder.unkeyedContainer() {  // Safety: any failure only means that it is no array.
      var elements: [JSON] = []
      while !array.isAtEnd { elements.append(try array.decode(JSON.self)) }
      self = .array(elements)
    } else if let object = try? decoder.container(keyedBy: AnyKey.self) {  // Safety: only means that it is no object.
      self = .object(JSONObject(try object.allKeys.map { ($0.stringValue, try object.decode(JSON.self, forKey: $0)) }))
    } else {
      self = try Self.scalar(decoder.singleValueContainer())
    }
  }

  private static func scalar(_ container: any SingleValueDecodingContainer) throws -> JSON {
    if container.decodeNil() { return .null }
    // Safety: a failed attempt only means that the value has another type; the last attempt throws.
    if let value = try? container.decode(Bool.self) { return .bool(value) }  // Safety: as above
    if let value = try? container.decode(Int64.self) { return .integer(value) }  // Safety: as above
    if let value = try? container.decode(Double.self), let number = JSON(value) { return number }  // Safety: as above
    return .string(try container.decode(String.self))
  }

  /// To any encoder; ours takes the value as it is. A number that is no 64-bit integer goes through the nearest double.
  public func encode(to encoder: any Encoder) throws {
    switch self {
    case .array(let elements):
      var container = encoder.unkeyedContainer()
      for element in elements { try container.encode(element) }
    case .object(let object):
      var container = encoder.container(keyedBy: AnyKey.self)
      for member in object.members { try container.encode(member.value, forKey: AnyKey(member.key)) }
    case .null:
      var container = encoder.singleValueContainer()
      try container.encodeNil()
    case .bool(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .integer(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .string(let value):
      var container = encoder.singleValueContainer()
      try container.encode(value)
    case .number(let number):
      var container = encoder.singleValueContainer()
      guard let value = number.double else {
        throw EncodingError.invalidValue(
          number,
          .init(codingPath: encoder.codingPath, debugDescription: "\(quoted(number.text)) is beyond a double")
        )
      }
      try container.encode(value)
    }
  }
}

/// A key known only by its text or its position.
struct AnyKey: CodingKey {
  let stringValue: String
  let intValue: Int?

  init(_ key: String) {
    stringValue = key
    intValue = nil
  }

  init(stringValue: String) { self.init(stringValue) }

  init(intValue: Int) {
    stringValue = String(intValue)
    self.intValue = intValue
  }
}

extension JSONPointer {
  init(_ codingPath: [any CodingKey]) { self.init(codingPath.map { $0.intValue.map { String($0) } ?? $0.stringValue }) }
}

extension JSONError {
  fileprivate init(_ error: DecodingError) {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      self.init(.typeMismatch, path: JSONPointer(context.codingPath), context.debugDescription)
    case .keyNotFound(let key, let context):
      self.init(.missingMember, path: JSONPointer(context.codingPath), "no member \(quoted(key.stringValue))")
    case .dataCorrupted(let context):
      // Our decoder marks a number that does not fit; everything else comes from the type itself.
      let code: Code = context.underlyingError is OutOfRange ? .numberOutOfRange : .invalidValue
      self.init(code, path: JSONPointer(context.codingPath), context.debugDescription)
    @unknown default: self.init(.invalidValue, path: JSONPointer(), "\(error)")
    }
  }

  fileprivate init(_ error: EncodingError) {
    switch error {
    case .invalidValue(_, let context):
      self.init(.invalidValue, path: JSONPointer(context.codingPath), context.debugDescription)
    @unknown default: self.init(.invalidValue, path: JSONPointer(), "\(error)")
    }
  }
}

/// Marks a `DecodingError` as being about the range of a number.
struct OutOfRange: Error {}
