/// Rewrites an ECMA-262 pattern (Unicode mode) as libpcre2 text of the same meaning.
///
/// The two differ in `\s`, `.`, `\v`, `\u`, back-references, long property names and bracket details; what libpcre2 has
/// beyond ECMA-262 (recursion, verbs, callouts, possessive quantifiers, `\A` …) is refused by name. Lenient where no
/// doubt can arise: a `{` or `]` that begins nothing is itself.
struct PatternTranslator {
  private let input: [Unicode.Scalar]
  private var position = 0
  private var output = String.UnicodeScalarView()

  static func translate(_ source: String) throws(PatternError) -> String {
    var translator = PatternTranslator(input: Array(source.unicodeScalars))
    try translator.run()
    return String(translator.output)
  }

  private init(input: [Unicode.Scalar]) { self.input = input }

  private mutating func run() throws(PatternError) {
    while let scalar = peek() {
      switch scalar {
      case "\\": try translateEscape(inClass: false)
      case "[": try translateClass()
      case "(": try translateGroup()
      case ".":
        position += 1
        emit("[^\\n\\r\\x{2028}\\x{2029}]")
      case "*", "+", "?":
        emit(scalar)
        position += 1
        try finishQuantifier()
      case "{": try translateBrace()
      case "}", "]":
        position += 1
        emit("\\")
        emit(scalar)
      default:
        emit(scalar)
        position += 1
      }
    }
  }

  private func peek(_ distance: Int = 0) -> Unicode.Scalar? {
    let i = position + distance
    return i < input.count ? input[i] : nil
  }

  private mutating func emit(_ scalar: Unicode.Scalar) { output.append(scalar) }
  private mutating func emit(_ text: String) { output.append(contentsOf: text.unicodeScalars) }

  private func unsupported(_ what: String, at offset: Int) -> PatternError {
    PatternError(.unsupported, at: offset, "\(what) is not in ECMA-262")
  }

  // MARK: Quantifiers and groups

  /// Behind a quantifier: takes a lazy `?`; a further quantifier would be libpcre2's possessive form.
  private mutating func finishQuantifier() throws(PatternError) {
    if peek() == "?" {
      emit("?")
      position += 1
    }
    if let next = peek(), next == "*" || next == "+" || next == "?" {
      throw PatternError(.invalid, at: position, "nothing to repeat before '\(next)'")
    }
  }

  private mutating func translateBrace() throws(PatternError) {
    var end = position + 1
    let digitsStart = end
    while end < input.count, isDigit(input[end]) { end += 1 }
    var isQuantifier = end > digitsStart
    if isQuantifier, end < input.count, input[end] == "," {
      end += 1
      while end < input.count, isDigit(input[end]) { end += 1 }
    }
    isQuantifier = isQuantifier && end < input.count && input[end] == "}"
    guard isQuantifier else {
      emit("\\{")
      position += 1
      return
    }
    output.append(contentsOf: input[position...end])
    position = end + 1
    try finishQuantifier()
  }

  private mutating func translateGroup() throws(PatternError) {
    let start = position
    emit("(")
    position += 1
    if peek() == "*" { throw unsupported("'(*'", at: start) }
    guard peek() == "?" else { return }
    switch (peek(1), peek(2), peek(3)) {
    case (":", _, _), ("=", _, _), ("!", _, _): take(2)
    case ("<", "=", _), ("<", "!", _): take(3)
    case ("<", _, _): take(2)
    case ("i", ":", _): take(3)
    case ("-", "i", ":"): take(4)
    default:
      let shown = String(String.UnicodeScalarView(input[start..<min(start + 4, input.count)]))
      throw unsupported(quoted(shown), at: start)
    }
  }

  /// Copies `count` scalars as they are.
  private mutating func take(_ count: Int) {
    output.append(contentsOf: input[position..<min(position + count, input.count)])
    position = min(position + count, input.count)
  }

  // MARK: Classes

  private mutating func translateClass() throws(PatternError) {
    let start = position
    take(1)
    if peek() == "^" { take(1) }
    while let scalar = peek() {
      switch scalar {
      case "]":
        take(1)
        return
      case "\\": try translateEscape(inClass: true)
      case "[":
        // libpcre2 reads `[:name:]` here.
        emit("\\[")
        position += 1
      default: take(1)
      }
    }
    throw PatternError(.invalid, at: start, "'[' without ']'")
  }

  // MARK: Escapes

  private static let spaces =
    "\\x09-\\x0d\\x20\\xa0\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}"
  private static let notSpaces =
    "\\x00-\\x08\\x0e-\\x1f\\x21-\\x9f\\xa1-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}"
    + "\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}"

  private mutating func translateEscape(inClass: Bool) throws(PatternError) {
    let start = position
    guard let letter = peek(1) else { throw PatternError(.invalid, at: start, "'\\' at the end") }
    switch letter {
    case "d", "D", "w", "W", "t", "n", "r", "f", "b": take(2)
    case "B" where !inClass: take(2)
    case "s", "S":
      position += 2
      let set = letter == "s" ? Self.spaces : Self.notSpaces
      emit(inClass ? set : "[" + set + "]")
    case "v":
      position += 2
      emit("\\x0b")
    case "c":
      guard let control = peek(2), isLetter(control) else { throw unsupported("'\\c' without a letter", at: start) }
      position += 3
      emitCharacter(control.value & 0x1F)
    case "0" where peek(2).map(isDigit) != true:
      position += 2
      emit("\\x00")
    case "1"..."9" where !inClass: translateBackReference()
    case "k" where !inClass && peek(2) == "<": take(2)
    case "x":
      position += 2
      emitCharacter(try hexadecimal(2, of: start))
    case "u":
      position += 2
      try translateUnicodeEscape(start)
    case "p", "P": try translateProperty(start)
    default:
      guard letter.value >= 0x80 || !(isLetter(letter) || isDigit(letter)) else {
        throw unsupported(quoted("\\" + String(letter)), at: start)
      }
      position += 2
      if letter.value < 0x80 { emit("\\") }
      emit(letter)
    }
  }

