internal import JSON

extension PolicyReader {
  static let operators = [
    "equals", "not_equals", "in", "contains", "matches", "gt", "gte", "lt", "lte", "exists",
  ]
  private static let heads = ["value", "all", "any", "not"]

  /// The condition at hand; its tests' places are relative to the guardrail, whose path has `depth` tokens.
  mutating func condition(_ value: JSON, below depth: Int) -> RuleCondition {
    var tests = 0
    return RuleCondition(source: value, root: node(value, Place(root: depth, depth: 1, isBroad: true), &tests))
  }

  private struct Place {
    let root: Int
    let depth: Int
    let isBroad: Bool

    func below(isNegated: Bool = false) -> Place {
      Place(root: root, depth: depth + 1, isBroad: isBroad != isNegated)
    }
  }

  private mutating func node(_ value: JSON, _ place: Place, _ tests: inout Int) -> RuleCondition.Node {
    guard place.depth <= PolicyLimit.conditionDepth else {
      fail(.limitExceeded, "conditions nested deeper than the limit of \(PolicyLimit.conditionDepth)")
      return .all([])
    }
    guard case .object(let object) = value else {
      fail(value, due: "object")
      return .all([])
    }
    let heads = Self.heads.filter { object[$0] != nil }
    guard heads.count <= 1 else {
      let listed = heads.map { "'\($0)'" }.joined(separator: " and ")
      invalid("\(listed) stand beside each other where one of them is due")
      return .all([])
    }
    guard let head = heads.first, head != "value" else { return test(object, place, &tests) }
    var node = RuleCondition.Node.all([])
    for member in object.members {
      path.append(.key(member.key))
      if member.key != head {
        fail(.unknownMember, "\(quoted(member.key)) cannot stand beside '\(head)'")
      } else if head == "not" {
        node = .not(self.node(member.value, place.below(isNegated: true), &tests))
      } else {
        let parts = nodes(member.value, place.below(), &tests)
        node = head == "all" ? .all(parts) : .any(parts)
      }
      path.removeLast()
    }
    return node
  }

