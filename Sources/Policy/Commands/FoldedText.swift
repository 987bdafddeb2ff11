/// Text as rules compare it: small letters, look-alikes and full-width forms as what they look like, invisible characters
/// gone, blanks and SQL comments as one blank.
enum FoldedText {
  static func fold(_ text: String) -> String {
    let bytes = Array(text.utf8)
    return bytes.allSatisfy { $0 < 0x80 } ? fold(ascii: bytes) : fold(scalars: text)
  }

  /// The same for what is long more often than not.
  private static func fold(ascii bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count)
    var isBlank = false
    let lastEnd = bytes.indices.last { $0 > 0 && bytes[$0] == .slash && bytes[$0 - 1] == .star } ?? -1
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      index += 1
      if byte == .slash, index < lastEnd - 1, bytes[index] == .star {
        index += 3
        while bytes[index - 1] != .slash || bytes[index - 2] != .star { index += 1 }
        isBlank = true
      } else if byte == .space || (9...13).contains(byte) {
        isBlank = true
      } else if byte > 0x20, byte != 0x7F {
        if isBlank, !result.isEmpty { result.append(.space) }
        isBlank = false
        result.append((0x41...0x5A).contains(byte) ? byte + 0x20 : byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static func fold(scalars text: String) -> String {
    // Bytes: appending to a view of scalars copies it where they are no ASCII.
    var result: [UInt8] = []
    var isBlank = false
    let scalars = Array(text.unicodeScalars)
    // A comment that never ends is none, and the ones behind it neither.
    let lastEnd = scalars.indices.last { $0 > 0 && scalars[$0] == "/" && scalars[$0 - 1] == "*" } ?? -1
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      index += 1
      if scalar == "/", index < lastEnd - 1, scalars[index] == "*" {
        index += 3
        while scalars[index - 1] != "/" || scalars[index - 2] != "*" { index += 1 }
        isBlank = true
      } else if scalar.properties.isWhitespace {
        isBlank = true
      } else if !isInvisible(scalar) {
        if isBlank, !result.isEmpty { result.append(.space) }
        isBlank = false
        result += String(plain(scalar)).utf8
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// With dashes of other kinds as `-`.
  static func dashes(_ text: String) -> String {
    guard !text.utf8.allSatisfy({ $0 < 0x80 }) else { return text }
    let dash = UInt8(ascii: "-")
    return String(String.UnicodeScalarView(text.unicodeScalars.map { LookAlikes.look(of: $0) == dash ? "-" : $0 }))
  }

  static func isInvisible(_ scalar: UnicodeScalar) -> Bool {
    guard !scalar.isASCII else { return scalar.value < 0x20 || scalar.value == 0x7F }
    return scalar.properties.isDefaultIgnorableCodePoint || scalar.properties.generalCategory == .format
      || scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .nonspacingMark
      || LookAlikes.look(of: scalar) == LookAlikes.unseen
  }

  private static func plain(_ scalar: UnicodeScalar) -> String.UnicodeScalarView {
    if scalar.isASCII {
      let isCapital = (0x41...0x5A).contains(scalar.value)
      return String.UnicodeScalarView([isCapital ? UnicodeScalar(UInt8(scalar.value + 0x20)) : scalar])
    }
    let look = LookAlikes.look(of: scalar)
    return look == LookAlikes.itself
      ? scalar.properties.lowercaseMapping.unicodeScalars : String.UnicodeScalarView([UnicodeScalar(look)])
  }
}
