internal import JSON
internal import Wire

/// What a plan says about its end: what must hold of the result, and what to make of it.
extension PlanReader {
  mutating func checks(_ value: JSON) -> [ResultCheck] {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return []
    }
    guard elements.count <= PlanLimit.checks else {
      fail(.limitExceeded, "\(elements.count) checks exceed the limit of \(PlanLimit.checks)")
      return []
    }
    return elements.enumerated().compactMap { i, element in at(.index(i)) { $0.resultCheck(element) } }
  }

  private mutating func resultCheck(_ value: JSON) -> ResultCheck? {
    var condition: Condition?
    var message: TextTemplate?
    let isObject = members(of: value, known: ["that", "message"]) { reader, key, value in
      switch key {
      case "that": condition = reader.condition(value)
      case "message":
        message = reader.string(value, limit: Limit.descriptionBytes).map { reader.textTemplate($0, TemplateRules()) }
      default: return false
      }
      return true
    }
    if isObject {
      require("that", in: value)
      require("message", in: value)
    }
    guard let condition, let message else { return nil }
    return ResultCheck(condition: condition, message: message)
  }

  mutating func synthesis(_ value: JSON) -> FinalSynthesis? {
    var prompt: TextTemplate?
    var role: String?
    let isObject = members(of: value, known: ["prompt_template", "role"]) { reader, key, value in
      switch key {
      case "prompt_template":
        let rules = TemplateRules(allowsAllSteps: true)
        prompt = reader.string(value, limit: Limit.inputBytes).map { reader.textTemplate($0, rules) }
      case "role": role = reader.string(value, limit: 64)
      default: return false
      }
      return true
    }
    if isObject { require("prompt_template", in: value) }
    return prompt.map { FinalSynthesis(promptTemplate: $0, role: role) }
  }
}
