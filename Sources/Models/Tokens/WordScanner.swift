/// Finds where words end. All offsets are of UTF-8 bytes and lie on scalar boundaries.
///
/// Every function moves ahead by at least one scalar, and looks at each scalar a bounded number of times.
struct WordScanner {
  let text: UnsafeBufferPointer<UInt8>
  /// `ScalarKind.table`.
  let kinds: UnsafeBufferPointer<UInt8>

  private typealias Kind = ScalarKind

  /// The kind of the scalar at `i` and its width; `end` and 0 behind the text. Bytes that are no UTF-8, which no `String`
  /// holds, count as one symbol each.
  @inline(__always)
  private func look(_ i: Int) -> (kind: UInt8, width: Int) {
    guard i < text.count else { return (Kind.end, 0) }
    let first = UInt32(text[i])
    if first < 0x80 { return (kinds[Int(first)], 1) }
    return lookFar(i, first)
  }

  private func lookFar(_ i: Int, _ first: UInt32) -> (kind: UInt8, width: Int) {
    let left = text.count - i
    if first >= 0xC0, first < 0xE0, left >= 2 {
      return (kinds[Int((first & 0x1F) << 6 | rest(i + 1))], 2)
    }
    if first >= 0xE0, first < 0xF0, left >= 3 {
      return (kinds[Int((first & 0x0F) << 12 | rest(i + 1) << 6 | rest(i + 2))], 3)
    }
    if first >= 0xF0, left >= 4 {
      let value = (first & 0x07) << 18 | rest(i + 1) << 12 | rest(i + 2) << 6 | rest(i + 3)
      return (Unicode.Scalar(value).map(Kind.kind) ?? 0, 4)
    }
    return (0, 1)
  }

  @inline(__always)
  private func rest(_ i: Int) -> UInt32 { UInt32(text[i] & 0x3F) }

  /// Where the run of scalars of one of `kinds` ends that begins at `i`.
  @inline(__always)
  private func endOfRun(_ i: Int, of kinds: UInt8) -> Int {
    var i = i
    while true {
      let (kind, width) = look(i)
      if kind & kinds == 0 { return i }
      i += width
    }
  }

  private static let anyWord = Kind.letter | Kind.number | Kind.space | Kind.end
  private static let noLead = Kind.letter | Kind.number | Kind.newline | Kind.end

  // MARK: cl100k_base

  /// In this order: `'s` and the like; letters with at most one other scalar before them; up to three digits; symbols with
  /// at most one space before them and line ends behind them; white space.
  func endOfWord100k(_ start: Int) -> Int {
    let (kind, width) = look(start)
    if text[start] == UInt8(ascii: "'") {
      let end = endOfContraction(start)
      if end > start { return end }
    }
    if kind & Kind.letter != 0 { return endOfRun(start + width, of: Kind.letter) }
    if kind & Self.noLead == 0 {
      let (next, nextWidth) = look(start + width)
      if next & Kind.letter != 0 { return endOfRun(start + width + nextWidth, of: Kind.letter) }
    }
    if kind & Kind.number != 0 { return endOfNumber(start) }
    if let end = endOfSymbols(start, kind) {
      return endOfRun(end, of: Kind.newline)
    }
    // White space up to the text's end is one word, whatever lies in it.
    return endOfSpace(start, whereLinesEnd: false)
  }

  // MARK: o200k_base

  /// In this order: a word in small letters, perhaps capitalised, with at most one other scalar before it and `'s` and the
  /// like behind it; the same in capitals; up to three digits; symbols with at most one space before them, and line ends
  /// and slashes behind them; white space.
  func endOfWord200k(_ start: Int) -> Int {
    let (kind, width) = look(start)
    let mayLead = kind & Self.noLead == 0
    if mayLead || kind & (Kind.upper | Kind.lower) != 0 {
      if mayLead, let end = endOfSmall(start + width) { return endOfContraction(end) }
      if let end = endOfSmall(start) { return endOfContraction(end) }
      if mayLead, let end = endOfCapitals(start + width) { return endOfContraction(end) }
      if let end = endOfCapitals(start) { return endOfContraction(end) }
    }
    if kind & Kind.number != 0 { return endOfNumber(start) }
    if let end = endOfSymbols(start, kind) {
      var end = end
      while end < text.count, text[end] == UInt8(ascii: "/") || look(end).kind & Kind.newline != 0 { end += 1 }
      return end
    }
    return endOfSpace(start, whereLinesEnd: true)
  }