  private mutating func translateBackReference() {
    position += 1
    emit("\\g{")
    while let digit = peek(), isDigit(digit) { take(1) }
    emit("}")
  }

  private mutating func translateUnicodeEscape(_ start: Int) throws(PatternError) {
    var value: UInt32 = 0
    if peek() == "{" {
      position += 1
      var digits = 0
      while let digit = peek().flatMap(hexValue), digits < 8 {
        value = value << 4 | digit
        digits += 1
        position += 1
      }
      guard digits > 0, peek() == "}" else { throw PatternError(.invalid, at: start, "'\\u{' without digits and '}'") }
      position += 1
    } else {
      value = try hexadecimal(4, of: start)
      if value & 0xFC00 == 0xD800, peek() == "\\", peek(1) == "u" {
        position += 2
        let low = try hexadecimal(4, of: start)
        guard low & 0xFC00 == 0xDC00 else { throw PatternError(.invalid, at: start, "half a surrogate pair") }
        value = 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF
      }
    }
    guard Unicode.Scalar(value) != nil else {
      throw PatternError(.invalid, at: start, "'\\u' names no character")
    }
    emitCharacter(value)
  }

  private mutating func emitCharacter(_ value: UInt32) { emit("\\x{" + String(value, radix: 16) + "}") }

  private mutating func hexadecimal(_ count: Int, of start: Int) throws(PatternError) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let digit = peek().flatMap(hexValue) else {
        throw PatternError(.invalid, at: start, "fewer than \(count) hexadecimal digits")
      }
      value = value << 4 | digit
      position += 1
    }
    return value
  }

  /// `\p{…}`: libpcre2 knows scripts and binary properties by name, general categories only by their short names.
  private mutating func translateProperty(_ start: Int) throws(PatternError) {
    let letter = input[position + 1]
    guard peek(2) == "{", let end = input[position...].firstIndex(of: "}") else {
      throw unsupported("'\\\(letter)' without '{…}'", at: start)
    }
    var name = String(String.UnicodeScalarView(input[(position + 3)..<end]))
    for prefix in ["General_Category=", "gc="] where name.hasPrefix(prefix) { name.removeFirst(prefix.count) }
    let legal = name.unicodeScalars.allSatisfy { isLetter($0) || isDigit($0) || $0 == "_" || $0 == "=" }
    guard legal, !name.isEmpty else { throw PatternError(.invalid, at: start, "no property \(quoted(name))") }
    emit("\\")
    emit(letter)
    emit("{" + (generalCategories[name] ?? name) + "}")
    position = end + 1
  }
}

private func isDigit(_ scalar: Unicode.Scalar) -> Bool { scalar >= "0" && scalar <= "9" }

private func isLetter(_ scalar: Unicode.Scalar) -> Bool {
  (scalar >= "a" && scalar <= "z") || (scalar >= "A" && scalar <= "Z")
}

private func hexValue(_ scalar: Unicode.Scalar) -> UInt32? {
  switch scalar {
  case "0"..."9": scalar.value - 0x30
  case "a"..."f": scalar.value - 0x61 + 10
  case "A"..."F": scalar.value - 0x41 + 10
  default: nil
  }
}

/// Long names of general categories (Unicode's PropertyValueAliases).
private let generalCategories: [String: String] = [
  "Letter": "L", "Cased_Letter": "L&", "LC": "L&", "Uppercase_Letter": "Lu", "Lowercase_Letter": "Ll",
  "Titlecase_Letter": "Lt", "Modifier_Letter": "Lm", "Other_Letter": "Lo", "Mark": "M", "Combining_Mark": "M",
  "Nonspacing_Mark": "Mn", "Spacing_Mark": "Mc", "Enclosing_Mark": "Me", "Number": "N", "Decimal_Number": "Nd",
  "digit": "Nd", "Letter_Number": "Nl", "Other_Number": "No", "Punctuation": "P", "punct": "P",
  "Connector_Punctuation": "Pc", "Dash_Punctuation": "Pd", "Open_Punctuation": "Ps", "Close_Punctuation": "Pe",
  "Initial_Punctuation": "Pi", "Final_Punctuation": "Pf", "Other_Punctuation": "Po", "Symbol": "S",
  "Math_Symbol": "Sm", "Currency_Symbol": "Sc", "Modifier_Symbol": "Sk", "Other_Symbol": "So", "Separator": "Z",
  "Space_Separator": "Zs", "Line_Separator": "Zl", "Paragraph_Separator": "Zp", "Other": "C", "Control": "Cc",
  "cntrl": "Cc", "Format": "Cf", "Surrogate": "Cs", "Private_Use": "Co", "Unassigned": "Cn",
]
