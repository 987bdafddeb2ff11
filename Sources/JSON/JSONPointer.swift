/// A path to a value inside a JSON document (RFC 6901): `""` is the whole, `/a/0` the first element of the member `a`.
public struct JSONPointer: Sendable, Hashable {
  /// Keys and array indices from the root on, unescaped.
  public private(set) var tokens: [String]

  /// The whole document.
  public init() { tokens = [] }

  public init(_ tokens: [String]) { self.tokens = tokens }

  /// Reads `/a~1b/0`. Throws `invalid_pointer`, with the byte offset into `text`, for a text that neither is empty nor
  /// starts with `/`, and for a `~` that neither `0` nor `1` follows.
  public init(parsing text: String) throws(JSONError) {
    tokens = []
    var token: [UInt8] = []
    var tildeOffset: Int?
    for (offset, byte) in text.utf8.enumerated() {
      if let tilde = tildeOffset {
        guard byte == UInt8(ascii: "0") || byte == UInt8(ascii: "1") else { throw Self.badTilde(text, tilde) }
        token.append(byte == UInt8(ascii: "0") ? UInt8(ascii: "~") : UInt8(ascii: "/"))
        tildeOffset = nil
      } else if offset == 0 {
        guard byte == UInt8(ascii: "/") else {
          throw JSONError(.invalidPointer, at: 0, "pointer \(quoted(text)) does not start with '/'")
        }
      } else if byte == UInt8(ascii: "/") {
        tokens.append(String(decoding: token, as: UTF8.self))
        token.removeAll(keepingCapacity: true)
      } else if byte == UInt8(ascii: "~") {
        tildeOffset = offset
      } else {
        token.append(byte)
      }
    }
    if let tildeOffset { throw Self.badTilde(text, tildeOffset) }
    if !text.isEmpty { tokens.append(String(decoding: token, as: UTF8.self)) }
  }

  private static func badTilde(_ text: String, _ offset: Int) -> JSONError {
    JSONError(.invalidPointer, at: offset, "pointer \(quoted(text)) has '~' without '0' or '1' behind it")
  }

  public var isRoot: Bool { tokens.isEmpty }

  public mutating func append(_ key: String) { tokens.append(key) }
  public mutating func append(_ index: Int) { tokens.append(String(index)) }

  /// Does nothing to the root.
  public mutating func removeLast() { _ = tokens.popLast() }

  public func appending(_ key: String) -> JSONPointer { JSONPointer(tokens + [key]) }
  public func appending(_ index: Int) -> JSONPointer { JSONPointer(tokens + [String(index)]) }

  // Tokens are the same when their bytes are, as keys are.
  public static func == (left: JSONPointer, right: JSONPointer) -> Bool {
    left.tokens.count == right.tokens.count && zip(left.tokens, right.tokens).allSatisfy { sameBytes($0, $1) }
  }

  public func hash(into hasher: inout Hasher) {
    for token in tokens { hasher.combine(bytesOf: token) }
  }

  /// The position that `token` names in an array: digits without a leading zero, within `Int`. `-`, the place behind the
  /// last element, holds no value.
  fileprivate static func index(_ token: String) -> Int? {
    let digits = token.utf8
    guard let first = digits.first, digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      first != UInt8(ascii: "0") || digits.count == 1
    else { return nil }
    return Int(token)
  }
}

extension JSONPointer: CustomStringConvertible {
  /// The text that parses to this pointer.
  public var description: String {
    var bytes: [UInt8] = []
    for token in tokens {
      bytes.append(UInt8(ascii: "/"))
      for byte in token.utf8 {
        switch byte {
        case UInt8(ascii: "~"): bytes += [byte, UInt8(ascii: "0")]
        case UInt8(ascii: "/"): bytes += [UInt8(ascii: "~"), UInt8(ascii: "1")]
        default: bytes.append(byte)
        }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension JSON {
  /// The value at `pointer`, or nil where there is none.
  public subscript(pointer pointer: JSONPointer) -> JSON? {
    var value = self
    for token in pointer.tokens {
      guard let next = value.child(token) else { return nil }
      value = next
    }
    return value
  }

  /// The value at `pointer`; throws `no_such_value`, whose path ends with the first token that leads nowhere.
  public func value(at pointer: JSONPointer) throws(JSONError) -> JSON {
    var value = self
    for (position, token) in pointer.tokens.enumerated() {
      guard let next = value.child(token) else {
        throw JSONError(
          .noSuchValue,
          path: JSONPointer(Array(pointer.tokens[...position])),
          value.whyNoChild(token)
        )
      }
      value = next
    }
    return value
  }

  private func child(_ token: String) -> JSON? {
    switch self {
    case .object(let object): object[token]
    case .array: JSONPointer.index(token).flatMap { self[$0] }
    default: nil
    }
  }

  private func whyNoChild(_ token: String) -> String {
    switch self {
    case .object: "no member \(quoted(token))"
    case .array(let elements): "no index \(quoted(token)) in an array of \(elements.count)"
    default: "no \(quoted(token)) in \(typeName)"
    }
  }
}
