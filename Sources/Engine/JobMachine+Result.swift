internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// What a job has to show when all its steps are done.
extension JobMachine {
  /// The job succeeds, if its result holds; otherwise another plan is asked for, or the job fails with its result kept.
  mutating func conclude(_ context: Context) {
    let result: JSON
    do throws(WireError) {
      result = try makeResult()
    } catch {
      let reason: JSON = [
        "name": .string(error.name.rawValue), "message": .string("final_synthesis: \(error.message)"),
      ]
      return end(.failed, "job.failed", reason, context)
    }
    let failed = unverified ?? plan.checks.compactMap { $0.failure(scope()) }
    guard let first = failed.first ?? (unverified == nil ? nil : "no reason was given") else {
      return end(.succeeded, "job.succeeded", nil, result: result, context)
    }
    if planAroundResult(failed, context) { return }
    let reason: JSON = [
      "name": "not_verified", "message": .string("the result does not hold: \(first)"),
      "data": ["reasons": .array(failed.map { .string($0) })],
    ]
    end(.failed, "job.failed", reason, result: result, context)
  }

  private mutating func makeResult() throws(WireError) -> JSON {
    var outputs: [(String, JSON)] = []
    for (index, step) in plan.steps.enumerated() where isEnd(index) {
      guard steps[index].unit.phase == .succeeded else { continue }
      let isWhole = named.contains(index) || assignment != nil
      outputs.append((step.id, (isWhole ? shown(index) : steps[index].output) ?? .null))
    }
    var result: JSONObject = ["outputs": .object(JSONObject(outputs))]
    if let text = try synthesis() { result["synthesis"] = .string(text) }
    if let assignment { result["stages"] = stages(assignment) }
    return .object(result)
  }

  /// Whether no step of the plan reads the output of this one.
  private func isEnd(_ step: Int) -> Bool {
    stage(step) == nil && plan.graph.dependents[step].allSatisfy { stage($0) != nil }
  }

  private func synthesis() throws(WireError) -> String? {
    if let written = stages(.synthesis).last, let text = steps[written].output?["text"]?.stringValue { return text }
    if let made = stages(.planning).last, steps[made].output?["decision"] == "answer" {
      return steps[made].output?["answer"]?.stringValue
    }
    let hidden = assignment == nil ? [] : Set(plan.steps.indices.filter { stage($0) != nil })
    return try plan.finalSynthesis?.promptTemplate.resolve(scope(), hiding: hidden)
  }

  /// Who did each part of the work.
  private func stages(_ assignment: Assignment) -> JSON {
    let plans = stages(.planning)
    var planning: JSONObject = [
      "mode": .string(assignment.route.mode.rawValue), "reason": .string(assignment.route.reason),
    ]
    if let last = plans.last, let output = steps[last].output {
      planning["by"] = output["by"]
      planning["decision"] = output["decision"]
      planning["recipe"] = output["recipe"]?["name"]
      planning["plans"] = .integer(Int64(plans.count))
      planning["tries"] = .integer(plans.reduce(0) { $0 + (steps[$1].output?["tries"]?.integerValue ?? 0) })
    }
    let own = plan.steps.indices.filter { stage($0) == nil }
    let workers = Set(own.compactMap { tools[plan.steps[$0].tool]?.worker }).sorted()
    let execution: JSONObject = [
      "steps": .integer(Int64(own.count)),
      "succeeded": .integer(Int64(own.count { steps[$0].unit.phase == .succeeded })),
      "workers": .array(workers.map { .string($0) }),
    ]
    var verification: JSONObject = ["checks": .integer(Int64(plan.checks.count))]
    if let last = stages(.verification).last, let output = steps[last].output {
      for member in ["verdict", "reasons", "by"] { verification[member] = output[member] }
    } else if let last = stages(.verification).last, steps[last].unit.phase == .failed {
      verification["verdict"] = "unjudged"
      verification["reasons"] = [.string("the verifier could not be asked: step '\(plan.steps[last].id)' says why")]
    }
    return ["planning": .object(planning), "execution": .object(execution), "verification": .object(verification)]
  }
}
