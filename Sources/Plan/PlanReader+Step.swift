internal import JSON
internal import Wire

/// A step while it is read.
private struct Draft {
  var id = ""
  var description: String?
  var tool = ""
  var input = JSON.object(JSONObject())
  var dependsOn: Set<Int> = []
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
    for reference in input.references + (forEach?.items.references ?? []) + (when?.references ?? []) {
      if case .step(let other) = reference.source { draft.dependsOn.insert(other) }
    }
    return Step(
      id: draft.id,
      description: draft.description,
      tool: draft.tool,
      input: input,
      dependsOn: draft.dependsOn.sorted(),
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

  private mutating func dependencies(_ value: JSON, _ index: Int, into found: inout Set<Int>) {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return
    }
    for (i, element) in elements.enumerated() {
      path.append(.index(i))
      if let other = dependency(element, index) { found.insert(other) }
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

  // MARK: Parts

  private mutating func retry(_ value: JSON) -> Retry {
    var retry = Retry()
    var maximum: Int64?
    let known = ["max_attempts", "backoff_ms", "max_backoff_ms", "jitter", "on"]
    members(of: value, known: known) { reader, key, value in
      switch key {
      case "max_attempts": retry.maxAttempts = Int(reader.integer(value, in: 1...PlanLimit.attempts) ?? 1)
      case "backoff_ms": retry.backoffMS = reader.integer(value, in: 0...Limit.timeoutMS) ?? 0
      case "max_backoff_ms": maximum = reader.integer(value, in: 0...Limit.timeoutMS)
      case "jitter": retry.jitter = reader.fraction(value) ?? 0
      case "on": retry.on = reader.errorNames(value)
      default: return false
      }
      return true
    }
    if let maximum, maximum < retry.backoffMS, value["backoff_ms"] != nil {
      fail(.invalidValue, "'max_backoff_ms' of \(maximum) is less than 'backoff_ms' of \(retry.backoffMS)")
    }
    retry.maxBackoffMS = maximum ?? max(retry.maxBackoffMS, retry.backoffMS)
    return retry
  }

  private mutating func fraction(_ value: JSON) -> Double? {
    switch value {
    case .integer, .number: break
    default:
      fail(value, due: "number")
      return nil
    }
    guard let number = value.doubleValue, (0...1).contains(number) else {
      fail(.invalidValue, "'\(pathText)' is \(quoted(value.description)) where 0 to 1 is due")
      return nil
    }
    return number
  }

  private mutating func errorNames(_ value: JSON) -> Set<String> {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return []
    }
    var names: Set<String> = []
    for (i, element) in elements.enumerated() {
      at(.index(i)) { reader in
        guard let name = reader.string(element) else { return }
        let isName =
          (1...64).contains(name.utf8.count)
          && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
        if !isName { reader.fail(.invalidValue, "\(quoted(name)) is no name of an error: a-z 0-9 _ are due") }
        names.insert(name)
      }
    }
    return names
  }

  /// The list itself, a reference to one, or an object that says more.
  private mutating func forEach(_ value: JSON) -> ForEach {
    let rules = TemplateRules(itemHint: "items begin behind 'for_each'")
    var items: Template?
    var maximum = Limit.fanOut
    var concurrency: Int?
    if case .object = value {
      members(of: value, known: ["in", "max", "concurrency"]) { reader, key, value in
        switch key {
        case "in": items = reader.items(value, rules)
        case "max": maximum = Int(reader.integer(value, in: 1...Int64(Limit.fanOut)) ?? 1)
        case "concurrency":
          concurrency = reader.integer(value, in: 1...Int64(Limit.concurrency)).map { Int($0) }
        default: return false
        }
        return true
      }
      require("in", in: value)
    } else {
      items = self.items(value, rules)
    }
    if let count = items?.arrayCount, count > maximum {
      fail(.limitExceeded, "\(count) items exceed the limit of \(maximum)")
    }
    return ForEach(items: items ?? Template([]), maxItems: maximum, concurrency: concurrency)
  }

  private mutating func items(_ value: JSON, _ rules: TemplateRules) -> Template {
    if value.arrayValue == nil, !isReference(value) {
      fail(.invalidValue, "'\(pathText)' is \(value.typeName) where an array or a reference is due")
    }
    return template(value, rules)
  }
}

extension Template {
  /// Of a list that is written out.
  fileprivate var arrayCount: Int? {
    switch root {
    case .literal(let value): value.arrayValue?.count
    case .array(let nodes): nodes.count
    default: nil
    }
  }
}
