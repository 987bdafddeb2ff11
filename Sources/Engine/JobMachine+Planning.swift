internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// A job that began with a request: what its planning steps bring becomes steps of the same job.
///
/// Theory of operation. The plan only ever grows at its end, in the journal entry of the planning step's result, so that
/// after a crash the job is either before or behind it. A failed step does not end the job while plans may be made: what
/// can still run runs, then another planning step is asked for steps in the place of those that did not succeed.
extension JobMachine {
  /// Plans that are made for one request at most, the first included.
  package static let planningLimit = 4

  func stage(_ step: Int) -> Stage? { assignment == nil ? nil : Stage(id: plan.steps[step].id) }

  func stages(_ stage: Stage) -> [Int] { plan.steps.indices.filter { self.stage($0) == stage } }

  /// Who made the last plan: `kind`, `provider`, `model`.
  private var planner: JSON? { stages(.planning).last.flatMap { steps[$0].output?["by"] } }

  /// Whether a failure may lead to another plan. What was chosen without a model would be chosen again.
  var mayPlanAgain: Bool {
    assignment != nil && stages(.planning).count < Self.planningLimit && planner?["model"] != nil
  }

  /// A stage's step has brought its output.
  mutating func stageSucceeded(_ step: Int, _ output: JSON, _ context: Context) {
    switch stage(step) {
    case .planning?: planned(step, output, context)
    case .verification? where output["verdict"] == "does_not":
      unverified = (output["reasons"]?.arrayValue ?? []).compactMap(\.stringValue)
    default: break
    }
  }

  // MARK: A plan

  private mutating func planned(_ step: Int, _ output: JSON, _ context: Context) {
    switch output["decision"]?.stringValue {
    case "plan": grow(output["plan"] ?? .null, step, isGiven: false, context)
    case "recipe":
      let object = output["recipe"]?.objectValue ?? JSONObject()
      do throws(WireError) {
        grow(try context.recipe(try RecipeChoice.decode(object)), step, isGiven: true, context)
      } catch {
        let violations = error.data["violations"]?.arrayValue ?? []
        let mistakes = violations.map { violation in
          let place = violation["path"]?.stringValue ?? ""
          return PlanMistake(
            path: "/recipe/parameters\(place)",
            name: error.name.rawValue,
            message: violation["message"]?.stringValue ?? error.message
          )
        }
        let whole = PlanMistake(path: "/recipe", name: error.name.rawValue, message: error.message)
        refuse(output, mistakes.isEmpty ? [whole] : mistakes, step, context)
      }
    case "answer": record("job.answered", context, step: StepKey(step), data: ["by": output["by"] ?? .null])
    default:
      let reason = output["reason"]?.stringValue ?? "the planner gave no reason"
      stop(.failure(step: step, WireError(.noPlan, "no plan can be made for the request: \(reason)")), context)
    }
  }

  /// Takes the steps of `made` into the job. What a recipe says was given by the operator; a planner's own plan may ask
  /// for no privileges.
  private mutating func grow(_ made: JSON, _ step: Int, isGiven: Bool, _ context: Context) {
    let output = steps[step].output ?? .null
    let files = Dictionary((assignment?.request.files ?? []).map { ($0.name, $0) }) { first, _ in first }
    let made = made.naming(files)
    let added = made["steps"]?.arrayValue ?? []
    var mistakes = isGiven ? [] : Self.privileges(added)
    for (i, element) in added.enumerated() {
      guard let id = element["id"]?.stringValue, Stage(id: id) != nil else { continue }
      mistakes.append(
        PlanMistake(path: "/steps/\(i)/id", name: "duplicate_id", message: "'\(id)' is the name of a stage of the job")
      )
    }
    if added.isEmpty {
      mistakes.append(PlanMistake(path: "/steps", name: "missing_member", message: "the plan has no steps"))
    }
    guard mistakes.isEmpty else { return refuse(output, mistakes, step, context) }
    let first = plan.steps.count
    do throws(Refusal) {
      let plan = try extended(added, made, context)
      let ends = try extended(
        added + closing(plan, from: self.plan.steps.count, isGiven: isGiven, context),
        made,
        context
      )
      take(ends, context)
    } catch {
      return refuse(output, error.mistakes, step, context)
    }
    let grown = self.added(from: first)
    record(
      "job.planned",
      context,
      step: StepKey(step),
      data: [
        "steps": .integer(Int64(added.count)), "by": output["by"] ?? .null,
        "recipe": output["recipe"]?["name"] ?? .null,
        "added": grown,
      ]
    )
  }

