internal import JSON
internal import Wire

/// What one decoding gathers: mistakes, where each value came from, and what substitution may still add.
final class ConfigurationReader {
  let file: String
  private(set) var mistakes: MistakeList
  /// Dotted key → the place of its value.
  private(set) var origins: [String: Position] = [:]
  /// The policy, where it stands in the configuration.
  var policyNode: YAMLNode?
  /// The MCP servers, likewise.
  var mcpNode: YAMLNode?
  private var substitution: Substitution

  init(file: String, environment: [String: String], mistakes: MistakeList) {
    self.file = file
    self.mistakes = mistakes
    substitution = Substitution(environment: environment)
  }

  func report(
    _ code: ConfigurationError.Code,
    at position: Position?,
    _ message: @autoclosure () -> String,
    hint: @autoclosure () -> String? = nil
  ) {
    mistakes.add(ConfigurationError.Mistake(code, file: file, at: position, message(), hint: hint()))
  }

  func record(_ path: String, at position: Position) { origins[path] = position }

  /// `text` with its variables; nil after a report.
  func expand(_ text: String, at position: Position) -> String? {
    do {
      return try substitution.expand(text)
    } catch {
      report(error.code, at: position, error.message, hint: error.hint)
      return nil
    }
  }

  /// The content of a scalar with its variables. A text with a reference is typed as if its result had been written
  /// unquoted, so that `${PORT}` can stand where an integer is due; a value that looks odd stays a text.
  func typed(_ node: YAMLNode) -> YAMLNode.Content {
    guard case .string(let text) = node.content else { return node.content }
    guard let expanded = expand(text, at: node.position) else { return .mistaken }
    guard Substitution.isReferenced(in: text) else { return .string(expanded) }
    guard case .content(let content) = PlainScalar(expanded) else { return .string(expanded) }
    return content
  }

  /// A free value. Texts with references stay texts.
  func json(_ node: YAMLNode) -> JSON {
    switch node.content {
    case .null, .mistaken: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .string(let text): .string(expand(text, at: node.position) ?? "")
    case .sequence(let elements): .array(elements.map(json))
    case .mapping(let entries): .object(JSONObject(entries.map { ($0.key, json($0.value)) }))
    }
  }
}

extension YAMLNode {
  /// The value as it was written, references unreplaced.
  var source: JSON {
    switch content {
    case .null, .mistaken: .null
    case .bool(let value): .bool(value)
    case .integer(let value): .integer(value)
    case .number(let value): .number(value)
    case .string(let text): .string(text)
    case .sequence(let elements): .array(elements.map(\.source))
    case .mapping(let entries): .object(JSONObject(entries.map { ($0.key, $0.value.source) }))
    }
  }
}

/// The keys of one mapping, taken one by one; what nobody asked for is reported at the end.
///
/// A mistake is reported and the key then counts as absent, so one decoding finds all of them. A key whose value is null
/// is absent too.
struct ConfigurationFields {
  let reader: ConfigurationReader
  /// Dotted path of the mapping; empty for the document.
  let path: String
  let position: Position
  private let entries: [YAMLNode.Entry]
  private var known: [String] = []

  init(_ node: YAMLNode, at path: String, _ reader: ConfigurationReader) {
    self.reader = reader
    self.path = path
    position = node.position
    switch node.content {
    case .mapping(let entries): self.entries = entries
    case .null, .mistaken: entries = []
    default:
      entries = []
      let what = path.isEmpty ? "the document" : quoted(path)
      reader.report(.wrongType, at: node.position, "\(what) is \(node.typeName) where mapping is due")
    }
  }

