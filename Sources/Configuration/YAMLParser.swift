internal import CYAML
internal import JSON

/// A YAML document: the tree of its nodes and the mistakes that did not stop the parser.
package struct YAMLDocument: Sendable {
  /// null when the text is empty.
  package let root: YAMLNode
  package let mistakes: MistakeList

  /// Parses `text`. Never throws: what is wrong is in `mistakes`, and the root is then as far as it could be read.
  package init(parsing text: [UInt8], file: String, limits: YAMLLimits = YAMLLimits()) {
    guard text.count <= limits.bytes else {
      root = YAMLNode(position: .start, content: .mistaken)
      let message = "text of \(text.count) bytes exceeds the limit of \(limits.bytes)"
      mistakes = MistakeList(ConfigurationError.Mistake(.limitExceeded, file: file, message))
      return
    }
    // libyaml asserts that there is an address, which an empty buffer need not have.
    guard !text.isEmpty else {
      root = YAMLNode(position: .start, content: .null)
      mistakes = MistakeList()
      return
    }
    (root, mistakes) = text.withUnsafeBufferPointer { text in
      var parser = YAMLParser(text, file: file, limits: limits)
      return parser.parse()
    }
  }
}

extension Position {
  static let start = Position(line: 1, column: 1)
}

/// Turns libyaml's events into nodes. libyaml reads ahead at most 1,024 characters of one line beyond the event that it
/// returns, so the depth and node limits hold before much is allocated.
///
/// Safety: `text` outlives the parser; libyaml's state lives at a fixed address from `init` to `destroy`.
private struct YAMLParser {
  private let text: UnsafeBufferPointer<UInt8>
  private let file: String
  private let limits: YAMLLimits
  private let state: UnsafeMutablePointer<yaml_parser_t>
  private var event = yaml_event_t()
  private var nodes = 0
  private var mistakes = MistakeList()

  /// Ends the parse; the reason is in `mistakes` already.
  private struct Stop: Error {}

  init(_ text: UnsafeBufferPointer<UInt8>, file: String, limits: YAMLLimits) {
    self.text = text
    self.file = file
    self.limits = limits
    state = .allocate(capacity: 1)
    state.initialize(to: yaml_parser_t())
  }

