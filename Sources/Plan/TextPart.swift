/// A piece of a text with double braces.
enum TextPart {
  case plain(Substring)
  /// A reference: what stood between the braces, and what it says.
  case braces(Substring, ReferenceText)

  /// The pieces of `text`; nil for a text that stands for itself.
  ///
  /// `{{…}}` around what is no reference is plain text. Of backslashes just before `{{`, each pair is one backslash, and
  /// one that is left over makes the braces plain.
  static func split(_ text: String) -> [TextPart]? {
    let bytes = text.utf8
    let brace = UInt8(ascii: "{")
    var parts: [TextPart] = []
    var plainStart = bytes.startIndex
    var position = bytes.startIndex
    // The first closing braces behind `position`, kept so that many opening ones without an end cost one look.
    var close: String.Index?
    var isChanged = false
    while let open = next(brace, in: bytes, from: position) {
      var slashes = open
      while slashes > plainStart, bytes[bytes.index(before: slashes)] == UInt8(ascii: "\\") {
        slashes = bytes.index(before: slashes)
      }
      let count = bytes.distance(from: slashes, to: open)
      let inside = bytes.index(open, offsetBy: 2)
      if count > 0 {
        isChanged = true
        // Half of the backslashes stay; the text goes on at the braces.
        parts.append(.plain(text[plainStart..<bytes.index(slashes, offsetBy: count / 2)]))
        plainStart = open
        if count % 2 == 1 {
          position = inside
          continue
        }
      }
      if close.map({ $0 < inside }) ?? true {
        close = next(UInt8(ascii: "}"), in: bytes, from: inside) ?? bytes.endIndex
      }
      guard let end = close, end < bytes.endIndex else {
        position = inside
        continue
      }
      // Only the innermost braces count, so that no byte is looked at more than a few times; `{{{step:a}}}` holds a
      // reference between two plain braces.
      let inner = next(brace, in: bytes, from: bytes.index(after: open)) ?? bytes.endIndex
      position = bytes.index(after: open)
      guard inner > end else { continue }
      let content = trimmed(text[inside..<end])
      guard let found = ReferenceText(braced: content) else { continue }
      isChanged = true
      if plainStart < open { parts.append(.plain(text[plainStart..<open])) }
      parts.append(.braces(content, found))
      plainStart = bytes.index(end, offsetBy: 2)
      position = plainStart
    }
    guard isChanged else { return nil }
    if plainStart < bytes.endIndex { parts.append(.plain(text[plainStart...])) }
    return parts
  }

  /// Where `byte` stands twice.
  private static func next(_ byte: UInt8, in bytes: String.UTF8View, from start: String.Index) -> String.Index? {
    var position = start
    while let first = bytes[position...].firstIndex(of: byte) {
      let second = bytes.index(after: first)
      if second < bytes.endIndex, bytes[second] == byte { return first }
      position = second
    }
    return nil
  }

  /// Without spaces and tabs at either end.
  private static func trimmed(_ text: Substring) -> Substring {
    let bytes = text.utf8
    guard let first = bytes.firstIndex(where: { !isSpace($0) }),
      let last = bytes.lastIndex(where: { !isSpace($0) })
    else { return text.prefix(0) }
    return text[first...last]
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

extension Template {
  /// A quick look: whether `text` may be other than plain.
  static func mayHoldReference(_ text: String) -> Bool {
    let found = text.utf8.withContiguousStorageIfAvailable { bytes -> Bool in
      guard let first = bytes.first else { return false }
      if first == UInt8(ascii: "s") || first == UInt8(ascii: "i") {
        if ReferenceText.mayBegin(bytes) { return true }
      } else if first == UInt8(ascii: "\\") {
        return true
      }
      var wasBrace = false
      for byte in bytes {
        let isBrace = byte == UInt8(ascii: "{")
        if isBrace, wasBrace { return true }
        wasBrace = isBrace
      }
      return false
    }
    return found ?? true
  }

  static func bracedReferences(in text: String) -> [ReferenceText] {
    (TextPart.split(text) ?? []).compactMap { if case .braces(_, let found) = $0 { found } else { nil } }
  }
}
