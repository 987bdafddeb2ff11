internal import JSON

/// The type of an unquoted scalar: YAML 1.2's core schema (section 10.3.2), narrowed where it would surprise.
///
/// `null`, `~` and nothing are null; `true` and `false` (also `True`, `TRUE`, …) are booleans; numbers are those of JSON.
/// `yes`, `no`, `on`, `off`, `1_000` and `1:30` are texts, as the core schema says. What it calls a number but JSON
/// cannot write (`0o17`, `0x1F`, `007`, `+1`, `.5`, `1.`, `.inf`, `.nan`) is refused: every reader would take it for
/// something else.
enum PlainScalar {
  case content(YAMLNode.Content)
  case refused

  init(_ text: String) {
    switch text {
    case "", "~", "null", "Null", "NULL": self = .content(.null)
    case "true", "True", "TRUE": self = .content(.bool(true))
    case "false", "False", "FALSE": self = .content(.bool(false))
    default: self = Self.numberOrText(text)
    }
  }

  private static func numberOrText(_ text: String) -> PlainScalar {
    guard let first = text.utf8.first, isDigit(first) || first == "-" || first == "+" || first == "." else {
      return .content(.string(text))
    }
    if isDigit(first) || first == "-" {
      // Safety of the dropped error: text that is no JSON number is classified below.
      switch try? JSON(parsing: text) {
      case .integer(let value): return .content(.integer(value))
      case .number(let number): return .content(.number(number))
      default: break
      }
    }
    return isCoreNumber(Array(text.utf8)) ? .refused : .content(.string(text))
  }

  /// Whether the core schema calls it an integer or a float.
  private static func isCoreNumber(_ text: [UInt8]) -> Bool {
    if text.starts(with: "0o".utf8) { return text.count > 2 && text.dropFirst(2).allSatisfy { (48...55).contains($0) } }
    if text.starts(with: "0x".utf8) { return text.count > 2 && text.dropFirst(2).allSatisfy(isHexDigit) }
    var rest = text[...]
    if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
    if [".inf", ".Inf", ".INF"].contains(where: { rest.elementsEqual($0.utf8) }) { return true }
    if [".nan", ".NaN", ".NAN"].contains(where: { text.elementsEqual($0.utf8) }) { return true }
    let whole = rest.prefix(while: isDigit)
    rest = rest.dropFirst(whole.count)
    var fraction = rest.prefix(0)
    if rest.first == "." {
      fraction = rest.dropFirst().prefix(while: isDigit)
      rest = rest.dropFirst(1 + fraction.count)
    }
    guard !whole.isEmpty || !fraction.isEmpty else { return false }
    if rest.first == "e" || rest.first == "E" {
      rest = rest.dropFirst()
      if rest.first == "-" || rest.first == "+" { rest = rest.dropFirst() }
      guard !rest.isEmpty else { return false }
      rest = rest.drop(while: isDigit)
    }
    return rest.isEmpty
  }
}

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

private func isHexDigit(_ byte: UInt8) -> Bool {
  isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
}

extension UInt8 {
  /// Lets `byte == "-"` be written for bytes of ASCII.
  static func == (byte: UInt8, character: Unicode.Scalar) -> Bool { UInt32(byte) == character.value }
}

extension UInt8? {
  static func == (byte: UInt8?, character: Unicode.Scalar) -> Bool {
    byte.map { UInt32($0) == character.value } ?? false
  }
}