  func path(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// The value of `name`, unless it is absent or null.
  mutating func take(_ name: String) -> YAMLNode? {
    known.append(name)
    guard let entry = entries.first(where: { $0.key == name }), entry.value.content != .null else { return nil }
    reader.record(path(name), at: entry.value.position)
    return entry.value
  }

  /// The mapping under `name`; an empty one when it is absent.
  mutating func section(_ name: String) -> ConfigurationFields {
    let node = take(name) ?? YAMLNode(position: position, content: .null)
    return ConfigurationFields(node, at: path(name), reader)
  }

  /// Entries that were not asked for by name, where the keys are free names.
  func others() -> [YAMLNode.Entry] { entries.filter { !known.contains($0.key) } }

  /// Reports keys that nobody asked for.
  func finish() {
    for entry in others() {
      let place = path.isEmpty ? "" : " in \(quoted(path))"
      reader.report(
        .unknownKey,
        at: entry.position,
        "unknown key \(quoted(entry.key))\(place)",
        hint: nearest(to: entry.key, among: known).map { "did you mean '\($0)'?" }
          ?? "known keys are \(known.joined(separator: ", "))"
      )
    }
  }

  private func mismatch(_ name: String, _ node: YAMLNode, _ content: YAMLNode.Content, _ due: String, _ hint: String?) {
    guard content != .mistaken else { return }
    let type = YAMLNode(position: node.position, content: content).typeName
    reader.report(.wrongType, at: node.position, "\(quoted(path(name))) is \(type) where \(due) is due", hint: hint)
  }

  private func invalid(_ name: String, _ node: YAMLNode, _ value: String, _ due: String, hint: String? = nil) {
    reader.report(.invalidValue, at: node.position, "\(quoted(path(name))) is \(value) where \(due) is due", hint: hint)
  }

  // MARK: Typed values

  mutating func bool(_ name: String) -> Bool? {
    guard let node = take(name) else { return nil }
    let content = reader.typed(node)
    if case .bool(let value) = content { return value }
    var hint: String?
    if case .string = content { hint = "write true or false, without quotes" }
    mismatch(name, node, content, "boolean", hint)
    return nil
  }

  mutating func integer(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
    guard let node = take(name) else { return nil }
    let content = reader.typed(node)
    switch content {
    case .integer(let value): return check(name, node, value, in: range) { String($0) }
    case .number(let number): invalid(name, node, quoted(number.text), "a 64-bit integer")
    default: mismatch(name, node, content, "integer", nil)
    }
    return nil
  }

  private func check(
    _ name: String,
    _ node: YAMLNode,
    _ value: Int64,
    in range: ClosedRange<Int64>,
    _ text: (Int64) -> String
  ) -> Int64? {
    if range.contains(value) { return value }
    let isLow = value < range.lowerBound
    let due = isLow ? "at least \(text(range.lowerBound))" : "at most \(text(range.upperBound))"
    invalid(name, node, text(value), due)
    return nil
  }

  /// In milliseconds.
  mutating func duration(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
    let hint = "write a whole number with ms, s, m, h or d, such as 30s"
    return quantity(name, "a duration", hint, Units.milliseconds, in: range) { Units.text(milliseconds: $0) }
  }

  /// In bytes.
  mutating func size(_ name: String, in range: ClosedRange<Int64>) -> Int64? {
    let hint = "write a whole number of bytes, or one with KiB, MiB, GiB, kB, MB or GB, such as 64MiB"
    return quantity(name, "a size", hint, Units.bytes, in: range) { Units.text(bytes: $0) }
  }

  private mutating func quantity(
    _ name: String,
    _ due: String,
    _ hint: String,
    _ parse: (String) -> Int64?,
    in range: ClosedRange<Int64>,
    _ text: (Int64) -> String
  ) -> Int64? {
    guard let node = take(name) else { return nil }
    let content = reader.typed(node)
    let written: String
    switch content {
    case .string(let value): written = value
    case .integer(let value): written = String(value)
    case .number(let number): written = number.text
    default:
      mismatch(name, node, content, due, hint)
      return nil
    }
    guard let value = parse(written) else {
      invalid(name, node, quoted(written), due, hint: hint)
      return nil
    }
    return check(name, node, value, in: range, text)
  }

  mutating func string(_ name: String) -> String? {
    guard let node = take(name) else { return nil }
    return string(node, name)
  }

  private func string(_ node: YAMLNode, _ name: String) -> String? {
    if case .string(let text) = node.content { return reader.expand(text, at: node.position) }
    var hint: String?
    switch node.content {
    case .bool, .integer, .number: hint = "put it in quotes"
    default: break
    }
    mismatch(name, node, node.content, "string", hint)
    return nil
  }

  /// A text that `isValid` accepts; `due` says what that is.
  mutating func name(_ name: String, _ due: String, hint: String? = nil, _ isValid: (String) -> Bool) -> String? {
    guard let node = take(name), let text = string(node, name) else { return nil }
    if isValid(text) { return text }
    invalid(name, node, quoted(text), due, hint: hint)
    return nil
  }

  mutating func path(at name: String) -> String? {
    guard let node = take(name), let text = string(node, name) else { return nil }
    return absolute(text, node, name)
  }

  private func absolute(_ text: String, _ node: YAMLNode, _ name: String) -> String? {
    if text.hasPrefix("/") { return text }
    invalid(name, node, quoted(text), "an absolute path", hint: "'${HOME}/...' starts at your home folder")
    return nil
  }

  /// The path of a policy, or the policy itself, in which nothing stands for variables.
  mutating func policy() -> Configuration.PolicySource? {
    guard let node = take("policy") else { return nil }
    if case .mapping = node.content {
      reader.policyNode = node
      return .object(node.source)
    }
    return string(node, "policy").flatMap { absolute($0, node, "policy") }.map { .file($0) }
  }

  /// The path of an `mcp.json`, or what would stand in it.
  mutating func mcp() -> Configuration.MCPSource? {
    guard let node = take("mcp") else { return nil }
    if case .mapping = node.content {
      reader.mcpNode = node
      return .object(node.source)
    }
    return string(node, "mcp").flatMap { absolute($0, node, "mcp") }.map { .file($0) }
  }

  mutating func paths(_ name: String) -> [String]? {
    list(name) { (fields, node, name) in
      fields.string(node, name).flatMap { fields.absolute($0, node, name) }
    }
  }

  /// Absolute paths without empty components, `.` and `..`, so that what is granted is what is written.
  mutating func plainPaths(_ name: String) -> [String] {
    let paths = list(name) { (fields, node, name) -> String? in
      guard let path = fields.string(node, name).flatMap({ fields.absolute($0, node, name) }) else { return nil }
      let parts = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
      if parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) { return path }
      fields.invalid(name, node, quoted(path), "a plain absolute path below '/'")
      return nil
    }
    return paths ?? []
  }

