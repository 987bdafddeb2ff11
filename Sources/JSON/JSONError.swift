/// Why a text is not acceptable JSON, or a value not what was asked for, and where.
public struct JSONError: Error, Sendable, Equatable {
  /// An open set of names; a name once given keeps its meaning.
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Input ended inside a value, or was empty.
    public static let truncated = Code(rawValue: "truncated")
    /// A byte that the grammar does not allow here.
    public static let unexpectedByte = Code(rawValue: "unexpected_byte")
    /// Bytes after the one value.
    public static let trailingBytes = Code(rawValue: "trailing_bytes")
    /// Bytes that are not UTF-8.
    public static let invalidUTF8 = Code(rawValue: "invalid_utf8")
    /// A `\u` escape that is half a surrogate pair.
    public static let loneSurrogate = Code(rawValue: "lone_surrogate")
    /// A backslash escape that JSON does not have.
    public static let invalidEscape = Code(rawValue: "invalid_escape")
    /// An unescaped control character in a string.
    public static let controlCharacter = Code(rawValue: "control_character")
    /// A number that JSON's grammar does not allow (`01`, `+1`, `.5`, `1.`).
    public static let invalidNumber = Code(rawValue: "invalid_number")
    /// A number whose decimal exponent is beyond `JSONNumber.largestExponent`.
    public static let exponentExceeded = Code(rawValue: "exponent_exceeded")
    /// The same key twice in one object.
    public static let duplicateKey = Code(rawValue: "duplicate_key")
    /// Arrays and objects nested deeper than the limit.
    public static let depthExceeded = Code(rawValue: "depth_exceeded")
    /// More values than the limit.
    public static let valuesExceeded = Code(rawValue: "values_exceeded")

    /// A text that is no JSON Pointer.
    public static let invalidPointer = Code(rawValue: "invalid_pointer")
    /// A pointer that leads to no value.
    public static let noSuchValue = Code(rawValue: "no_such_value")
    /// A value of another type than the Swift type needs, `null` included.
    public static let typeMismatch = Code(rawValue: "type_mismatch")
    /// An object without a member that the Swift type needs.
    public static let missingMember = Code(rawValue: "missing_member")
    /// A number that the Swift type cannot hold.
    public static let numberOutOfRange = Code(rawValue: "number_out_of_range")
    /// A value that the Swift type refuses, or that JSON cannot say (NaN).
    public static let invalidValue = Code(rawValue: "invalid_value")
  }

  public let code: Code
  /// Byte offset of the offence from the start of the text; 0 when there is a `path`.
  public let offset: Int
  /// The offending value or the limit, for people.
  public let detail: String
  /// Where in a value; nil when a text is at fault.
  public let path: JSONPointer?

  package init(_ code: Code, at offset: Int, _ detail: String) {
    self.code = code
    self.offset = offset
    self.detail = detail
    path = nil
  }

  package init(_ code: Code, path: JSONPointer, _ detail: String) {
    self.code = code
    offset = 0
    self.detail = detail
    self.path = path
  }
}

extension JSONError: CustomStringConvertible {
  public var description: String {
    guard let path else { return "\(detail) at byte \(offset)" }
    return path.isRoot ? detail : "\(detail) at '\(path)'"
  }
}

/// `byte` as messages show it: the quoted character, or its value when it cannot be printed.
func byteName(_ byte: UInt8) -> String {
  byte > 0x20 && byte < 0x7F
    ? "'\(Character(Unicode.Scalar(byte)))'" : "byte 0x\(byte < 16 ? "0" : "")\(String(byte, radix: 16))"
}

/// A foreign string in single quotes, shortened to 64 characters, control characters escaped.
package func quoted(_ string: String) -> String {
  var shown = "'"
  var left = 64
  for scalar in string.unicodeScalars {
    guard left > 0 else { return shown + "…'" }
    left -= 1
    if scalar.value < 0x20 || scalar.value == 0x7F {
      shown += scalar.escaped(asASCII: true)
    } else {
      shown.unicodeScalars.append(scalar)
    }
  }
  return shown + "'"
}
