internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// Another plan, where the last one could not be run, a step of it failed, or its result does not do.
extension JobMachine {
  /// The coordinator cannot run what was made: the planner is told why, or the job ends with it.
  mutating func refuse(_ output: JSON, _ mistakes: [PlanMistake], _ step: Int, _ context: Context) {
    let listed = JSON.array(mistakes.map(\.json))
    record("job.plan_refused", context, step: StepKey(step), data: ["mistakes": listed])
    guard mayPlanAgain else {
      let first = mistakes.first?.message ?? ""
      let error = WireError(
        .invalidPlan,
        "what was planned for the request cannot be run: \(first)",
        data: ["mistakes": listed]
      )
      return stop(.failure(step: step, error), context)
    }
    let plan: JSON = output["plan"] ?? output["recipe"] ?? .null
    planAgain(["refused": ["plan": plan, "mistakes": listed]], context)
  }

  /// All that could run has run. Asks for another plan if something failed; false: this is the end.
  mutating func planAroundFailures(_ context: Context) -> Bool {
    guard let step = failures.first else { return false }
    let error = failureErrors[step] ?? WireError(.toolFailed, "it failed")
    guard mayPlanAgain else {
      stop(.failure(step: step, error), context)
      return false
    }
    let what: JSON = [
      "step": .string(plan.steps[step].id), "tool": .string(plan.steps[step].tool), "error": error.bounded.json,
    ]
    assignment?.replaced += failures.map { plan.steps[$0].id }
    failures = []
    failureErrors = [:]
    planAgain(["failed": what], context)
    return true
  }

  /// The result is there, and does not do.
  mutating func planAroundResult(_ reasons: [String], _ context: Context) -> Bool {
    guard mayPlanAgain else { return false }
    unverified = nil
    planAgain(["unverified": ["reasons": .array(reasons.map { .string($0) })]], context)
    return true
  }

  private mutating func planAgain(_ why: JSON, _ context: Context) {
    guard let assignment else { return }
    let n = stages(.planning).count + 1
    let done = plan.steps.indices.filter { stage($0) == nil && steps[$0].unit.phase == .succeeded }
    var input = assignment.planningInput(attempt: n)
    input["taken_ids"] = .array(plan.steps.map { .string($0.id) })
    input["done"] = .array(
      done.map { index in
        let step = plan.steps[index]
        var known: JSONObject = ["id": .string(step.id), "tool": .string(step.tool)]
        if step.forEach != nil { known["list"] = true }
        return .object(known)
      }
    )
    for member in why.objectValue?.members ?? [] { input[member.key] = Template.literal(member.value) }
    let step: JSON = [
      "id": .string(Stage.planning.id(n)), "tool": .string(Stage.planning.tool), "input": .object(input),
      "timeout_ms": .integer(Stage.planningMS),
    ]
    do throws(Refusal) {
      let first = plan.steps.count
      take(try extended([step], [:], isGiven: true, context), context)
      let what: JSON = ["because": why.objectValue?.members.first.map { .string($0.key) } ?? .null]
      let added = added(from: first)
      record("job.replanned", context, step: StepKey(first), data: what.adding("added", added))
    } catch {
      let message = error.mistakes.first?.message ?? ""
      stop(.failure(step: 0, WireError(.invalidPlan, "another plan cannot be asked for: \(message)")), context)
    }
  }
}

extension JSON {
  fileprivate func adding(_ key: String, _ value: JSON) -> JSON {
    guard case .object(var object) = self else { return self }
    object[key] = value
    return .object(object)
  }
}