  mutating func names(_ name: String, _ due: String, _ isValid: (String) -> Bool) -> [String]? {
    list(name) { (fields, node, name) in
      guard let text = fields.string(node, name) else { return nil }
      if isValid(text) { return text }
      fields.invalid(name, node, quoted(text), due)
      return nil
    }
  }

  private static let listLimit = 1_000

  private mutating func list(
    _ name: String,
    _ element: (ConfigurationFields, YAMLNode, String) -> String?
  ) -> [String]? {
    guard let node = take(name) else { return nil }
    guard case .sequence(let elements) = node.content else {
      mismatch(name, node, node.content, "list", nil)
      return nil
    }
    guard elements.count <= Self.listLimit else {
      let message = "\(quoted(path(name))) of \(elements.count) elements exceeds the limit of \(Self.listLimit)"
      reader.report(.limitExceeded, at: node.position, message)
      return nil
    }
    return elements.enumerated().compactMap { element(self, $0.element, "\(name)[\($0.offset)]") }
  }

  /// One of a closed set of words.
  mutating func choice<T: RawRepresentable & CaseIterable>(_ name: String, _ type: T.Type = T.self) -> T?
  where T.RawValue == String {
    guard let node = take(name), let text = string(node, name) else { return nil }
    if let value = T(rawValue: text) { return value }
    let words = T.allCases.map(\.rawValue)
    let due = words.dropLast().joined(separator: ", ") + " or " + (words.last ?? "")
    let hint = nearest(to: text, among: words).map { "did you mean '\($0)'?" }
    invalid(name, node, quoted(text), due, hint: hint)
    return nil
  }

  /// A text in which a reference to a variable is refused.
  mutating func literal(_ name: String) -> (text: String, node: YAMLNode)? {
    guard let node = take(name) else { return nil }
    if case .string(let text) = node.content, Substitution.isReferenced(in: text) {
      let message = "a reference to a variable is refused in \(quoted(path(name)))"
      reader.report(.substitution, at: node.position, message, hint: "a secret's source is written out")
      return nil
    }
    return string(node, name).map { ($0, node) }
  }
}
