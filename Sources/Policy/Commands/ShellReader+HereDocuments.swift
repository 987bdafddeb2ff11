/// A here-document whose text comes behind the line.
struct HereDocument {
  var delimiter: [UInt8]
  var isQuoted: Bool
  var stripsTabs: Bool
  /// Whether it is the standard input of its command.
  var isInput: Bool
  /// The command that it belongs to; −1: one that is not a simple one; nil: the one that is being read.
  var owner: Int?
}

extension ShellReader {
  mutating func readHereDocumentStart(isInput: Bool) throws(ShellStop) {
    position += 2
    let stripsTabs = byte() == .dash
    if stripsTabs { position += 1 }
    skipBlanks()
    let start = position
    guard let byte = byte(), !byte.endsWord else { throw .syntax }
    let word = try readWord(assigning: false)
    let source = bytes[start..<position]
    let isQuoted = source.contains { $0 == .quote || $0 == .doubleQuote || $0 == .backslash }
    // Its braces, globs and variables stand for themselves.
    if source.contains(where: { $0 == .dollar || $0 == .backtick }) { throw .syntax }
    let delimiter = isQuoted ? word.raw : Array(source)
    if delimiter.contains(.newline) { throw .syntax }
    pending.append(
      HereDocument(delimiter: delimiter, isQuoted: isQuoted, stripsTabs: stripsTabs, isInput: isInput)
    )
    if pending.count > 16 { throw .work }
  }

  /// Reads the texts that are due at the start of a line.
  mutating func readHereDocuments() throws(ShellStop) {
    let due = pending
    pending = []
    for document in due {
      let first = script.commands.count
      let (body, isWhole) = try readBody(document)
      if let owner = document.owner, owner >= 0, script.commands.count > first {
        let below = script.commands[owner].below
        script.commands[owner].below = (below.isEmpty ? first : below.lowerBound)..<script.commands.count
      }
      let text = isWhole ? String(decoding: body, as: UTF8.self) : nil
      script.texts.append(String(decoding: body, as: UTF8.self))
      guard let owner = document.owner, owner >= 0, document.isInput, let text else { continue }
      script.commands[owner].input = .text(text)
    }
  }

  /// The text, and whether it is known whole.
  private mutating func readBody(_ document: HereDocument) throws(ShellStop) -> ([UInt8], Bool) {
    var body: [UInt8] = []
    let first = position
    while true {
      guard position < end else { throw .syntax }
      let (start, stop) = try lineEnd(document)
      if document.isQuoted { body += bytes[start..<stop] + [.newline] }
      position = min(stop + 1, end)
      guard stop - start == document.delimiter.count, bytes[start..<stop].elementsEqual(document.delimiter) else {
        if !document.isQuoted { try checkContinued(start..<stop, document) }
        continue
      }
      if document.isQuoted {
        body.removeLast(document.delimiter.count + 1)
        return (body, true)
      }
      return try expand(first..<start, stripsTabs: document.stripsTabs)
    }
  }

  /// Where the text of a line begins and ends; one that goes on after a backslash, which nothing quotes, is one with the
  /// next.
  private func lineEnd(_ document: HereDocument) throws(ShellStop) -> (Int, Int) {
    var start = position
    if document.stripsTabs { while start < end, bytes[start] == .tab { start += 1 } }
    var stop = start
    while stop < end, bytes[stop] != .newline {
      if bytes[stop] == .backslash, !document.isQuoted, stop + 1 < end { stop += 1 }
      stop += 1
    }
    return (start, min(stop, end))
  }

  /// A delimiter that goes on in the next line is one, to some shells.
  private func checkContinued(_ line: Range<Int>, _ document: HereDocument) throws(ShellStop) {
    guard line.count <= document.delimiter.count * 3 + 3, bytes[line].contains(.newline) else { return }
    let joined = bytes[line].filter { $0 != .newline && $0 != .backslash && $0 != .tab }
    if joined == document.delimiter.filter({ $0 != .tab }) { throw .syntax }
  }

  /// The text of a document in which variables and commands are replaced.
  private mutating func expand(_ range: Range<Int>, stripsTabs: Bool) throws(ShellStop) -> ([UInt8], Bool) {
    let (behind, outerEnd) = (position, end)
    position = range.lowerBound
    end = range.upperBound
    var units: [ShellUnit] = []
    while let byte = byte() {
      if byte == .doubleQuote || (byte == .backslash && self.byte(1) == .doubleQuote) {
        units.append(.byte(byte, quoted: true))
        position += 1
      } else if stripsTabs, byte == .tab, bytes[position - 1] == .newline {
        while self.byte() == .tab { position += 1 }
      } else {
        try readQuotedByte(&units)
      }
    }
    (position, end) = (behind, outerEnd)
    let text = units.compactMap(\.value)
    return (text, text.count == units.count)
  }
}
