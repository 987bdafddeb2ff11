extension ShellReader {
  /// The words that one word becomes when its braces are expanded.
  mutating func expandBraces(_ units: [ShellUnit]) -> [ShellWord] {
    guard let open = units.firstIndex(where: { $0.isUnquoted(.openBrace) }),
      let close = units.lastIndex(where: { $0.isUnquoted(.closeBrace) }), open < close,
      Self.mayExpand(units[open...close])
    else { return [Self.word(units[...])] }
    script.isForBash = true
    var budget = ShellLimit.braces
    if let list = Self.expand(units[...], &budget, depth: 0) {
      return list.compactMap { $0.isEmpty ? nil : Self.word($0[...]) }
    }
    // Something in braces that is not a plain list: the word may become anything that begins so.
    var word = Self.word(units[..<open])
    word.shape = .free
    return [word]
  }

  private static func mayExpand(_ units: ArraySlice<ShellUnit>) -> Bool {
    let dot = UInt8(ascii: ".")
    return units.indices.contains { index in
      units[index].isUnquoted(.comma) || (units[index].isUnquoted(dot) && units[index - 1].isUnquoted(dot))
    }
  }

  /// nil: there is something other than plain lists.
  private static func expand(_ units: ArraySlice<ShellUnit>, _ budget: inout Int, depth: Int) -> [[ShellUnit]]? {
    guard depth < 8 else { return nil }
    guard let open = units.firstIndex(where: { $0.isUnquoted(.openBrace) }) else {
      if units.contains(where: { $0.isUnquoted(.closeBrace) }) { return nil }
      return [Array(units)]
    }
    let before = units[..<open]
    if before.contains(where: { $0.isUnquoted(.closeBrace) }) { return nil }
    guard let (parts, close) = split(units, open) else { return nil }
    budget -= units.count / 16
    guard budget > 0, let rest = expand(units[(close + 1)...], &budget, depth: depth + 1) else { return nil }
    var middles: [[ShellUnit]] = []
    for part in parts {
      guard let list = expand(part, &budget, depth: depth + 1) else { return nil }
      middles += list
    }
    budget -= middles.count * rest.count
    guard budget > 0 else { return nil }
    return middles.flatMap { middle in rest.map { before + middle + $0 } }
  }

  /// The parts of the list that begins at an offset, and where its brace closes.
  private static func split(_ units: ArraySlice<ShellUnit>, _ open: Int) -> ([ArraySlice<ShellUnit>], Int)? {
    var nesting = 0
    var parts: [ArraySlice<ShellUnit>] = []
    var start = open + 1
    for index in units[open...].indices {
      let unit = units[index]
      if unit.isUnquoted(.openBrace) { nesting += 1 }
      if unit.isUnquoted(.closeBrace) { nesting -= 1 }
      if nesting == 0 {
        parts.append(units[start..<index])
        return parts.count > 1 ? (parts, index) : nil
      }
      if nesting == 1, unit.isUnquoted(.comma) {
        parts.append(units[start..<index])
        start = index + 1
      }
    }
    return nil
  }

  private static func word(_ units: ArraySlice<ShellUnit>) -> ShellWord {
    var text: [UInt8] = []
    var shape = ShellWord.Shape.literal
    let isHome = units.first?.isUnquoted(.tilde) ?? false
    if isHome {
      shape = .one
      text.append(.tilde)
    }
    let hasBracket = units.contains { $0.isUnquoted(.closeBracket) }
    for unit in units {
      switch unit {
      case .edge: break
      case .hole(let kind): shape = stronger(shape, kind)
      case .byte(let byte, let quoted):
        if !quoted, byte == .star || byte == .question || (byte == .openBracket && hasBracket) {
          shape = stronger(shape, .each)
        } else if shape == .literal {
          text.append(byte)
        }
      }
    }
    return ShellWord(shape: shape, text: String(decoding: text, as: UTF8.self))
  }

  private static func stronger(_ one: ShellWord.Shape, _ other: ShellWord.Shape) -> ShellWord.Shape {
    one.rank < other.rank ? other : one
  }
}

extension ShellWord.Shape {
  fileprivate var rank: Int {
    switch self {
    case .literal: 0
    case .one: 1
    case .each: 2
    case .free: 3
    }
  }
}
