/// A byte of a word, or something that is not known before the script runs.
enum ShellUnit {
  case byte(UInt8, quoted: Bool)
  case hole(ShellWord.Shape)
  /// The end of something quoted: a word even where there is nothing else, and a border between what braces see.
  case edge

  var value: UInt8? { if case .byte(let value, _) = self { value } else { nil } }

  func isUnquoted(_ byte: UInt8) -> Bool {
    if case .byte(byte, quoted: false) = self { true } else { false }
  }
}

/// What an expansion is, as far as it can be told.
struct ShellExpansion {
  var shape: ShellWord.Shape
  /// Always a number.
  var isNumber = false
  /// The variable that it is the plain value of.
  var name: String?
}

struct RawWord {
  struct Assignment {
    var isOdd: Bool
  }

  var words: [ShellWord] = []
  var assignment: Assignment?
  var isContinued = false
  /// The bytes that are known, quotes removed.
  var raw: [UInt8] = []
}

extension ShellReader {
  func identifierEnd(_ start: Int) -> Int {
    guard start < end, bytes[start].isLetter else { return start }
    var index = start
    while index < end, bytes[index].isName { index += 1 }
    return index
  }

  /// Reads one word; `assigning`: where `a=b` is an assignment whatever comes behind it.
  mutating func readWord(assigning: Bool) throws(ShellStop) -> RawWord {
    let start = position
    var word = RawWord()
    var units: [ShellUnit] = []
    let name = try readAssignmentStart(&units, assigning: assigning)
    let valueStart = units.count
    var numbers = 0
    if let name, byte() == .openParenthesis {
      try readArray()
      script.arrays.insert(name)
      // The list was read here: the value is not one that a builtin may take for a list.
      if !assigning { units.append(.byte(.closeParenthesis, quoted: true)) }
      units.append(.hole(.free))
    }
    while let byte = byte() {
      if byte.endsWord, try !readGroupOrProcess(&units, from: start) { break }
      if byte.endsWord { continue }
      if try readPart(&units) { numbers += 1 }
      if byte == .backslash, bytes[position - 1] == .newline { word.isContinued = true }
    }
    if position == start { throw .syntax }
    checkDescriptor(from: start, isContinued: word.isContinued)
    if let name {
      if assigning { word.assignment = .init(isOdd: false) }
      assign(name, units[valueStart...], numbers: numbers, from: start)
    }
    word.raw = units.compactMap(\.value)
    try spend(word.raw.count / 8)
    if word.assignment == nil { word.words = expandBraces(units) }
    return word
  }

  /// A word right before a redirection may be a descriptor: one that goes on in the next line, and `{name[…]}`, whose
  /// subscript is calculated.
  private mutating func checkDescriptor(from start: Int, isContinued: Bool) {
    guard let sign = byte(), sign == .less || sign == .greater else { return }
    let stop = identifierEnd(start + 1)
    let isElement = bytes[start] == .openBrace && stop > start + 1 && stop < end && bytes[stop] == .openBracket
    if isElement || (isContinued && (bytes[start].isDigit || bytes[start] == .openBrace || bytes[start] == .backslash))
    {
      doubt("a redirection's descriptor is not known", from: start)
    }
  }

  /// `name=`, `name+=` and `name[…]=`: the name, its text put into the word.
  private mutating func readAssignmentStart(
    _ units: inout [ShellUnit],
    assigning: Bool
  ) throws(ShellStop) -> String? {
    let start = position
    var stop = identifierEnd(position)
    guard stop > position, stop < end else { return nil }
    let name = String(decoding: bytes[position..<stop], as: UTF8.self)
    var hasSubscript = false
    if bytes[stop] == .openBracket, assigning {
      position = stop + 1
      try readArithmetic(closedBy: .closeBracket)
      stop = position
      hasSubscript = true
      script.arrays.insert(name)
    }
    if stop < end, bytes[stop] == .plus, stop + 1 < end, bytes[stop + 1] == .equals { stop += 1 }
    guard stop < end, bytes[stop] == .equals else {
      if hasSubscript { units.append(.hole(.each)) }
      return nil
    }
    position = stop + 1
    units += bytes[start..<position].map { .byte($0, quoted: true) }
    return name
  }

