/// What the splitting of text into words must know of a scalar.
///
/// A plain byte rather than an option set of its own, since a table of them is read for every scalar of a text.
enum ScalarKind {
  /// May stand in the front of a word (`Lu`, `Lt`, `Lm`, `Lo`, `M`).
  static let upper: UInt8 = 1
  /// May stand in the rest of a word (`Ll`, `Lm`, `Lo`, `M`).
  static let lower: UInt8 = 2
  static let letter: UInt8 = 4
  static let number: UInt8 = 8
  /// Carriage return or line feed.
  static let newline: UInt8 = 16
  /// `White_Space`, newlines included.
  static let space: UInt8 = 32
  /// No scalar: the text has ended.
  static let end: UInt8 = 64

  /// The kinds of the scalars below U+10000. 64 KiB, made at the first use.
  static let table: [UInt8] = (0..<0x10000).map { value in Unicode.Scalar(UInt32(value)).map(kind) ?? 0 }

  static func kind(_ scalar: Unicode.Scalar) -> UInt8 {
    if scalar == "\n" || scalar == "\r" { return newline | space }
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .titlecaseLetter: return upper | letter
    case .lowercaseLetter: return lower | letter
    case .modifierLetter, .otherLetter: return upper | lower | letter
    case .nonspacingMark, .spacingMark, .enclosingMark: return upper | lower
    case .decimalNumber, .letterNumber, .otherNumber: return number
    default: return scalar.properties.isWhitespace ? space : 0
    }
  }
}
