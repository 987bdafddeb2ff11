internal import JSON

/// Finds JSON in text that is mostly something else.
enum JSONSpan {
  /// Places where a value may begin that are tried, and nesting within one. What is behind is left unseen, so that a text
  /// of brackets takes no longer than one of words.
  static let attempts = 64
  static let depth = 128
  /// Bytes of a value within a text.
  static let spanLimit = 1 << 20
  /// Bytes of a text that is searched; a longer one is JSON as a whole, or nothing.
  static let textLimit = 4 << 20

  /// Where the value ends that begins with the bracket at `start`; nil: it does not end, or its brackets do not match.
  static func end(_ text: ArraySlice<UInt8>, from start: Int) -> Int? {
    let text = text[..<min(start + spanLimit, text.endIndex)]
    var open: [UInt8] = []
    var i = start
    while i < text.endIndex {
      switch text[i] {
      case UInt8(ascii: "{"): open.append(UInt8(ascii: "}"))
      case UInt8(ascii: "["): open.append(UInt8(ascii: "]"))
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        guard open.popLast() == text[i] else { return nil }
        if open.isEmpty { return i + 1 }
      case UInt8(ascii: "\""):
        i += 1
        while i < text.endIndex, text[i] != UInt8(ascii: "\"") { i += text[i] == UInt8(ascii: "\\") ? 2 : 1 }
      default: break
      }
      if open.isEmpty || open.count > depth { return nil }
      i += 1
    }
    return nil
  }

  /// The value that begins at `start`, and where it ends.
  static func value(_ text: ArraySlice<UInt8>, from start: Int) -> (json: JSON, end: Int)? {
    guard let end = end(text, from: start), let json = parse(text[start..<end]) else { return nil }
    return (json, end)
  }

  /// All objects and arrays in the text that are not within another, in order.
  static func all(_ text: ArraySlice<UInt8>) -> [(json: JSON, range: Range<Int>)] {
    var found: [(JSON, Range<Int>)] = []
    var tried = 0
    var i = text.startIndex
    while i < text.endIndex, tried < attempts {
      if text[i] == UInt8(ascii: "{") || text[i] == UInt8(ascii: "[") {
        tried += 1
        if let (json, end) = value(text, from: i) {
          found.append((json, i..<end))
          i = end
          continue
        }
      }
      i += 1
    }
    return found
  }

  static func parse(_ text: ArraySlice<UInt8>) -> JSON? {
    // Safety: nil is a text that is no JSON, as most texts are.
    try? JSON(parsing: Array(text), limits: JSONLimits(depth: depth))
  }

  /// Without white space at either end.
  static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    var text = text.drop { $0 <= 0x20 }
    while let last = text.last, last <= 0x20 { text.removeLast() }
    return text
  }

  /// The insides of blocks between lines of three backticks or more, with their language and the whole of each.
  static func fences(_ text: ArraySlice<UInt8>) -> [(language: String, inside: Range<Int>, whole: Range<Int>)] {
    var found: [(String, Range<Int>, Range<Int>)] = []
    var open: (language: String, start: Int, inside: Int, ticks: Int)?
    for line in lines(text) where found.count < attempts {
      let content = trimmed(text[line])
      let ticks = content.prefix { $0 == UInt8(ascii: "`") }.count
      guard ticks >= 3 else { continue }
      let behind = trimmed(content.dropFirst(ticks))
      if let block = open {
        guard behind.isEmpty, ticks >= block.ticks else { continue }
        found.append((block.language, block.inside..<max(line.lowerBound, block.inside), block.start..<line.upperBound))
        open = nil
      } else {
        let language = String(decoding: behind.prefix(32), as: UTF8.self).lowercased()
        open = (language, line.lowerBound, min(line.upperBound + 1, text.endIndex), ticks)
      }
    }
    // The end of an answer that was cut short.
    if let block = open {
      found.append((block.language, block.inside..<text.endIndex, block.start..<text.endIndex))
    }
    return found
  }

  /// Ranges of lines without their ends.
  static func lines(_ text: ArraySlice<UInt8>) -> [Range<Int>] {
    var lines: [Range<Int>] = []
    var start = text.startIndex
    for i in text.indices where text[i] == UInt8(ascii: "\n") {
      lines.append(start..<i)
      start = i + 1
    }
    if start < text.endIndex { lines.append(start..<text.endIndex) }
    return lines
  }
}
