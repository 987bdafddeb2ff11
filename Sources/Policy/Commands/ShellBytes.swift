extension UInt8 {
  static let tab = UInt8(ascii: "\t")
  static let newline = UInt8(ascii: "\n")
  static let space = UInt8(ascii: " ")
  static let hash = UInt8(ascii: "#")
  static let dollar = UInt8(ascii: "$")
  static let ampersand = UInt8(ascii: "&")
  static let quote = UInt8(ascii: "'")
  static let doubleQuote = UInt8(ascii: "\"")
  static let backtick = UInt8(ascii: "`")
  static let backslash = UInt8(ascii: "\\")
  static let openParenthesis = UInt8(ascii: "(")
  static let closeParenthesis = UInt8(ascii: ")")
  static let openBracket = UInt8(ascii: "[")
  static let closeBracket = UInt8(ascii: "]")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
  static let less = UInt8(ascii: "<")
  static let greater = UInt8(ascii: ">")
  static let pipe = UInt8(ascii: "|")
  static let semicolon = UInt8(ascii: ";")
  static let comma = UInt8(ascii: ",")
  static let equals = UInt8(ascii: "=")
  static let plus = UInt8(ascii: "+")
  static let dash = UInt8(ascii: "-")
  static let bang = UInt8(ascii: "!")
  static let tilde = UInt8(ascii: "~")
  static let slash = UInt8(ascii: "/")
  static let colon = UInt8(ascii: ":")
  static let at = UInt8(ascii: "@")
  static let star = UInt8(ascii: "*")
  static let question = UInt8(ascii: "?")

  var isBlank: Bool { self == .space || self == .tab }
  var isDigit: Bool { (0x30...0x39).contains(self) }
  var isLetter: Bool { (0x41...0x5A).contains(self) || (0x61...0x7A).contains(self) || self == 0x5F }
  var isName: Bool { isLetter || isDigit }
  /// One of `; & | ( ) < >`.
  var isOperator: Bool {
    switch self {
    case .semicolon, .ampersand, .pipe, .openParenthesis, .closeParenthesis, .less, .greater: true
    default: false
    }
  }
  var endsWord: Bool { isBlank || self == .newline || isOperator }
  var isQuoting: Bool { self == .quote || self == .doubleQuote || self == .backslash || self == .dollar }
  /// What reserved words are made of.
  var isReservedByte: Bool {
    (0x61...0x7A).contains(self) || self == .openBrace || self == .closeBrace || self == .bang
      || self == .openBracket || self == .closeBracket
  }
}

extension String {
  /// Digits, with or without a sign.
  var isDecimal: Bool {
    let digits = utf8.first == .dash ? utf8.dropFirst() : utf8[...]
    return !digits.isEmpty && digits.allSatisfy(\.isDigit)
  }

  var isIdentifier: Bool { utf8.first?.isLetter == true && utf8.allSatisfy(\.isName) }
}
