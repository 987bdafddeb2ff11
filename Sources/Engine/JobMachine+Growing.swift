internal import JSON
internal import Journal
internal import Plan
internal import Policy
internal import Wire

/// How the plan of a job becomes longer while the job runs.
extension JobMachine {
  /// Why what was planned cannot be run.
  struct Refusal: Error { let mistakes: [PlanMistake] }

  /// The plan with further steps, and the end that `made` says; mistakes are told by their places in `made`. Steps that
  /// the operator gave (`isGiven`) have the privileges that they say.
  func extended(_ added: [JSON], _ made: JSON, isGiven: Bool, _ context: Context) throws(Refusal) -> Plan {
    guard case .object(var source) = plan.source else { return plan }
    source["steps"] = .array((source["steps"]?.arrayValue ?? []) + added)
    for member in ["checks", "final_synthesis"] { source[member] = made[member] ?? source[member] }
    let first = plan.steps.count
    let grown: Plan
    do throws(PlanErrors) {
      grown = try Plan(decoding: .object(source))
    } catch {
      throw Refusal(mistakes: error.errors.map { PlanMistake($0) }.map { $0.moved(by: first) ?? $0 })
    }
    // What is wrong with the steps before is no fault of these.
    let mistakes =
      context.check(grown).compactMap { $0.moved(by: first) } + builtOnFailures(grown, from: first)
      + toolsNotNamed(grown, from: first) + (isGiven ? [] : privilegesNotGranted(grown, from: first))
    guard mistakes.isEmpty else { throw Refusal(mistakes: mistakes) }
    return grown
  }

  /// Tools beside those that the request permits; the job's own stages need none of its permission.
  private func toolsNotNamed(_ grown: Plan, from first: Int) -> [PlanMistake] {
    guard let named = assignment?.request.tools else { return [] }
    return (first..<grown.steps.count).compactMap { step in
      let tool = grown.steps[step].tool
      if named.contains(tool) || Stage(id: grown.steps[step].id) != nil { return nil }
      return PlanMistake(
        path: "/steps/\(step - first)/tool",
        name: "tool_not_named",
        message: "tool '\(tool)' is not among those that the request names"
      )
    }
  }

  /// What planned steps ask for beyond what the request grants, so that whoever planned them can ask for less.
  private func privilegesNotGranted(_ grown: Plan, from first: Int) -> [PlanMistake] {
    var mistakes: [PlanMistake] = []
    for index in first..<grown.steps.count where mistakes.count < PlanLimit.errors {
      let step = grown.steps[index]
      func refuse(_ member: String, _ message: String) {
        mistakes.append(
          PlanMistake(path: "/steps/\(index - first)/\(member)", name: "privileges_not_granted", message: message)
        )
      }
      if step.limits != nil { refuse("limits", "a planned step cannot ask for 'limits': nobody has granted it") }
      guard let needs = step.needs else { continue }
      guard let ceiling = assignment?.request.needs else {
        refuse("needs", "a planned step cannot ask for 'needs': nobody has granted it")
        continue
      }
      for excess in needs.beyond(ceiling) { refuse("needs\(excess.path)", excess.message) }
    }
    return Array(mistakes.prefix(PlanLimit.errors))
  }

  /// Steps that would be skipped, since what they need did not succeed.
  private func builtOnFailures(_ grown: Plan, from first: Int) -> [PlanMistake] {
    (first..<grown.steps.count).flatMap { step in
      grown.graph.dependencies[step].filter { $0 < first && steps[$0].skip == .failure }.map { failed in
        PlanMistake(
          path: "/steps/\(step - first)",
          name: "dangling_reference",
          message: "step '\(grown.steps[step].id)' needs '\(grown.steps[failed].id)', which did not succeed"
        )
      }
    }
  }

  /// `grown` begins with the steps that there are.
  mutating func take(_ grown: Plan, _ context: Context) {
    let first = plan.steps.count
    plan = grown
    named = Self.named(grown)
    for step in first..<grown.steps.count {
      let open = grown.graph.dependencies[step].count { $0 >= first || !steps[$0].unit.phase.isFinal }
      steps.append(StepStatus(missing: open, readers: grown.graph.dependents[step].count))
      for dependency in grown.graph.dependencies[step] where dependency < first { steps[dependency].readers += 1 }
      if open == 0 { pendingReady.append(step) }
      let tool = grown.steps[step].tool
      if tools[tool] == nil { tools[tool] = context.offer(tool)?.terms }
    }
    unfinished += grown.steps.count - first
    parts.append(first)
    var update = JobUpdate(seq: seq, state: state, generation: generation)
    update.reason = reason?.description
    update.spec = spec.text
    update.stepCount = Int64(grown.steps.count)
    write(.updateJob(update))
    hold([first..<grown.steps.count], context)
  }

  /// The steps that the job has grown by, for those who watch it.
  func added(from first: Int) -> JSON {
    .array(
      plan.steps.indices.dropFirst(first).map { index in
        [
          "id": .string(plan.steps[index].id), "tool": .string(plan.steps[index].tool),
          "depends_on": .array(plan.steps[index].dependsOn.map { .string(plan.steps[$0].id) }),
        ]
      }
    )
  }
}
