internal import JSON
internal import Models
internal import Wire

/// Asks one model for one plan, until it has no mistakes or there is no use in asking again.
struct PlanAsker {
  let settings: PlannerSettings
  let services: PlannerServices
  let input: PlanningInput
  let role: String
  let profile: ModelProfile
  let models: ConfiguredModels
  /// All tools that plans may use, and those that are offered.
  let known: ToolCatalog
  let tools: ToolCatalog
  let recipes: [Recipe]

  /// Reasons of the tool `model` that say how a model answered: it may do better when asked again.
  private static let badAnswers: Set<String> = [
    "schema_mismatch", "not_json", "empty_reply", "malformed_reply", "malformed_tool_call",
  ]

  private struct Refusal {
    var shown: JSON?
    var mistakes: [Mistake]
  }

  func ask() async throws -> JSON {
    var mode = InputMode(kind: profile.kind)
    var form = makeForm(mode)
    var prompt = makePrompt(form, mode)
    var refusal = input.refused.map { Refusal(shown: $0.plan, mistakes: $0.mistakes) }
    var seen = Set(refusal?.shown.map { [$0] } ?? [])
    var tried: [[Mistake]] = []
    var stopped = "tries"
    while tried.count < settings.tries {
      try Task.checkCancellation()
      let answer: PlannerServices.Answer
      let mended = refusal.map { refusal in
        ", the last plan had \(refusal.mistakes.count == 1 ? "a mistake" : "\(refusal.mistakes.count) mistakes")"
      }
      services.notice(
        "asking the role '\(role)' for a plan (try \(tried.count + 1) of \(settings.tries)\(mended ?? ""))"
      )
      do {
        answer = try await services.ask(question(prompt, form, refusal, number: tried.count + 1))
      } catch let error as WireError {
        let reason = error.data["reason"]?.stringValue ?? ""
        if reason == "invalid_request", !(form is LargeForm && mode == .free) {
          // Some servers refuse a schema that others take: the plainest of all is left.
          services.notice("the schema was refused, a plainer one is tried: \(error.message)")
          mode = .free
          form = makeForm(mode, isPlain: true)
          prompt = makePrompt(form, mode)
          continue
        }
        guard Self.badAnswers.contains(reason) else { throw error }
        refusal = Refusal(mistakes: [Mistake(path: "", name: "no_json", message: error.message)])
        tried.append(refusal?.mistakes ?? [])
        continue
      }
      let shown: JSON
      do throws(Undecided) {
        let decision = try form.read(answer.value ?? .string(answer.text))
        guard case .plan(let plan) = decision else {
          return output(decision, by: answer, tries: tried.count + 1, prompt)
        }
        shown = plan
      } catch {
        refusal = Refusal(shown: error.shown, mistakes: error.mistakes)
        tried.append(error.mistakes)
        if let shown = error.shown, !seen.insert(shown).inserted {
          stopped = "same_plan"
          break
        }
        continue
      }
      let mistakes = try await mistakes(in: shown)
      if mistakes.isEmpty { return output(.plan(shown), by: answer, tries: tried.count + 1, prompt) }
      refusal = Refusal(shown: shown, mistakes: mistakes)
      tried.append(mistakes)
      if !seen.insert(shown).inserted {
        stopped = "same_plan"
        break
      }
    }
    throw noPlan(tried, stopped)
  }

  private func makeForm(_ mode: InputMode, isPlain: Bool = false) -> any PlanForm {
    if profile.size == .small, !isPlain {
      return SmallForm(
        tools: tools.tools,
        knownTools: input.done.compactMap { known.tool($0.tool) },
        files: input.request.files,
        done: input.done.map(\.id),
        taken: input.takenIDs,
        steps: settings.smallSteps,
        writer: settings.writer,
        needs: input.request.needs
      )
    }
    return LargeForm(
      tools: tools.tools,
      recipes: recipes,
      files: input.request.files,
      inputs: mode,
      isAmendment: input.isAmendment,
      writer: settings.writer,
      needs: input.request.needs
    )
  }

  private func makePrompt(_ form: any PlanForm, _ mode: InputMode) -> PlanPrompt {
    PlanPrompt(input, tools: tools, recipes: recipes, known: known, form: form, tellsSchema: mode != .typed)
  }

  private func question(
    _ prompt: PlanPrompt,
    _ form: any PlanForm,
    _ refusal: Refusal?,
    number: Int
  ) -> PlannerServices.Question {
    let repair = refusal.map { "\n\n" + PlanPrompt.repair($0.shown, $0.mistakes) } ?? ""
    let isSmall = profile.size == .small
    return PlannerServices.Question(
      role: role,
      system: prompt.system,
      prompt: prompt.prompt + repair,
      schema: form.schema,
      maxTokens: isSmall ? 1_024 : settings.maxTokens,
      // A small model left cold says the same again.
      temperature: isSmall ? (number == 1 ? 0 : 0.7) : nil
    )
  }

  private func mistakes(in plan: JSON) async throws -> [Mistake] {
    let check = LocalPlanCheck(catalog: allowed, input: input)
    let mistakes = check.mistakes(in: plan)
    if !mistakes.isEmpty { return mistakes }
    return check.own(try await services.check(check.whole(plan)), of: plan)
  }

  /// Also tools that were not shown: a model may know them from an earlier plan.
  private var allowed: ToolCatalog {
    guard let names = input.request.tools else { return known }
    let done = Set(input.done.map(\.tool))
    return known.keeping { names.contains($0.name) || done.contains($0.name) }
  }

  private func output(_ decision: Decision, by answer: PlannerServices.Answer, tries: Int, _ prompt: PlanPrompt) -> JSON
  {
    // Another of the role's chain may have answered.
    let other =
      answer.provider == profile.provider ? nil : models.profile(provider: answer.provider, model: answer.model)
    let size = other.map { settings.sized($0, role: role).size } ?? profile.size
    var output: JSONObject = [
      "by": [
        "kind": size == .large ? "large_model" : "small_model", "provider": .string(answer.provider),
        "model": .string(answer.model),
      ],
      "tries": .integer(Int64(tries)), "tokens": prompt.tokens.json,
    ]
    switch decision {
    case .plan(let plan):
      output["decision"] = "plan"
      output["plan"] = plan
    case .recipe(let match):
      output["decision"] = "recipe"
      output["recipe"] = match.json
    case .answer(let text):
      output["decision"] = "answer"
      output["answer"] = .string(text)
    case .impossible(let reason):
      output["decision"] = "impossible"
      output["reason"] = .string(reason)
    }
    return .object(output)
  }

  private func noPlan(_ tried: [[Mistake]], _ stopped: String) -> WireError {
    let last = tried.last?.first.map { ": \(ShownText.line($0.message, limit: 400))" } ?? ""
    let count = tried.count == 1 ? "1 try" : "\(tried.count) tries"
    let why = stopped == "same_plan" ? ", the last of which was the same plan again" : ""
    return WireError(
      .toolFailed,
      "no plan without mistakes in \(count)\(why)\(last)",
      data: [
        "reason": "no_plan", "stopped": .string(stopped),
        "tries": .array(tried.map { ["mistakes": .array($0.prefix(Mistake.shown).map(\.json))] }),
      ]
    )
  }
}
