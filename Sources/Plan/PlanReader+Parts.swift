internal import JSON
internal import Wire

/// The parts of a step that are objects of their own.
extension PlanReader {
  mutating func retry(_ value: JSON) -> Retry {
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
  mutating func forEach(_ value: JSON) -> ForEach {
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