  /// Any number of `upper`, then at least one of `lower`; nil: there is no such word here. The front takes all that it can
  /// and gives back no more than the rest needs, as a greedy expression does.
  private func endOfSmall(_ start: Int) -> Int? {
    var i = start
    // The last scalar of the front that may stand in the rest too: its end.
    var endOfShared: Int?
    while true {
      let (kind, width) = look(i)
      if kind & Kind.upper == 0 {
        return kind & Kind.lower != 0 ? endOfRun(i + width, of: Kind.lower) : endOfShared
      }
      i += width
      if kind & Kind.lower != 0 { endOfShared = i }
    }
  }

  /// At least one of `upper`. What stands behind is not `lower`, or `endOfSmall` had found a word.
  private func endOfCapitals(_ start: Int) -> Int? {
    let end = endOfRun(start, of: Kind.upper)
    return end > start ? end : nil
  }

  // MARK: Both

  /// Behind an apostrophe with `s`, `d`, `m`, `t`, `ll`, `ve` or `re` in any case; `start` itself where there is none.
  private func endOfContraction(_ start: Int) -> Int {
    guard start + 1 < text.count, text[start] == UInt8(ascii: "'") else { return start }
    switch text[start + 1] | 0x20 {
    case UInt8(ascii: "s"), UInt8(ascii: "d"), UInt8(ascii: "m"), UInt8(ascii: "t"): return start + 2
    case UInt8(ascii: "l") where second(start, is: "l"): return start + 3
    case UInt8(ascii: "v") where second(start, is: "e"): return start + 3
    case UInt8(ascii: "r") where second(start, is: "e"): return start + 3
    default:
      // The long s, which is an s in any case.
      return start + 2 < text.count && text[start + 1] == 0xC5 && text[start + 2] == 0xBF ? start + 3 : start
    }
  }

  @inline(__always)
  private func second(_ start: Int, is letter: Unicode.Scalar) -> Bool {
    start + 2 < text.count && text[start + 2] | 0x20 == UInt8(ascii: letter)
  }

  private func endOfNumber(_ start: Int) -> Int {
    var i = start
    for _ in 0..<3 {
      let (kind, width) = look(i)
      if kind & Kind.number == 0 { break }
      i += width
    }
    return i
  }

  /// Symbols (marks are some here), with at most one space before them.
  private func endOfSymbols(_ start: Int, _ kind: UInt8) -> Int? {
    var i = start
    if kind & Self.anyWord != 0 {
      guard text[start] == UInt8(ascii: " "), look(start + 1).kind & Self.anyWord == 0 else { return nil }
      i += 1
    }
    while true {
      let (kind, width) = look(i)
      if kind & Self.anyWord != 0 { return i }
      i += width
    }
  }

  /// White space: to the text's end, to the last line end in it, or to before its last scalar, which belongs to the word
  /// that follows; a single one is a word.
  /// - Parameter whereLinesEnd: whether a line end in it counts more than the text's end behind it.
  private func endOfSpace(_ start: Int, whereLinesEnd: Bool) -> Int {
    var i = start
    var last = start
    var endOfLines: Int?
    while true {
      let (kind, width) = look(i)
      if kind & Kind.space == 0 { break }
      last = i
      i += width
      if kind & Kind.newline != 0 { endOfLines = i }
    }
    let isAtEnd = i == text.count
    if isAtEnd, !whereLinesEnd { return i }
    if let endOfLines { return endOfLines }
    return isAtEnd || last == start ? i : last
  }
}
