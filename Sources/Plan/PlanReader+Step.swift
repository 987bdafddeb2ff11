internal import JSON
internal import Wire

/// A step while it is read.
private struct Draft {
  var id = ""
  var description: String?
  var tool = ""
  var input = JSON.object(JSONObject())
  var dependsOn: [Int] = []
  var when: JSON?
  var forEach: JSON?
  var retry = Retry()
  var timeoutMS: Int64?
  var needs: Needs?
  var limits: ResourceLimits?
  var isIdempotent: Bool?
  var onFailure = OnFailure.fail
  var onUnknown = OnUnknown.wait
  var onMissingTool = OnMissingTool.wait
}

extension PlanReader {
  private static let stepMembers = [
    "id", "description", "tool", "input", "depends_on", "when", "for_each", "retry", "timeout_ms", "needs", "limits",
    "idempotent", "on_failure", "on_unknown", "on_missing_tool",
  ]

  /// Reads step number `index`. What cannot be read has its default: a plan with a mistake is not used.
  mutating func step(_ value: JSON, index: Int) -> Step {
    step = index
    defer { step = nil }
    var draft = Draft()
    draft.id = ids[index]
    let isObject = members(of: value, known: Self.stepMembers) { reader, key, value in
      reader.read(key, value, index, into: &draft)
    }
    if isObject {
      require("id", in: value)
      require("tool", in: value)
    }
    let allowsItem = draft.forEach != nil
    let input = at(.key("input")) { $0.input(draft.input, allowsItem: allowsItem) }
    let forEach = draft.forEach.flatMap { value in at(.key("for_each")) { $0.forEach(value) } }
    let when = draft.when.flatMap { value in at(.key("when")) { $0.condition(value) } }
    for references in [input.references, forEach?.items.references ?? [], when?.references ?? []] {
      for reference in references {
        if case .step(let other) = reference.source { draft.dependsOn.append(other) }
      }
    }
    return Step(
      id: draft.id,
      description: draft.description,
      tool: draft.tool,
      input: input,
      dependsOn: Self.ascending(draft.dependsOn),
      when: when,
      forEach: forEach,
      retry: draft.retry,
      timeoutMS: draft.timeoutMS,
      needs: draft.needs,
      limits: draft.limits,
      isIdempotent: draft.isIdempotent,
      onFailure: draft.onFailure,
      onUnknown: draft.onUnknown,
      onMissingTool: draft.onMissingTool
    )
  }

  private static func ascending(_ steps: [Int]) -> [Int] {
    guard steps.count > 1 else { return steps }
    var found: [Int] = []
    for step in steps.sorted() where step != found.last { found.append(step) }
    return found
  }

  /// One member; false for an unknown one.
  private mutating func read(_ key: String, _ value: JSON, _ index: Int, into draft: inout Draft) -> Bool {
    switch key {
    case "id": checkID(value, index)
    case "description": draft.description = string(value, limit: Limit.descriptionBytes)
    case "tool": draft.tool = tool(value) ?? ""
    case "input": draft.input = value
    case "depends_on": dependencies(value, index, into: &draft.dependsOn)
    case "when": draft.when = value
    case "for_each": draft.forEach = value
    case "retry": draft.retry = retry(value)
    case "timeout_ms": draft.timeoutMS = integer(value, in: 1...Limit.timeoutMS)
    case "needs": draft.needs = body(value, Needs.self)
    case "limits": draft.limits = body(value, ResourceLimits.self)
    case "idempotent": draft.isIdempotent = bool(value)
    case "on_failure": draft.onFailure = word(value) ?? .fail
    case "on_unknown": draft.onUnknown = word(value) ?? .wait
    case "on_missing_tool": draft.onMissingTool = word(value) ?? .wait
    default: return false
    }
    return true
  }

  private mutating func checkID(_ value: JSON, _ index: Int) {
    guard let id = identifier(value), let first = steps[id], first != index else { return }
    fail(.duplicateID, "id '\(id)' is that of '/steps/\(first)' already")
  }

  private mutating func tool(_ value: JSON) -> String? {
    guard let name = string(value) else { return nil }
    guard Tool.isValidName(name) else {
      fail(
        .invalidValue,
        "\(quoted(name)) is no tool name: 1 to \(Limit.toolNameBytes) of A-Z a-z 0-9 _ . - are due"
      )
      return nil
    }
    return name
  }

  private mutating func input(_ value: JSON, allowsItem: Bool) -> Template {
    if case .object(let object) = value {
      for name in ["needs", "limits"] where object[name] != nil {
        at(.key(name)) {
          $0.fail(.privilegesInInput, "'\(name)' inside the input: privileges are members of the step, beside 'input'")
        }
      }
    }
    if value.objectValue == nil, !isReference(value) {
      fail(.invalidValue, "'\(pathText)' is \(value.typeName) where an object or a reference is due")
    }
    return template(value, TemplateRules(allowsItem: allowsItem))
  }

  private mutating func dependencies(_ value: JSON, _ index: Int, into found: inout [Int]) {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return
    }
    for (i, element) in elements.enumerated() {
      path.append(.index(i))
      if let other = dependency(element, index) { found.append(other) }
      path.removeLast()
    }
  }

  private mutating func dependency(_ value: JSON, _ index: Int) -> Int? {
    guard let id = string(value) else { return nil }
    guard let other = Identifier.isValid(id) ? steps[id] : nil else {
      if errors.isFull {
        errors.omit()
        return nil
      }
      let bare = id.hasPrefix("step:") ? String(id.dropFirst(5)) : ""
      let hint = steps[bare] == nil ? names.hint(for: id, among: ids) : " (did you mean '\(bare)'?)"
      fail(.danglingReference, "\(quoted(id)) names no step\(hint)")
      return nil
    }
    guard other != index else {
      fail(.selfReference, "step '\(id)' depends on itself")
      return nil
    }
    return other
  }
}
