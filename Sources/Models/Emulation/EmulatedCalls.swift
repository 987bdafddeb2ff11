internal import JSON

/// Reads the calls that a model wrote as text: lines `TOOL: name` and `ARGS: {…}`, objects with a name and arguments in
/// fenced blocks, in `<tool_call>` marks, or as the whole answer.
struct EmulatedCalls {
  /// What the text says beside the calls.
  private(set) var text = ""
  private(set) var calls: [ToolUse] = []
  /// Of a tool that was offered, with arguments that cannot be read.
  private(set) var malformed: String?

  private let bytes: [UInt8]
  private let offered: Set<String>
  /// What is taken out of the text, in order.
  private var taken: [Range<Int>] = []

  init(_ text: String, offered: Set<String>) {
    bytes = Array(text.utf8)
    self.offered = offered
    guard bytes.count <= JSONSpan.textLimit else {
      self.text = text
      return
    }
    attempt { $0.readLines() }
    attempt { $0.readBlocks() }
    attempt { $0.readMarks() }
    attempt { $0.readWhole() }
    self.text = rest()
  }

  /// One form after the other, until one has calls: what another could not read is none then.
  private mutating func attempt(_ read: (inout EmulatedCalls) -> Void) {
    if !calls.isEmpty { return }
    let before = malformed
    malformed = nil
    read(&self)
    if calls.isEmpty { malformed = before ?? malformed }
  }

  // MARK: Lines

  private mutating func readLines() {
    let lines = JSONSpan.lines(bytes[...])
    var next = 0
    while next < lines.count, calls.count < ToolCallParts.limit {
      let place = next
      next += 1
      guard let value = value(of: "tool", in: lines[place]) else { continue }
      let name = Self.plainName(value)
      guard offered.contains(name) else { continue }
      // Arguments follow at once or behind empty lines, if at all.
      var following = next
      while following < lines.count, JSONSpan.trimmed(bytes[lines[following]]).isEmpty { following += 1 }
      guard following < lines.count, let written = self.value(of: "args", in: lines[following]) else {
        add(name, [:], lines[place])
        continue
      }
      let start = lines[place].lowerBound
      guard let (arguments, end) = arguments(from: written.startIndex, name) else {
        malformed = malformed ?? name
        continue
      }
      add(name, arguments, start..<end)
      while next < lines.count, lines[next].lowerBound < end { next += 1 }
    }
  }

  private static let listMarks = Array("*->".utf8)
  private static let nameMarks = Array(" \t\r`*\"'".utf8)

  /// What stands behind `KEY:` at a line's start, where marks of lists and emphasis are passed over.
  private func value(of key: StaticString, in line: Range<Int>) -> ArraySlice<UInt8>? {
    var rest = bytes[line].drop { $0 <= 0x20 || Self.listMarks.contains($0) }
    for i in 0..<key.utf8CodeUnitCount {
      guard let byte = rest.popFirst(), byte | 0x20 == key.utf8Start[i] else { return nil }
    }
    rest = rest.drop { $0 == UInt8(ascii: "*") || $0 == 0x20 }
    guard rest.popFirst() == UInt8(ascii: ":") else { return nil }
    return rest
  }

  private static func plainName(_ bytes: ArraySlice<UInt8>) -> String {
    var name = bytes.drop { nameMarks.contains($0) }
    while let last = name.last, nameMarks.contains(last) { name.removeLast() }
    return String(decoding: name.prefix(256), as: UTF8.self)
  }

