/// Reads a script as bash does, without running it: every simple command that it holds, wherever it stands.
///
/// What cannot be known before the script runs is a doubt, and so is everything that is read differently by versions and
/// modes of the shell: a doubt too many costs an approval, one too few would let something pass. The time is linear in
/// the script's length: what looks ahead pays from `work`.
struct ShellReader {
  var bytes: [UInt8]
  var position = 0
  /// Nothing behind it is looked at.
  var end: Int
  var depth: Int
  /// Bytes that may still be looked at a second time.
  var work: Int
  var script = ShellScript()
  var pending: [HereDocument] = []
  /// Of how many constructs that may not run the place is a part.
  var uncertain = 0
  /// Newlines that ended something.
  var lines = 0

  init(_ bytes: [UInt8], depth: Int) {
    self.bytes = bytes
    self.depth = depth
    end = bytes.count
    work = 16 * bytes.count + 4_096
  }

  static func read(_ bytes: [UInt8], depth: Int = 0) -> ShellScript {
    var reader = ShellReader(bytes, depth: depth)
    do throws(ShellStop) {
      try reader.readAll()
    } catch {
      reader.script.doubts.append(.init(source: reader.quoted(from: 0), reason: error.reason))
    }
    return reader.script
  }

  mutating func readAll() throws(ShellStop) {
    try readList()
    guard position >= end else { throw .syntax }
    if !pending.isEmpty { throw .syntax }
  }

  // MARK: Bytes

  func byte(_ offset: Int = 0) -> UInt8? { position + offset < end ? bytes[position + offset] : nil }

  func at(_ text: StaticString, _ offset: Int = 0) -> Bool {
    let count = text.utf8CodeUnitCount
    guard position + offset + count <= end else { return false }
    for index in 0..<count where bytes[position + offset + index] != text.utf8Start[index] { return false }
    return true
  }

  mutating func spend(_ count: Int) throws(ShellStop) {
    work -= count
    if work < 0 { throw .work }
  }

  mutating func deeper() throws(ShellStop) {
    depth += 1
    if depth > ShellLimit.depth { throw .depth }
  }

  /// The text from an offset to the position, or to the end of the line, shortened.
  func quoted(from start: Int) -> String {
    let start = min(start, bytes.count)
    let stop = min(max(position, start), start + ShellLimit.quoted * 2, bytes.count)
    return String(
      decoding: bytes[start..<(stop == start ? min(bytes.count, start + ShellLimit.quoted) : stop)],
      as: UTF8.self
    )
  }

  mutating func doubt(_ reason: String, from start: Int) {
    guard script.doubts.count < ShellLimit.doubts else { return }
    script.doubts.append(.init(source: quoted(from: start), reason: reason))
  }

  // MARK: Blanks

  /// Skips blanks, continued lines and comments, but no newline.
  mutating func skipBlanks() {
    while let byte = byte() {
      if byte == .space || byte == .tab {
        position += 1
      } else if byte == .backslash, self.byte(1) == .newline {
        if position > 0, bytes[position - 1].isOperator, let next = self.byte(2), next.isOperator {
          doubt("an operator goes on in the next line", from: position - 1)
        }
        position += 2
      } else if byte == .hash, position == 0 || bytes[position - 1].endsWord {
        while let byte = self.byte(), byte != .newline { position += 1 }
      } else {
        return
      }
    }
  }

  /// Skips newlines too, and takes the here-documents that are due behind them.
  mutating func skipLines() throws(ShellStop) {
    skipBlanks()
    while byte() == .newline {
      position += 1
      try endLine()
      skipBlanks()
    }
  }

  mutating func endLine() throws(ShellStop) {
    lines += 1
    if !pending.isEmpty { try readHereDocuments() }
  }

  /// The reserved word that stands here, unquoted and whole.
  func reservedAhead() -> String? {
    var count = 0
    while let byte = byte(count), !byte.endsWord {
      guard count < 9, byte.isReservedByte else { return nil }
      count += 1
    }
    guard count > 0 else { return nil }
    let word = String(decoding: bytes[position..<position + count], as: UTF8.self)
    return ShellNames.reserved.contains(word) ? word : nil
  }

  mutating func take(_ word: String) -> Bool {
    guard reservedAhead() == word else { return false }
    position += word.utf8.count
    return true
  }

  mutating func expect(_ word: String) throws(ShellStop) {
    try skipLines()
    guard take(word) else { throw .syntax }
  }

  mutating func expect(_ byte: UInt8) throws(ShellStop) {
    guard self.byte() == byte else { throw .syntax }
    position += 1
  }
}