  private mutating func nodes(_ value: JSON, _ place: Place, _ tests: inout Int) -> [RuleCondition.Node] {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return []
    }
    if elements.isEmpty { invalid("'\(pathText)' is empty where at least one condition is due") }
    var nodes: [RuleCondition.Node] = []
    for (i, element) in elements.enumerated() {
      path.append(.index(i))
      nodes.append(node(element, place, &tests))
      path.removeLast()
    }
    return nodes
  }

  private mutating func test(_ object: JSONObject, _ place: Place, _ tests: inout Int) -> RuleCondition.Node {
    tests += 1
    guard tests <= PolicyLimit.conditionTests else {
      if tests == PolicyLimit.conditionTests + 1 {
        fail(.limitExceeded, "more than \(PolicyLimit.conditionTests) comparisons in one condition")
      }
      return .all([])
    }
    require("value", in: .object(object))
    let subject = object["value"].flatMap { value in at(.key("value")) { $0.subject(value) } }
    var checks: [Check] = []
    for member in object.members where member.key != "value" {
      at(.key(member.key)) { reader in
        guard Self.operators.contains(member.key) else {
          let hint = Self.hint(for: member.key, among: Self.heads + Self.operators)
          return reader.fail(.unknownMember, "unknown member \(quoted(member.key))\(hint)")
        }
        if let check = reader.check(member.key, member.value, subject) { checks.append(check) }
      }
    }
    if !Self.operators.contains(where: { object[$0] != nil }) {
      let listed = Self.operators.joined(separator: ", ")
      fail(.missingMember, "'\(pathText)' compares with nothing: one of \(listed) is due")
    }
    let relative = PolicyReader.text(path.dropFirst(place.root))
    guard let subject else { return .all([]) }
    return .test(RuleCondition.Test(subject: subject, checks: checks, path: relative, isBroad: place.isBroad))
  }

  private static func text(_ tokens: ArraySlice<Token>) -> String {
    var reader = PolicyReader()
    reader.path = Array(tokens)
    return reader.pathText
  }

  private mutating func subject(_ value: JSON) -> Subject? {
    guard let text = string(value, limit: PolicyLimit.messageBytes) else { return nil }
    switch SubjectName.read(text) {
    case .subject(let subject): return subject
    case .mistake(let message):
      invalid(message)
      return nil
    }
  }

  // MARK: Checks

  private mutating func check(_ name: String, _ value: JSON, _ subject: Subject?) -> Check? {
    switch name {
    case "exists": return bool(value).map { .exists($0) }
    case "matches": return matches(value, subject)
    case "contains": return contains(value, subject)
    case "in":
      refuseList(name, subject)
      let choices = list(value) { $0.operand($1, subject) }
      if value.arrayValue?.isEmpty == true { invalid("'\(pathText)' is empty where at least one value is due") }
      return .isIn(choices)
    case "equals", "not_equals":
      refuseList(name, subject)
      return operand(value, subject).map { name == "equals" ? .equals($0) : .notEquals($0) }
    default: return order(name, value, subject)
    }
  }

  private mutating func operand(_ value: JSON, _ subject: Subject?) -> Operand? {
    if case .string(let text) = value {
      guard self.string(value) != nil else { return nil }
      if let words = subject?.words, !words.contains(text) {
        invalid("\(quoted(text)) is none of \(Self.listed(words))\(Self.hint(for: text, among: words))")
        return nil
      }
    }
    switch (subject?.kind, value) {
    case (.text?, .string), (.number?, .integer), (.number?, .number), (.any?, _), (.list?, _), (nil, _): break
    case (.text?, _): fail(value, due: "string")
    case (.number?, _): fail(value, due: "number")
    }
    return Operand(value)
  }

  /// A list equals nothing; what is in it can be asked.
  private mutating func refuseList(_ name: String, _ subject: Subject?) {
    guard case .list(let list, isEach: false)? = subject else { return }
    invalid("'\(list.rawValue)' is a list: '\(name)' is for '\(list.rawValue).*', and 'contains' for the list")
  }

  private mutating func contains(_ value: JSON, _ subject: Subject?) -> Check? {
    if subject?.kind == .number {
      invalid("'contains' looks into texts and lists, and this is a number")
      return nil
    }
    switch (subject?.kind, value) {
    case (_, .string): return text(value).map { .contains(Operand(.string($0))) }
    case (.any?, _): return .contains(Operand(value))
    default:
      fail(value, due: "string")
      return nil
    }
  }

  private mutating func matches(_ value: JSON, _ subject: Subject?) -> Check? {
    if subject?.kind == .number {
      invalid("'matches' looks into texts, and this is a number")
      return nil
    }
    refuseList("matches", subject)
    return text(value).flatMap { pattern($0) }.map { .matches($0) }
  }

  private mutating func order(_ name: String, _ value: JSON, _ subject: Subject?) -> Check? {
    guard let comparison = Check.Comparison(rawValue: name) else { return nil }
    if let kind = subject?.kind, kind == .text || kind == .list {
      invalid("'\(name)' compares numbers, and this is none")
      return nil
    }
    guard let bound = ExactNumber(value) else {
      fail(value, due: "number")
      return nil
    }
    return .order(comparison, bound)
  }

  private mutating func pattern(_ source: String) -> Pattern? {
    if let known = patterns[source] { return known }
    patternBytes += source.utf8.count
    guard patternBytes <= PolicyLimit.patternBytes else {
      fail(.limitExceeded, "patterns of more than \(PolicyLimit.patternBytes) bytes in the policy")
      return nil
    }
    do throws(PatternError) {
      let pattern = try Pattern(source, limits: Self.patternLimits)
      patterns[source] = pattern
      return pattern
    } catch {
      invalid("\(quoted(source)) is no pattern: \(error)")
      return nil
    }
  }

  /// Less than elsewhere: a decision is waited for.
  private static let patternLimits: Pattern.Limits = {
    var limits = Pattern.Limits()
    limits.searchMilliseconds = 50
    limits.steps = 500_000
    limits.stepsPerStart = 100_000
    return limits
  }()
}