  /// The steps that the job has grown by, for those who watch it.
  private func added(from first: Int) -> JSON {
    .array(
      plan.steps.indices.dropFirst(first).map { index in
        [
          "id": .string(plan.steps[index].id), "tool": .string(plan.steps[index].tool),
          "depends_on": .array(plan.steps[index].dependsOn.map { .string(plan.steps[$0].id) }),
        ]
      }
    )
  }

  private struct Refusal: Error { let mistakes: [PlanMistake] }

  private static func privileges(_ steps: [JSON]) -> [PlanMistake] {
    steps.enumerated().flatMap { i, step in
      ["needs", "limits"].filter { step[$0] != nil }.map { member in
        PlanMistake(
          path: "/steps/\(i)/\(member)",
          name: "privileges_not_granted",
          message: "a planned step cannot ask for '\(member)': nobody has granted it"
        )
      }
    }
  }

  /// The plan with further steps, and the end that `made` says; mistakes are told by their places in `made`.
  private func extended(_ added: [JSON], _ made: JSON, _ context: Context) throws(Refusal) -> Plan {
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
    let mistakes = context.check(grown).compactMap { $0.moved(by: first) }
    guard mistakes.isEmpty else { throw Refusal(mistakes: mistakes) }
    return grown
  }

  /// The steps behind those of a plan: one in which a model writes the answer, one in which it is judged.
  private func closing(_ plan: Plan, from first: Int, isGiven: Bool, _ context: Context) -> [JSON] {
    guard let assignment else { return [] }
    let ends = plan.steps.indices.filter { step in
      step >= first && plan.graph.dependents[step].isEmpty
    }.map { plan.steps[$0].id }
    let text = Template.literal(.string(assignment.request.text))
    let dependsOn = JSON.array(ends.map { .string($0) })
    let n = stages(.planning).count
    var closing: [JSON] = []
    var answer = JSON.string("")
    if let synthesis = plan.finalSynthesis {
      answer = .string(synthesis.promptTemplate.inputText(standingFor: ends))
      if let role = synthesis.role, context.offer(Stage.synthesis.tool) != nil {
        closing.append([
          "id": .string(Stage.synthesis.id(n)), "tool": .string(Stage.synthesis.tool), "depends_on": dependsOn,
          "input": ["request": text, "prompt": answer, "role": .string(role)],
        ])
        answer = .string("step:\(Stage.synthesis.id(n))#/text")
      }
    }
    if assignment.route.mode == .hybrid, !isGiven, context.offer(Stage.verification.tool) != nil {
      let outputs = JSON.object(JSONObject(ends.map { ($0, .string("step:\($0)")) }))
      closing.append([
        "id": .string(Stage.verification.id(n)), "tool": .string(Stage.verification.tool), "depends_on": dependsOn,
        "input": ["request": text, "answer": answer, "outputs": outputs], "on_failure": "continue",
      ])
    }
    return closing
  }

  /// `grown` begins with the steps that there are.
  private mutating func take(_ grown: Plan, _ context: Context) {
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
    var update = JobUpdate(seq: seq, state: state, generation: generation)
    update.reason = reason?.description
    update.spec = spec.text
    update.stepCount = Int64(grown.steps.count)
    write(.updateJob(update))
  }

  // MARK: Another plan

  /// The coordinator cannot run what was made: the planner is told why, or the job ends with it.
  private mutating func refuse(_ output: JSON, _ mistakes: [PlanMistake], _ step: Int, _ context: Context) {
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
    guard let step = failures.first, mayPlanAgain else { return false }
    let error = failureErrors[step] ?? WireError(.toolFailed, "it failed")
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
      take(try extended([step], [:], context), context)
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

extension WireError.Name {
  /// The planner says that the request cannot be served.
  static let noPlan = Self(rawValue: "no_plan")
}

extension Assignment {
  /// What the first step of the job is given.
  func planningInput(attempt: Int) -> JSONObject {
    var writer = JSONWriter()
    writer.object(request)
    let request = (try? JSON(parsing: writer.finish())) ?? .null  // Safety: the writer's own output is JSON.
    return [
      "request": Template.literal(request), "role": route.mode == .system ? "executor" : "planner",
      "attempt": .integer(Int64(attempt)),
    ]
  }
}
