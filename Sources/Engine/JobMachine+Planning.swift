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

  /// Takes the steps of `made` into the job. What a recipe says was given by the operator (`isGiven`); a planner's own plan
  /// may ask for the privileges that its request grants.
  private mutating func grow(_ made: JSON, _ step: Int, isGiven: Bool, _ context: Context) {
    let output = steps[step].output ?? .null
    let files = Dictionary((assignment?.request.files ?? []).map { ($0.name, $0) }) { first, _ in first }
    let made = made.naming(files)
    let added = made["steps"]?.arrayValue ?? []
    var mistakes: [PlanMistake] = []
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
      let plan = try extended(added, made, isGiven: isGiven, context)
      let ends = try extended(
        added + closing(plan, from: self.plan.steps.count, isGiven: isGiven, context),
        made,
        isGiven: isGiven,
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
