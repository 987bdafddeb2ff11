internal import JSON

/// Makes of a large model's answer what the coordinator takes.
struct LargeReader {
  let form: LargeForm

  func plan(_ answer: JSON, reason: String) throws(Undecided) -> JSON {
    var mistakes: [Mistake] = []
    let steps = (answer["steps"]?.arrayValue ?? []).enumerated().map { step($1, at: "/steps/\($0)", &mistakes) }
    if steps.isEmpty {
      mistakes.append(
        Mistake(path: "/steps", name: "missing_member", message: "the decision is \"plan\" and there are no steps")
      )
    }
    var plan = JSONObject()
    if !reason.isEmpty { plan["description"] = .string(reason) }
    plan["steps"] = .array(steps)
    let checks = (answer["checks"]?.arrayValue ?? []).enumerated().map { index, check -> JSON in
      [
        "that": condition(check, at: "/checks/\(index)", &mistakes),
        "message": .string(check["message"]?.stringValue ?? "a check does not hold"),
      ]
    }
    if !checks.isEmpty { plan["checks"] = .array(checks) }
    plan["final_synthesis"] = end(answer)
    if !mistakes.isEmpty { throw Undecided(mistakes, shown: .object(plan)) }
    return .object(plan)
  }

  /// Without a text of its own the answer is written from all outputs.
  private func end(_ answer: JSON) -> JSON {
    let template = answer["answer_template"]?.stringValue ?? ""
    var end: JSONObject = ["prompt_template": .string(template.isEmpty ? "{{steps}}" : template)]
    if template.isEmpty || answer["write"]?.boolValue == true { end["role"] = .string(form.writer) }
    return .object(end)
  }

  private func step(_ json: JSON, at path: String, _ mistakes: inout [Mistake]) -> JSON {
    var step = JSONObject()
    for name in ["id", "tool"] { step[name] = json[name] }
    let input = value(json["input"] ?? [:], at: path + "/input", &mistakes)
    step["input"] = json["tool"] == "model" ? Self.askingSmallFirst(input) : input
    step["needs"] = form.needs?.read(json["needs"])
    let after = json["depends_on"]?.arrayValue ?? []
    if !after.isEmpty { step["depends_on"] = .array(after) }
    if let list = json["for_each"]?.stringValue, !list.isEmpty { step["for_each"] = ["in": .string(list)] }
    let tests = (json["when"]?.arrayValue ?? []).enumerated().map { condition($1, at: "\(path)/when/\($0)", &mistakes) }
    if tests.count == 1 { step["when"] = tests[0] } else if !tests.isEmpty { step["when"] = ["all": .array(tests)] }
    return .object(step)
  }

  /// A question for the small model goes to the planner's when the small one fails its schema or is not sure.
  private static func askingSmallFirst(_ input: JSON) -> JSON {
    guard case .object(var object) = input, object["model"] == nil, object["escalate"] == nil,
      object["role"] == nil || object["role"] == "worker"
    else { return input }
    object["role"] = "worker"
    object["escalate"] = "planner"
    return .object(object)
  }

  /// What was written as a text, if it was.
  private func value(_ json: JSON, at path: String, _ mistakes: inout [Mistake]) -> JSON {
    guard form.inputs == .text || json.stringValue?.hasPrefix("{") == true, let text = json.stringValue else {
      return json
    }
    if text.isEmpty { return [:] }
    if text.hasPrefix("step:") || text.hasPrefix("item:") { return json }
    do throws(JSONError) {
      return try JSON(parsing: text)
    } catch {
      mistakes.append(Mistake(path: path, name: "invalid_value", message: "this is no JSON text: \(error)"))
      return json
    }
  }

  private func condition(_ json: JSON, at path: String, _ mistakes: inout [Mistake]) -> JSON {
    let test = json["is"]?.stringValue ?? ""
    guard LargeSchema.tests.contains(test), let value = json["value"] else {
      mistakes.append(Mistake(path: path, name: "invalid_value", message: "a test needs 'value', 'is' and 'to'"))
      return json
    }
    let text = json["to"]?.stringValue ?? ""
    let operand: JSON
    switch test {
    case "exists": operand = .bool(text != "false")
    case "matches": operand = .string(text)
    // Safety: what is no JSON is a word.
    default: operand = (try? JSON(parsing: text)) ?? .string(text)
    }
    return ["value": value, test: operand]
  }

  func recipe(_ answer: JSON) throws(Undecided) -> RecipeMatch {
    let name = answer["recipe"]?.stringValue ?? ""
    guard let recipe = form.recipes.first(where: { $0.name == name }) else {
      throw Undecided(
        at: "/recipe",
        "invalid_value",
        "\(JSON.string(ShownText.line(name, limit: 100))) is none of the recipes"
      )
    }
    var mistakes: [Mistake] = []
    let given = value(answer["parameters"] ?? [:], at: "/parameters", &mistakes).replacing(form.files)
    if !mistakes.isEmpty { throw Undecided(mistakes, shown: answer) }
    guard let parameters = given.objectValue else {
      throw Undecided(at: "/parameters", "invalid_value", "'parameters' is \(given.typeName) where object is due")
    }
    mistakes = recipe.mistakes(in: parameters)
    if !mistakes.isEmpty { throw Undecided(mistakes, shown: ["recipe": .string(name), "parameters": given]) }
    return RecipeMatch(name: name, parameters: parameters)
  }
}