  /// The object that begins at `start` or behind white space and the start of a fence; an empty line of arguments is an
  /// empty object.
  private func arguments(from start: Int, _ name: String) -> (JSON, Int)? {
    var i = start
    while i < bytes.count, bytes[i] <= 0x20 || bytes[i] == UInt8(ascii: "*") || bytes[i] == UInt8(ascii: "`") {
      i += 1
      if bytes[i - 1] == UInt8(ascii: "`"), bytes[i...].starts(with: "json".utf8) { i += 4 }
    }
    if i == bytes.count { return ([:], i) }
    guard bytes[i] == UInt8(ascii: "{"), let (json, found) = JSONSpan.value(bytes[...], from: i) else {
      // Nothing at all, and the text goes on in the next line.
      return bytes[start..<i].contains(UInt8(ascii: "\n")) ? ([:], start) : nil
    }
    // The end of the fence belongs to it.
    var end = found
    while end < bytes.count, bytes[end] <= 0x20 { end += 1 }
    let ticks = bytes[end...].prefix { $0 == UInt8(ascii: "`") }.count
    return (json, ticks > 0 ? end + ticks : found)
  }

  // MARK: Objects

  private mutating func readBlocks() {
    for fence in JSONSpan.fences(bytes[...]) {
      let inside = JSONSpan.trimmed(bytes[fence.inside])
      guard let json = JSONSpan.parse(inside) else { continue }
      read(json, fence.whole)
    }
  }

  private mutating func readMarks() {
    let open = Array("<tool_call>".utf8)
    let close = Array("</tool_call>".utf8)
    var i = 0
    var tried = 0
    while i < bytes.count, tried < JSONSpan.attempts {
      guard bytes[i] == open[0], bytes[i...].starts(with: open) else {
        i += 1
        continue
      }
      tried += 1
      let start = i
      i += open.count
      while i < bytes.count, bytes[i] <= 0x20 { i += 1 }
      guard i < bytes.count, let (json, end) = JSONSpan.value(bytes[...], from: i) else { continue }
      i = end
      while i < bytes.count, bytes[i] <= 0x20 { i += 1 }
      if bytes[i...].starts(with: close) { i += close.count }
      read(json, start..<i)
    }
  }

  private mutating func readWhole() {
    let inside = JSONSpan.trimmed(bytes[...])
    if let json = JSONSpan.parse(inside) { read(json, 0..<bytes.count) }
  }

  /// One call, or several in an array or in `tool_calls`. Objects that are none are left in the text.
  private mutating func read(_ json: JSON, _ range: Range<Int>) {
    let values = json.arrayValue ?? json["tool_calls"]?.arrayValue ?? [json]
    var found: [(String, JSON)] = []
    for value in values.prefix(ToolCallParts.limit) {
      let call = value["function"]?.objectValue.map { JSON.object($0) } ?? value
      guard let name = (call["tool"] ?? call["name"])?.stringValue, offered.contains(name) else { return }
      let written = call["arguments"] ?? call["args"] ?? call["parameters"] ?? call["input"] ?? [:]
      let text = written.isNull ? "" : written.stringValue ?? written.description
      let arguments = ToolCallParts.arguments(written.objectValue.map { .object($0) }, text)
      guard let arguments else {
        malformed = malformed ?? name
        return
      }
      found.append((name, arguments))
    }
    for (place, call) in found.enumerated() where calls.count < ToolCallParts.limit {
      add(call.0, call.1, place == 0 ? range : range.upperBound..<range.upperBound)
    }
  }

  private mutating func add(_ name: String, _ arguments: JSON, _ range: Range<Int>) {
    calls.append(ToolUse(id: "call_\(calls.count + 1)", name: name, arguments: arguments))
    taken.append(range)
  }

  private func rest() -> String {
    var rest: [UInt8] = []
    var start = 0
    for range in taken where range.lowerBound >= start {
      rest += bytes[start..<range.lowerBound]
      start = range.upperBound
    }
    rest += bytes[start...]
    if taken.isEmpty { return String(decoding: rest, as: UTF8.self) }
    // The frame of a block in which calls stood.
    if rest.allSatisfy({ $0 <= 0x20 || $0 == UInt8(ascii: "`") }) { return "" }
    return String(decoding: JSONSpan.trimmed(rest[...]), as: UTF8.self)
  }
}
