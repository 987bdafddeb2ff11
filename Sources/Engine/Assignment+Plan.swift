package import JSON
internal import Plan
internal import Wire

extension Assignment {
  /// The plan that a job begins with: a step that plans, or one in which a model answers.
  package var firstPlan: JSON {
    let title = request.text.prefix(while: { $0 != "\n" })
    var plan: JSONObject = ["description": .string(String(decoding: title.utf8.prefix(200), as: UTF8.self))]
    guard route.mode == .direct else {
      let step: JSON = [
        "id": .string(Stage.planning.id(1)), "tool": .string(Stage.planning.tool),
        "input": .object(planningInput(attempt: 1)), "timeout_ms": .integer(Stage.planningMS),
      ]
      plan["steps"] = [step]
      return .object(plan)
    }
    var text = request.text
    if request.context.count > 0 { text += "\n\nContext: \(JSON.object(request.context))" }
    var input: JSONObject = ["prompt": Template.literal(.string(text)), "role": "planner"]
    let images = request.files.filter { $0.mediaType.hasPrefix("image/") }
    if !images.isEmpty {
      input["images"] = .array(
        images.map { ["artifact": .string($0.sha256), "media_type": .string($0.mediaType)] }
      )
    }
    plan["steps"] = [["id": "answer", "tool": "model", "input": .object(input)]]
    plan["final_synthesis"] = ["prompt_template": "{{step:answer#/content}}"]
    return .object(plan)
  }
}
