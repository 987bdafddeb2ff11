internal import JSON
internal import Wire

/// Reads the parts of a plan. Never throws: each mistake is noted, and reading goes on behind it.
struct PlanReader {
  enum Token {
    case key(String)
    case index(Int)
  }

  var errors = ErrorList()
  /// Of every step, in order; empty where a step has none.
  var ids: [String] = []
  /// Step id → index of the first step with it.
  var steps: [String: Int] = [:]
  var names = NearestName()
  /// From the plan's root to the value at hand.
  var path: [Token] = []
  /// The step at hand.
  var step: Int?
  var referenceCount = 0
  /// By source text: compiling is what costs.
  var patterns: [String: Pattern] = [:]
  var patternBytes = 0

  var pathText: String {
    path.reduce(into: "") { text, token in
      switch token {
      case .key(let key):
        let isPlain = key.utf8.allSatisfy { $0 != UInt8(ascii: "~") && $0 != UInt8(ascii: "/") }
        if isPlain {
          text += "/"
          text += key
        } else {
          text += JSONPointer([key]).description
        }
      case .index(let index): text += "/\(index)"
      }
    }
  }

  mutating func fail(_ name: PlanError.Name, _ message: String) {
    errors.add(name, at: errors.isFull ? "" : pathText, message)
  }

  mutating func at<Value>(_ token: Token, _ body: (inout PlanReader) -> Value) -> Value {
    path.append(token)
    defer { path.removeLast() }
    return body(&self)
  }

  // MARK: Members

  mutating func fail(_ value: JSON, due: StaticString) {
    if errors.isFull { return errors.omit() }
    let subject = path.isEmpty ? "the plan" : "'\(pathText)'"
    fail(.invalidValue, "\(subject) is \(value.typeName) where \(due) is due")
  }

  /// An object whose members `body` takes one by one; what it does not know (false) is an error. False for no object.
  @discardableResult
  mutating func members(
    of value: JSON,
    known: @autoclosure () -> [String],
    _ body: (inout PlanReader, String, JSON) -> Bool
  ) -> Bool {
    guard case .object(let object) = value else {
      fail(value, due: "object")
      return false
    }
    for member in object.members {
      path.append(.key(member.key))
      if !body(&self, member.key, member.value) { refuse(member.key, known()) }
      path.removeLast()
    }
    return true
  }

  private mutating func refuse(_ key: String, _ known: [String]) {
    // Beyond the listed mistakes no time goes into words.
    if errors.isFull { return errors.omit() }
    fail(.unknownMember, "unknown member \(quoted(key))\(names.hint(for: key, among: known))")
  }

  mutating func require(_ name: String, in value: JSON) {
    guard case .object(let object) = value, object[name] == nil else { return }
    let parent = pathText
    at(.key(name)) { $0.fail(.missingMember, "missing member '\(name)'\(parent.isEmpty ? "" : " in '\(parent)'")") }
  }

  mutating func string(_ value: JSON, limit: Int = .max) -> String? {
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

  mutating func bool(_ value: JSON) -> Bool? {
    guard case .bool(let flag) = value else {
      fail(value, due: "boolean")
      return nil
    }
    return flag
  }

  mutating func integer(_ value: JSON, in range: ClosedRange<Int64>) -> Int64? {
    guard let number = value.integerValue else {
      if case .number(let number) = value {
        fail(.invalidValue, "'\(pathText)' is \(quoted(number.text)) where a 64-bit integer is due")
      } else {
        fail(value, due: "integer")
      }
      return nil
    }
    guard range.contains(number) else {
      let due = number < range.lowerBound ? "at least \(range.lowerBound)" : "at most \(range.upperBound)"
      fail(.invalidValue, "'\(pathText)' is \(number) where \(due) is due")
      return nil
    }
    return number
  }

  /// One of the words of an enumeration.
  mutating func word<Value: RawRepresentable & CaseIterable>(
    _ value: JSON,
    _ type: Value.Type = Value.self
  ) -> Value? where Value.RawValue == String {
    guard let text = string(value) else { return nil }
    if let word = Value(rawValue: text) { return word }
    let words = Value.allCases.map { "'\($0.rawValue)'" }.joined(separator: ", ")
    fail(.invalidValue, "'\(pathText)' is \(quoted(text)) where one of \(words) is due")
    return nil
  }

  /// A text that must be a step's id.
  mutating func identifier(_ value: JSON) -> String? {
    guard let text = string(value) else { return nil }
    guard Identifier.isValid(text) else {
      fail(
        .invalidValue,
        "\(quoted(text)) is no step id: 1 to \(Identifier.bytes) of A-Z a-z 0-9 _ . - are due"
      )
      return nil
    }
    return text
  }

  /// A body of the wire, each of whose members is optional: every member is read alone, so that one mistake does not hide
  /// the others.
  mutating func body<Body: WireBody>(_ value: JSON, _ type: Body.Type) -> Body? {
    guard case .object(let object) = value else {
      fail(value, due: "object")
      return nil
    }
    let before = errors.errors.count + errors.omitted
    for member in object.members {
      at(.key(member.key)) { $0.refuseReferences(in: member.value) }
      _ = decode(JSONObject([(member.key, member.value)]), type)
    }
    guard errors.errors.count + errors.omitted == before else { return nil }
    return decode(object, type)
  }

  private mutating func decode<Body: WireBody>(_ object: JSONObject, _ type: Body.Type) -> Body? {
    let place = pathText
    do throws(WireError) {
      var fields = Fields(object, at: place)
      let body = try Body(from: &fields)
      try fields.finish()
      return body
    } catch {
      let isUnknown = error.message.hasPrefix("unknown member")
      let name: PlanError.Name =
        error.name == .limitExceeded ? .limitExceeded : isUnknown ? .unknownMember : .invalidValue
      errors.add(name, at: error.data["path"]?.stringValue ?? place, error.message)
      return nil
    }
  }

  /// Privileges are what was approved, never what a step made up.
  private mutating func refuseReferences(in value: JSON) {
    switch value {
    case .string(let text):
      guard Template.mayHoldReference(text) else { return }
      let braced = Template.bracedReferences(in: text).first
      if ReferenceText(whole: text) != nil || braced != nil {
        fail(.misplacedReference, "\(quoted(text)) refers to a value where only literal ones are due")
      }
    case .array(let elements):
      for (i, element) in elements.enumerated() { at(.index(i)) { $0.refuseReferences(in: element) } }
    case .object(let object):
      for member in object.members { at(.key(member.key)) { $0.refuseReferences(in: member.value) } }
    default: break
    }
  }
}
