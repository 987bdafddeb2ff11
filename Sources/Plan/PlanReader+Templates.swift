internal import JSON
internal import Wire

/// What references a template may hold.
struct TemplateRules {
  /// `item:value` and `item:index`.
  var allowsItem = false
  /// `{{steps}}`.
  var allowsAllSteps = false
  /// Why items are refused here.
  var itemHint = "only a step with 'for_each' has items"
}

extension PlanReader {
  mutating func template(_ value: JSON, _ rules: TemplateRules = TemplateRules()) -> Template {
    var uses: [Use] = []
    let root = node(value, rules, &uses, depth: 0) ?? .literal(value)
    return Template(root: root, uses: uses)
  }

  /// Text with double braces only.
  mutating func textTemplate(_ text: String, _ rules: TemplateRules) -> TextTemplate {
    var uses: [Use] = []
    let root = interpolation(text, rules, &uses) ?? .literal(.string(text))
    return TextTemplate(source: text, template: Template(root: root, uses: uses), ids: ids)
  }

  /// Whether `value` is a reference, or was meant as one and has its own error.
  func isReference(_ value: JSON) -> Bool {
    if case .string(let text) = value { ReferenceText(whole: text) != nil } else { false }
  }

  /// nil for a value that is as it was written, which most are.
  private mutating func node(
    _ value: JSON,
    _ rules: TemplateRules,
    _ uses: inout [Use],
    depth: Int
  ) -> Template.Node? {
    switch value {
    case .string(let text):
      return Template.mayHoldReference(text) ? node(text, rules, &uses) : nil
    case .array(let elements):
      guard isBearable(depth) else { return nil }
      var nodes: [Template.Node]?
      for (i, element) in elements.enumerated() {
        path.append(.index(i))
        let child = node(element, rules, &uses, depth: depth + 1)
        path.removeLast()
        if child != nil, nodes == nil { nodes = elements[..<i].map { .literal($0) } }
        nodes?.append(child ?? .literal(element))
      }
      return nodes.map(Self.joined)
    case .object(let object):
      guard isBearable(depth) else { return nil }
      var nodes: [(key: String, node: Template.Node)]?
      for (i, member) in object.members.enumerated() {
        path.append(.key(member.key))
        let child = node(member.value, rules, &uses, depth: depth + 1)
        path.removeLast()
        if child != nil, nodes == nil { nodes = object.members[..<i].map { ($0.key, .literal($0.value)) } }
        nodes?.append((member.key, child ?? .literal(member.value)))
      }
      return nodes.map(Self.joined)
    default: return nil
    }
  }

  private mutating func isBearable(_ depth: Int) -> Bool {
    guard depth >= PlanLimit.inputDepth else { return true }
    fail(.limitExceeded, "'\(pathText)' is nested deeper than the limit of \(PlanLimit.inputDepth)")
    return false
  }

  /// A literal where only escapes were undone.
  private static func joined(_ nodes: [Template.Node]) -> Template.Node {
    var elements: [JSON] = []
    for node in nodes {
      guard case .literal(let value) = node else { return .array(nodes) }
      elements.append(value)
    }
    return .literal(.array(elements))
  }

  private static func joined(_ nodes: [(key: String, node: Template.Node)]) -> Template.Node {
    var members: [(String, JSON)] = []
    for (key, node) in nodes {
      guard case .literal(let value) = node else { return .object(nodes) }
      members.append((key, value))
    }
    return .literal(.object(JSONObject(members)))
  }

  private mutating func node(_ text: String, _ rules: TemplateRules, _ uses: inout [Use]) -> Template.Node? {
    if let found = ReferenceText(whole: text) {
      return use(found, text[...], rules, &uses).map { .reference($0) }
    }
    let slash = UInt8(ascii: "\\")
    if text.utf8.first == slash, let start = text.utf8.firstIndex(where: { $0 != slash }),
      ReferenceText(whole: String(text[start...])) != nil
    {
      return .literal(.string(String(text[text.utf8.index(after: text.startIndex)...])))
    }
    return interpolation(text, rules, &uses)
  }

  private mutating func interpolation(
    _ text: String,
    _ rules: TemplateRules,
    _ uses: inout [Use]
  ) -> Template.Node? {
    guard let parts = TextPart.split(text) else { return nil }
    var pieces: [Template.Piece] = []
    var literal = ""
    for part in parts {
      switch part {
      case .plain(let piece): literal += piece
      case .braces(let whole, let found):
        if case .allSteps = found {
          guard rules.allowsAllSteps else {
            fail(.misplacedReference, "'{{steps}}' stands for all outputs, which only the final synthesis has")
            continue
          }
          if !literal.isEmpty { pieces.append(.literal(literal)) }
          literal = ""
          pieces.append(.allSteps)
        } else if let number = use(found, whole, rules, &uses) {
          if !literal.isEmpty { pieces.append(.literal(literal)) }
          literal = ""
          pieces.append(.reference(number))
        }
      }
    }
    if pieces.isEmpty { return .literal(.string(literal)) }
    if !literal.isEmpty { pieces.append(.literal(literal)) }
    return .text(pieces)
  }

  /// The number of a new use, or nil for a reference that cannot be.
  private mutating func use(
    _ found: ReferenceText,
    _ text: Substring,
    _ rules: TemplateRules,
    _ uses: inout [Use]
  ) -> Int? {
    let source: Reference.Source
    let pointerText: Substring?
    switch found {
    case .step(let id, let pointer):
      guard let index = steps[id] else {
        if errors.isFull {
          errors.omit()
          return nil
        }
        let hint = names.hint(for: id, among: ids)
        fail(.danglingReference, "\(quoted(String(text))) names no step\(hint)")
        return nil
      }
      if index == step {
        fail(.selfReference, "\(quoted(String(text))) refers to the step that it stands in")
        return nil
      }
      source = .step(index)
      pointerText = pointer
    case .itemValue, .itemIndex:
      guard rules.allowsItem else {
        fail(.misplacedReference, "\(quoted(String(text))) refers to an item, but \(rules.itemHint)")
        return nil
      }
      if case .itemValue(let pointer) = found {
        source = .itemValue
        pointerText = pointer
      } else {
        source = .itemIndex
        pointerText = nil
      }
    case .malformed(let why):
      fail(.invalidReference, "\(quoted(String(text))) \(why)")
      return nil
    case .allSteps: return nil
    }
    var pointer = JSONPointer()
    do throws(JSONError) {
      if let pointerText { pointer = try JSONPointer(parsing: String(pointerText)) }
    } catch {
      fail(.invalidReference, "\(quoted(String(text))) is no reference: \(error.detail)")
      return nil
    }
    referenceCount += 1
    guard referenceCount <= PlanLimit.references else {
      fail(.limitExceeded, "more than \(PlanLimit.references) references in the plan")
      return nil
    }
    uses.append(Use(reference: Reference(source: source, pointer: pointer), path: pathText, text: String(text)))
    return uses.count - 1
  }
}