  /// `( … )` of an array, with its newlines and comments.
  private mutating func readArray() throws(ShellStop) {
    script.isForBash = true
    try deeper()
    defer { depth -= 1 }
    position += 1
    while true {
      try skipLines()
      guard let byte = byte() else { throw .syntax }
      if byte == .closeParenthesis { break }
      if byte == .openBracket {
        position += 1
        try readArithmetic(closedBy: .closeBracket)
        if self.byte()?.endsWord ?? true { continue }
      }
      let word = try readWord(assigning: false)
      script.texts += word.words.compactMap(\.literal)
    }
    position += 1
  }

  /// `<( … )`, `>( … )` and `@( … )`: whether there is one here.
  private mutating func readGroupOrProcess(_ units: inout [ShellUnit], from start: Int) throws(ShellStop) -> Bool {
    if at("<(") || at(">(") {
      script.isForBash = true
      position += 2
      try readSubstitution()
      units.append(.hole(.one))
      return true
    }
    guard byte() == .openParenthesis, case .byte(let last, quoted: false)? = units.last, "?*+@!".utf8.contains(last)
    else { return false }
    script.isForBash = true
    units.removeLast()
    try readGroup()
    units.append(.hole(.each))
    return true
  }

  /// The parentheses of a pattern.
  private mutating func readGroup() throws(ShellStop) {
    var units: [ShellUnit] = []
    var open = 0
    repeat {
      guard let byte = byte() else { throw .syntax }
      if byte == .openParenthesis { open += 1 }
      if byte == .closeParenthesis { open -= 1 }
      if at("<(") || at(">(") {
        position += 2
        try readSubstitution()
      } else if byte.endsWord {
        position += 1
      } else {
        _ = try readPart(&units)
      }
    } while open > 0
  }

  /// One byte, quoted text or expansion; whether it is surely a number.
  private mutating func readPart(_ units: inout [ShellUnit]) throws(ShellStop) -> Bool {
    guard let byte = byte() else { throw .syntax }
    position += 1
    switch byte {
    case .backslash:
      if let next = self.byte(), next != .newline { units.append(.byte(next, quoted: true)) }
      if self.byte() == nil { units.append(.byte(byte, quoted: true)) } else { position += 1 }
    case .quote: try readQuoted(&units)
    case .doubleQuote: try readDoubleQuoted(&units)
    case .backtick:
      try readBackticks(quoted: false)
      units.append(.hole(.free))
    case .dollar:
      if self.byte() == .quote {
        script.isForBash = true
        position += 1
        try readEscaped(&units)
      } else if self.byte() == .doubleQuote {
        script.isForBash = true
        position += 1
        try readDoubleQuoted(&units)
      } else if let expansion = try readDollar(quoted: false) {
        units.append(.hole(expansion.shape))
        return expansion.isNumber
      } else {
        units.append(.byte(byte, quoted: true))
      }
    default: units.append(.byte(byte, quoted: false))
    }
    return false
  }

  private mutating func readQuoted(_ units: inout [ShellUnit]) throws(ShellStop) {
    while let byte = byte(), byte != .quote {
      units.append(.byte(byte, quoted: true))
      position += 1
    }
    try expect(.quote)
    units.append(.edge)
  }

  mutating func readDoubleQuoted(_ units: inout [ShellUnit]) throws(ShellStop) {
    while let byte = byte(), byte != .doubleQuote { try readQuotedByte(&units) }
    try expect(.doubleQuote)
    units.append(.edge)
  }

  /// One byte, escape or expansion within double quotes.
  mutating func readQuotedByte(_ units: inout [ShellUnit]) throws(ShellStop) {
    guard let byte = byte() else { throw .syntax }
    position += 1
    switch byte {
    case .backslash:
      guard let next = self.byte(), [.dollar, .backtick, .backslash, .doubleQuote, .newline].contains(next) else {
        return units.append(.byte(byte, quoted: true))
      }
      position += 1
      if next != .newline { units.append(.byte(next, quoted: true)) }
    case .backtick:
      try readBackticks(quoted: true)
      units.append(.hole(.one))
    case .dollar:
      if let expansion = try readDollar(quoted: true) {
        units.append(.hole(expansion.shape))
      } else {
        units.append(.byte(byte, quoted: true))
      }
    default: units.append(.byte(byte, quoted: true))
    }
  }
}
