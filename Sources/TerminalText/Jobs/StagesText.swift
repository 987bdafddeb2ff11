package import JSON

/// Who planned, carried out and verified a request, in a line each.
package enum StagesText {
  package typealias Line = (label: String, text: String)

  /// Of the `result` of a job; nothing for a job that did not begin with a request.
  package static func lines(_ result: JSON?) -> [Line] {
    guard let stages = result?["stages"] else { return [] }
    return [planning(stages["planning"]), execution(stages["execution"]), verification(stages["verification"])]
      .compactMap { $0 }
  }

  private static func planning(_ stage: JSON?) -> Line? {
    guard let stage else { return nil }
    guard let by = stage["by"] else {
      return (
        "planned", "not at all: mode \(stage["mode"]?.stringValue ?? "?") (\(stage["reason"]?.stringValue ?? "?"))"
      )
    }
    var text: String
    if let recipe = stage["recipe"]?.stringValue {
      text = "by the recipe '\(recipe)', chosen " + (model(by).map { "by \($0)" } ?? "without asking a model")
    } else {
      text = "by \(model(by) ?? "nobody knows whom")"
      if stage["decision"] == "answer" { text += ", which answered at once" }
    }
    if let plans = stage["plans"]?.integerValue, plans > 1 { text += ", \(plans) plans" }
    if let tries = stage["tries"]?.integerValue, tries > 1 { text += ", \(tries) tries" }
    return ("planned", text)
  }

  private static func execution(_ stage: JSON?) -> Line? {
    guard let steps = stage?["steps"]?.integerValue, steps > 0 else { return nil }
    let done = stage?["succeeded"]?.integerValue ?? 0
    let workers = (stage?["workers"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ", ")
    let count = done == steps ? counted(Int(steps), "step") : "\(done) of \(counted(Int(steps), "step"))"
    return ("executed", "\(count) on \(workers)")
  }

  private static func verification(_ stage: JSON?) -> Line? {
    let checks = Int(stage?["checks"]?.integerValue ?? 0)
    var parts = checks > 0 ? [counted(checks, "check")] : []
    let reasons = (stage?["reasons"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "; ")
    switch stage?["verdict"]?.stringValue {
    case "answers"?: parts.append("\(model(stage?["by"]) ?? "a model") says that it answers the request")
    case "does_not"?: parts.append("\(model(stage?["by"]) ?? "a model") says that it does not answer: \(reasons)")
    case "unjudged"?: parts.append("no model judged it" + (reasons.isEmpty ? "" : " (\(reasons))"))
    default: break
    }
    return parts.isEmpty ? ("verified", "by nothing") : ("verified", parts.joined(separator: ", "))
  }

  /// `openai/gpt-4o, a large model`; nil where no model had a part in it.
  static func model(_ by: JSON?) -> String? {
    guard let name = by?["model"]?.stringValue else { return nil }
    let full = by?["provider"]?.stringValue.map { "\($0)/\(name)" } ?? name
    switch by?["kind"]?.stringValue {
    case "small_model"?: return "\(full), a small model"
    case "large_model"?: return "\(full), a large model"
    default: return full
    }
  }
}
