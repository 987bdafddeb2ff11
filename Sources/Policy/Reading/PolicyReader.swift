internal import JSON
internal import Wire

/// Reads the parts of a policy. Never throws: each mistake is noted, and reading goes on behind it.
struct PolicyReader {
  enum Token {
    case key(String)
    case index(Int)
  }

  private(set) var errors: [PolicyError] = []
  private(set) var omitted = 0
  /// From the policy's root to the value at hand.
  var path: [Token] = []
  /// By source text: compiling is what costs.
  var patterns: [String: Pattern] = [:]
  var patternBytes = 0

  var isFull: Bool { errors.count >= PolicyLimit.errors }
  var mistakeCount: Int { errors.count + omitted }

  var pathText: String {
    let tokens = path.map { token in
      switch token {
      case .key(let key): key
      case .index(let index): String(index)
      }
    }
    return JSONPointer(tokens).description
  }

  /// `'/a/b'`, or what the whole is called.
  private var subject: String { path.isEmpty ? "the policy" : "'\(pathText)'" }

  /// With the count of the rest behind them.
  func finish() throws(PolicyErrors) {
    guard !errors.isEmpty else { return }
    guard omitted > 0 else { throw PolicyErrors(errors) }
    let rest = omitted == 1 ? "1 more mistake" : "\(omitted) more mistakes"
    throw PolicyErrors(errors + [PolicyError(path: "", name: .moreErrors, message: rest)])
  }

  // MARK: Mistakes

  /// What is beyond the listed mistakes is only counted.
  mutating func fail(_ name: PolicyError.Name, _ message: String) {
    if isFull { omitted += 1 } else { errors.append(PolicyError(path: pathText, name: name, message: message)) }
  }

  mutating func invalid(_ message: String) { fail(.invalidValue, message) }

  mutating func fail(_ value: JSON, due: StaticString) {
    let subject = subject
    invalid("\(subject) is \(value.typeName) where \(due) is due")
  }

  static func hint(for name: String, among known: [String]) -> String {
    nearest(to: name, among: known).map { " (did you mean '\($0)'?)" } ?? ""
  }

  static func listed(_ words: [String]) -> String {
    let words = words.map { "'\($0)'" }
    return words.count < 2 ? words.joined() : words.dropLast().joined(separator: ", ") + " or " + words[words.count - 1]
  }

  @discardableResult
  mutating func at<Value>(_ token: Token, _ body: (inout PolicyReader) -> Value) -> Value {
    path.append(token)
    defer { path.removeLast() }
    return body(&self)
  }

  // MARK: Members

  /// An object whose members `body` takes one by one; what it does not know (false) is a mistake. A member that is null
  /// counts as absent.
  mutating func members(
    of value: JSON,
    known: @autoclosure () -> [String],
    _ body: (inout PolicyReader, String, JSON) -> Bool
  ) {
    guard case .object(let object) = value else { return fail(value, due: "object") }
    for member in object.members {
      at(.key(member.key)) { reader in
        if member.value.isNull, known().contains(member.key) { return }
        if !body(&reader, member.key, member.value) { reader.refuse(member.key, known()) }
      }
    }
  }

  private mutating func refuse(_ key: String, _ known: [String]) {
    // No time goes into words that nobody will read.
    if isFull { return fail(.unknownMember, "") }
    fail(.unknownMember, "unknown member \(quoted(key))\(Self.hint(for: key, among: known))")
  }

  mutating func require(_ name: String, in value: JSON) {
    guard case .object(let object) = value, object[name]?.isNull ?? true else { return }
    let parent = path.isEmpty ? "" : " in '\(pathText)'"
    at(.key(name)) { $0.fail(.missingMember, "missing member '\(name)'\(parent)") }
  }