  mutating func parse() -> (YAMLNode, MistakeList) {
    defer { state.deallocate() }
    let mistaken = YAMLNode(position: .start, content: .mistaken)
    guard yaml_parser_initialize(state) == 1 else {
      report(.syntax, at: .start, "out of memory")
      return (mistaken, mistakes)
    }
    defer { yaml_parser_delete(state) }
    yaml_parser_set_encoding(state, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(state, text.baseAddress, text.count)
    defer { yaml_event_delete(&event) }
    do {
      let root = try stream()
      return (root, mistakes)
    } catch {
      return (mistaken, mistakes)
    }
  }

  // MARK: Events

  /// Replaces `event` by the next one.
  private mutating func next() throws(Stop) {
    yaml_event_delete(&event)
    event = yaml_event_t()
    guard yaml_parser_parse(state, &event) == 1 else {
      reportSyntax()
      throw Stop()
    }
  }

  private var place: Position { Self.position(event.start_mark) }

  private static func position(_ mark: yaml_mark_t) -> Position {
    Position(line: clamped(mark.line) + 1, column: clamped(mark.column) + 1)
  }

  private static func clamped(_ count: Int) -> Int { max(0, min(count, Int(Int32.max))) }

  private mutating func report(
    _ code: ConfigurationError.Code,
    at position: Position,
    _ message: String,
    hint: String? = nil
  ) {
    mistakes.add(ConfigurationError.Mistake(code, file: file, at: position, message, hint: hint))
  }

  private mutating func reportSyntax() {
    let parser = state.pointee
    let problem = parser.problem.map { String(cString: $0) } ?? "not YAML"
    if parser.error == YAML_READER_ERROR {
      // The reader has no marks, only an offset in bytes.
      let position = position(ofByte: Int(clamping: parser.problem_offset))
      report(.syntax, at: position, problem, hint: "the text must be UTF-8 without control characters")
      return
    }
    if parser.error == YAML_MEMORY_ERROR {
      report(.syntax, at: .start, "out of memory")
      return
    }
    let position = Self.position(parser.problem_mark)
    let start = Self.position(parser.context_mark)
    let place = start.line == position.line ? "" : " that starts at line \(start.line), column \(start.column)"
    let context = parser.context.map { " \(String(cString: $0))\(place)" } ?? ""
    let tab = lineHasTabIndentation(position.line)
    report(
      .syntax,
      at: position,
      "\(problem)\(context)",
      hint: tab ? "indent with spaces, a tab is no indentation" : nil
    )
  }

  private func position(ofByte offset: Int) -> Position {
    var line = 1
    var column = 1
    for byte in text.prefix(offset) {
      if byte == 0x0A {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return Position(line: line, column: column)
  }

  private func lineHasTabIndentation(_ line: Int) -> Bool {
    var current = 1
    var isIndentation = true
    for byte in text {
      if byte == 0x0A {
        current += 1
        isIndentation = true
        if current > line { return false }
      } else if current == line, isIndentation {
        if byte == 0x09 { return true }
        isIndentation = byte == 0x20
      }
    }
    return false
  }

  // MARK: Structure

  private mutating func stream() throws(Stop) -> YAMLNode {
    try next()  // Start of the stream.
    try next()
    guard event.type == YAML_DOCUMENT_START_EVENT else { return YAMLNode(position: .start, content: .null) }
    try next()
    let root = try node(depth: 0)
    try next()  // End of the document.
    try next()
    if event.type == YAML_DOCUMENT_START_EVENT {
      report(.refusedYAML, at: place, "a second document starts here", hint: "keep one document in a file")
    }
    return root
  }

  /// The node that starts with the current event.
  private mutating func node(depth: Int) throws(Stop) -> YAMLNode {
    let position = place
    nodes += 1
    guard nodes <= limits.nodes else {
      report(.limitExceeded, at: position, "more than \(limits.nodes) nodes")
      throw Stop()
    }
    switch event.type {
    case YAML_SCALAR_EVENT:
      return YAMLNode(position: position, content: scalar(at: position))
    case YAML_SEQUENCE_START_EVENT:
      let sequence = event.data.sequence_start
      refuse(anchor: sequence.anchor, at: position)
      let isTagged = accepts(collectionTag: sequence.tag, due: "seq", at: position)
      let elements = try sequenceBody(depth: depth + 1, at: position)
      return YAMLNode(position: position, content: isTagged ? .sequence(elements) : .mistaken)
    case YAML_MAPPING_START_EVENT:
      let mapping = event.data.mapping_start
      refuse(anchor: mapping.anchor, at: position)
      let isTagged = accepts(collectionTag: mapping.tag, due: "map", at: position)
      let entries = try mappingBody(depth: depth + 1, at: position)
      return YAMLNode(position: position, content: isTagged ? .mapping(entries) : .mistaken)
    case YAML_ALIAS_EVENT:
      let name = string(event.data.alias.anchor)
      report(.refusedYAML, at: position, "alias \(quoted(name)) is refused", hint: "write the value out")
      return YAMLNode(position: position, content: .mistaken)
    default:
      report(.syntax, at: position, "a value is missing")
      throw Stop()
    }
  }

  private mutating func checkDepth(_ depth: Int, at position: Position) throws(Stop) {
    guard depth > limits.depth else { return }
    report(.limitExceeded, at: position, "nesting of \(depth) exceeds the limit of \(limits.depth)")
    throw Stop()
  }

  private mutating func sequenceBody(depth: Int, at position: Position) throws(Stop) -> [YAMLNode] {
    try checkDepth(depth, at: position)
    var elements: [YAMLNode] = []
    while true {
      try next()
      if event.type == YAML_SEQUENCE_END_EVENT { return elements }
      elements.append(try node(depth: depth))
    }
  }

  private mutating func mappingBody(depth: Int, at position: Position) throws(Stop) -> [YAMLNode.Entry] {
    try checkDepth(depth, at: position)
    var entries: [YAMLNode.Entry] = []
    // String equality is canonical equivalence: keys that look the same are the same.
    var seen: [String: Position] = [:]
    while true {
      try next()
      if event.type == YAML_MAPPING_END_EVENT { return entries }
      let keyPosition = place
      let key = try self.key(depth: depth)
      try next()
      let value = try node(depth: depth)
      guard let key else { continue }
      if let first = seen[key] {
        let place = "line \(first.line), column \(first.column)"
        report(.duplicateKey, at: keyPosition, "key \(quoted(key)) is given twice, first at \(place)")
      } else {
        seen[key] = keyPosition
        entries.append(YAMLNode.Entry(key: key, position: keyPosition, value: value))
      }
    }
  }

  /// The text of the key that starts with the current event; nil when it is none.
  private mutating func key(depth: Int) throws(Stop) -> String? {
    let position = place
    guard event.type == YAML_SCALAR_EVENT else {
      let isAlias = event.type == YAML_ALIAS_EVENT
      _ = try node(depth: depth)
      if !isAlias { report(.refusedYAML, at: position, "a key must be a text") }
      return nil
    }
    nodes += 1
    let scalar = event.data.scalar
    refuse(anchor: scalar.anchor, at: position)
    if scalar.tag != nil { report(.refusedYAML, at: position, "a tag on a key is refused") }
    let text = string(scalar.value, scalar.length)
    if text.utf8.count > limits.keyBytes {
      let count = text.utf8.count
      report(.limitExceeded, at: position, "key of \(count) bytes exceeds the limit of \(limits.keyBytes)")
      return nil
    }
    if text.utf8.contains(0) {
      report(.refusedYAML, at: position, "a key with the character U+0000 is refused")
      return nil
    }
    if text == "<<", scalar.style == YAML_PLAIN_SCALAR_STYLE {
      report(.refusedYAML, at: position, "merge key '<<' is refused", hint: "write the values out")
      return nil
    }
    return text
  }

  // MARK: Scalars and properties

  private mutating func scalar(at position: Position) -> YAMLNode.Content {
    let scalar = event.data.scalar
    refuse(anchor: scalar.anchor, at: position)
    let text = string(scalar.value, scalar.length)
    if text.utf8.contains(0) {
      report(.refusedYAML, at: position, "a text with the character U+0000 is refused")
      return .mistaken
    }
    let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
    guard scalar.tag != nil else { return isPlain ? plain(text, at: position) : .string(text) }
    let tag = string(scalar.tag)
    guard tag != "!", tag != Self.core + "str" else { return .string(text) }
    guard let name = coreName(tag, at: position) else { return .mistaken }
    guard case .content(let content) = PlainScalar(text) else { return plain(text, at: position) }
    switch (name, content) {
    case ("null", .null), ("bool", .bool), ("int", .integer), ("float", .integer), ("float", .number): return content
    default:
      report(.refusedYAML, at: position, "\(quoted(text)) is not what its tag '!!\(name)' says")
      return .mistaken
    }
  }

  private mutating func plain(_ text: String, at position: Position) -> YAMLNode.Content {
    switch PlainScalar(text) {
    case .content(let content): return content
    case .refused:
      let hint = "write a plain decimal number, or quote it for a text"
      report(.refusedYAML, at: position, "number \(quoted(text)) is refused, readers differ on its value", hint: hint)
      return .mistaken
    }
  }

  private static let core = "tag:yaml.org,2002:"

  /// `str` for `!!str`; nil, after a report, for a tag outside the core schema.
  private mutating func coreName(_ tag: String, at position: Position) -> String? {
    if tag.hasPrefix(Self.core) {
      let name = String(tag.dropFirst(Self.core.count))
      if ["str", "null", "bool", "int", "float", "seq", "map"].contains(name) { return name }
    }
    let hint = "the known tags are !!str, !!null, !!bool, !!int, !!float, !!seq and !!map"
    report(.refusedYAML, at: position, "tag \(quoted(tag)) is refused", hint: hint)
    return nil
  }

  private mutating func accepts(
    collectionTag tag: UnsafeMutablePointer<yaml_char_t>?,
    due: String,
    at position: Position
  ) -> Bool {
    let tag = string(tag)
    guard !tag.isEmpty, tag != "!" else { return true }
    guard let name = coreName(tag, at: position) else { return false }
    if name != due { report(.refusedYAML, at: position, "tag '!!\(name)' stands where '!!\(due)' is due") }
    return name == due
  }

  private mutating func refuse(anchor: UnsafeMutablePointer<yaml_char_t>?, at position: Position) {
    guard anchor != nil else { return }
    report(
      .refusedYAML,
      at: position,
      "anchor \(quoted(string(anchor))) is refused",
      hint: "aliases are not known here"
    )
  }

  private func string(_ start: UnsafeMutablePointer<yaml_char_t>?, _ length: Int) -> String {
    String(decoding: UnsafeBufferPointer(start: start, count: length), as: UTF8.self)
  }

  private func string(_ start: UnsafeMutablePointer<yaml_char_t>?) -> String {
    guard let start else { return "" }
    var length = 0
    while start[length] != 0 { length += 1 }
    return string(start, length)
  }
}
