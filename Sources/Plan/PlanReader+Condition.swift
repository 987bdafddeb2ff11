internal import JSON
internal import Wire

extension PlanReader {
  private static let operators = [
    "equals", "not_equals", "in", "contains", "matches", "gt", "gte", "lt", "lte", "exists",
  ]
  private static let heads = ["value", "all", "any", "not"]

  mutating func condition(_ value: JSON) -> Condition {
    var tests = 0
    return Condition(root: conditionNode(value, depth: 1, &tests))
  }

  private mutating func conditionNode(_ value: JSON, depth: Int, _ tests: inout Int) -> Condition.Node {
    guard depth <= PlanLimit.conditionDepth else {
      fail(.limitExceeded, "conditions nested deeper than the limit of \(PlanLimit.conditionDepth)")
      return .all([])
    }
    guard case .object(let object) = value else {
      fail(value, due: "object")
      return .all([])
    }
    let heads = Self.heads.filter { object[$0] != nil }
    guard heads.count <= 1 else {
      let listed = heads.map { "'\($0)'" }.joined(separator: " and ")
      fail(.invalidValue, "\(listed) stand beside each other where one of them is due")
      return .all([])
    }
    guard let head = heads.first, head != "value" else { return test(value, object, &tests) }
    var node = Condition.Node.all([])
    for member in object.members {
      path.append(.key(member.key))
      if member.key != head {
        fail(.unknownMember, "\(quoted(member.key)) cannot stand beside '\(head)'")
      } else if head == "not" {
        node = .not(conditionNode(member.value, depth: depth + 1, &tests))
      } else {
        let parts = conditionNodes(member.value, depth: depth + 1, &tests)
        node = head == "all" ? .all(parts) : .any(parts)
      }
      path.removeLast()
    }
    return node
  }

  private mutating func conditionNodes(_ value: JSON, depth: Int, _ tests: inout Int) -> [Condition.Node] {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return []
    }
    if elements.isEmpty { fail(.invalidValue, "'\(pathText)' is empty where at least one condition is due") }
    var nodes: [Condition.Node] = []
    for (i, element) in elements.enumerated() {
      path.append(.index(i))
      nodes.append(conditionNode(element, depth: depth, &tests))
      path.removeLast()
    }
    return nodes
  }

  private mutating func test(_ value: JSON, _ object: JSONObject, _ tests: inout Int) -> Condition.Node {
    tests += 1
    guard tests <= PlanLimit.conditionTests else {
      if tests == PlanLimit.conditionTests + 1 {
        fail(.limitExceeded, "more than \(PlanLimit.conditionTests) tests in one condition")
      }
      return .all([])
    }
    var subject: Template?
    var checks: [Condition.Check] = []
    let place = pathText
    members(of: value, known: Self.heads + Self.operators) { reader, key, value in
      if key == "value" {
        subject = reader.template(value, Self.conditionRules)
      } else if Self.operators.contains(key) {
        if let check = reader.check(key, value) { checks.append(check) }
      } else {
        return false
      }
      return true
    }
    require("value", in: value)
    if !Self.operators.contains(where: { object[$0] != nil }) {
      let listed = Self.operators.joined(separator: ", ")
      fail(.missingMember, "'\(place)' compares with nothing: one of \(listed) is due")
    }
    return .test(Condition.Test(value: subject ?? Template(.null), checks: checks, path: place))
  }

  private static let conditionRules = TemplateRules(itemHint: "'when' is decided once, before there are items")

  private mutating func check(_ name: String, _ value: JSON) -> Condition.Check? {
    switch name {
    case "exists": return bool(value).map { .exists($0) }
    case "matches": return string(value).flatMap { pattern($0) }.map { .matches($0) }
    default: break
    }
    let operand = template(value, Self.conditionRules)
    switch name {
    case "equals": return .equals(operand)
    case "not_equals": return .notEquals(operand)
    case "contains": return .contains(operand)
    case "in":
      if value.arrayValue == nil, !isReference(value) { fail(value, due: "array") }
      return .isIn(operand)
    default:
      guard let comparison = Condition.Comparison(rawValue: name) else { return nil }
      switch value {
      case .integer, .number: break
      default: if !isReference(value) { fail(value, due: "number") }
      }
      return .order(comparison, operand)
    }
  }

  private mutating func pattern(_ source: String) -> Pattern? {
    if let known = patterns[source] { return known }
    patternBytes += source.utf8.count
    guard patternBytes <= PlanLimit.patternBytes else {
      fail(.limitExceeded, "patterns of more than \(PlanLimit.patternBytes) bytes in the plan")
      return nil
    }
    do throws(PatternError) {
      let pattern = try Pattern(source)
      patterns[source] = pattern
      return pattern
    } catch {
      fail(.invalidValue, "\(quoted(source)) is no pattern: \(error)")
      return nil
    }
  }
}