  /// The elements of an array that `body` can read.
  mutating func list<Value>(
    _ value: JSON,
    limit: Int = PolicyLimit.elements,
    _ body: (inout PolicyReader, JSON) -> Value?
  ) -> [Value] {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return []
    }
    guard elements.count <= limit else {
      fail(.limitExceeded, "'\(pathText)' of \(elements.count) elements exceeds the limit of \(limit)")
      return []
    }
    return elements.enumerated().compactMap { i, element in at(.index(i)) { body(&$0, element) } }
  }

  // MARK: Values

  mutating func string(_ value: JSON, limit: Int = PolicyLimit.textBytes) -> String? {
    guard case .string(let text) = value else {
      fail(value, due: "string")
      return nil
    }
    guard text.utf8.count <= limit else {
      fail(.limitExceeded, "'\(pathText)' of \(text.utf8.count) bytes exceeds the limit of \(limit)")
      return nil
    }
    return text
  }

  /// A text that is not empty.
  mutating func text(_ value: JSON, limit: Int = PolicyLimit.textBytes) -> String? {
    guard let text = string(value, limit: limit) else { return nil }
    guard text.isEmpty else { return text }
    invalid("'\(pathText)' is empty")
    return nil
  }

  mutating func bool(_ value: JSON) -> Bool? {
    if case .bool(let flag) = value { return flag }
    fail(value, due: "true or false")
    return nil
  }

  mutating func integer(_ value: JSON, in range: ClosedRange<Int64>) -> Int64? {
    guard let number = value.integerValue else {
      if case .number(let number) = value {
        invalid("'\(pathText)' is \(quoted(number.text)) where a 64-bit integer is due")
      } else {
        fail(value, due: "integer")
      }
      return nil
    }
    return check(number, in: range) { String($0) }
  }

  private mutating func check(
    _ value: Int64,
    in range: ClosedRange<Int64>,
    _ text: (Int64) -> String
  ) -> Int64? {
    if range.contains(value) { return value }
    let isLow = value < range.lowerBound
    let due = isLow ? "at least \(text(range.lowerBound))" : "at most \(text(range.upperBound))"
    invalid("'\(pathText)' is \(text(value)) where \(due) is due")
    return nil
  }

  /// In milliseconds.
  mutating func duration(_ value: JSON, in range: ClosedRange<Int64>) -> Int64? {
    let written: String
    switch value {
    case .string(let text): written = text
    // As a number it has no unit, unless it is nothing.
    case .integer(let number): written = String(number)
    default:
      fail(value, due: "duration such as 30s")
      return nil
    }
    guard let milliseconds = Units.milliseconds(written) else {
      invalid("'\(pathText)' is \(quoted(written)) where a whole number with ms, s, m, h or d is due, such as 30s")
      return nil
    }
    return check(milliseconds, in: range) { Units.text(milliseconds: $0) }
  }

  /// One of the words of an enumeration.
  mutating func word<Value: RawRepresentable & CaseIterable>(
    _ value: JSON,
    _ type: Value.Type = Value.self,
    except refused: [String] = []
  ) -> Value? where Value.RawValue == String {
    guard let text = string(value) else { return nil }
    let words = Value.allCases.map(\.rawValue).filter { !refused.contains($0) }
    if words.contains(text), let word = Value(rawValue: text) { return word }
    invalid(
      "'\(pathText)' is \(quoted(text)) where \(Self.listed(words)) is due\(Self.hint(for: text, among: words))"
    )
    return nil
  }

  /// The name of a rule or an environment: 1 to 128 of letters, digits, `_`, `-`, `.` and `/`.
  mutating func name(_ value: JSON) -> String? {
    guard let text = string(value) else { return nil }
    if Self.isName(text) { return text }
    invalid("\(quoted(text)) is no name: 1 to \(PolicyLimit.nameBytes) of A-Z a-z 0-9 _ - . / are due")
    return nil
  }

  static func isName(_ text: String) -> Bool {
    (1...PolicyLimit.nameBytes).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."),
          UInt8(ascii: "/"):
          true
        default: false
        }
      }
  }

  mutating func toolName(_ value: JSON) -> String? {
    guard let text = string(value) else { return nil }
    if Tool.isValidName(text) { return text }
    invalid("\(quoted(text)) is no name of a tool: 1 to \(Limit.toolNameBytes) of A-Z a-z 0-9 _ . - are due")
    return nil
  }

  /// A body of the wire.
  mutating func body<Body: WireBody>(_ value: JSON, _ type: Body.Type) -> Body? {
    guard case .object(let object) = value else {
      fail(value, due: "object")
      return nil
    }
    do throws(WireError) {
      var fields = Fields(object, at: pathText)
      let body = try Body(from: &fields)
      try fields.finish()
      return body
    } catch {
      invalid(error.message)
      return nil
    }
  }
}
