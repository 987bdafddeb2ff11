internal import Engine
internal import JSON
internal import Plan
internal import Supervision
internal import Wire

/// What is wrong with a plan before anything of it runs.
extension Jobs {
  /// Mistakes of a plan against today's catalog; a decoded plan when there are none.
  /// Nobody writes the answer of a plan that was not made for a request (`isPlanned`).
  func check(_ source: JSON, isPlanned: Bool = false) -> (plan: Plan?, mistakes: [PlanMistake]) {
    do throws(PlanErrors) {
      let plan = try Plan(decoding: source)
      var mistakes = mistakes(of: plan)
      if !isPlanned, plan.finalSynthesis?.role != nil {
        mistakes.append(
          PlanMistake(
            path: "/final_synthesis/role",
            name: PlanError.Name.invalidValue.rawValue,
            message: "a model writes the answer of a request alone: without 'role' the text is the answer"
          )
        )
      }
      return mistakes.isEmpty ? (plan, []) : (nil, mistakes)
    } catch {
      return (nil, error.errors.map { PlanMistake($0) } + unknownTools(source))
    }
  }

  func mistakes(of plan: Plan) -> [PlanMistake] {
    let errors =
      plan.check(
        { [supervisor] name in supervisor.catalog[name].map(PlanTool.init) },
        knownTools: Array(supervisor.catalog.keys)
      )
      + refusedHosts(plan) + refusedTools(plan)
    return errors.map { error in
      var mistake = PlanMistake(error)
      guard error.name == .unknownTool, let tool = plan.tool(at: error.path),
        let withheld = supervisor.refusal(ofWithheld: tool)
      else { return mistake }
      mistake.name = withheld.name.rawValue
      mistake.message = withheld.message
      return mistake
    }
  }

  /// Of a plan that cannot be read as a whole: what can be said of its tools all the same.
  private func unknownTools(_ source: JSON) -> [PlanMistake] {
    let known = Array(supervisor.catalog.keys)
    var mistakes: [PlanMistake] = []
    for (index, step) in (source["steps"]?.arrayValue ?? []).enumerated() where mistakes.count < PlanLimit.errors {
      guard let tool = step["tool"]?.stringValue, supervisor.catalog[tool] == nil else { continue }
      // Its worker is about to offer it.
      if supervisor.kindPromising(tool) != nil { continue }
      if let withheld = supervisor.refusal(ofWithheld: tool) {
        mistakes.append(
          PlanMistake(path: "/steps/\(index)/tool", name: withheld.name.rawValue, message: withheld.message)
        )
        continue
      }
      let hint = nearest(to: tool, among: known).map { " (did you mean '\($0)'?)" } ?? ""
      let message = "no worker offers the tool \(quoted(tool))\(hint)"
      mistakes.append(
        PlanMistake(path: "/steps/\(index)/tool", name: PlanError.Name.unknownTool.rawValue, message: message)
      )
    }
    return mistakes
  }

  /// A jailed run reaches hosts by a worker that offers a tunnel: without one, what it could not be given is refused
  /// before anything starts.
  private func refusedHosts(_ plan: Plan) -> [PlanError] {
    plan.steps.enumerated().compactMap { index, step in
      guard let needs = step.needs, !needs.hosts.isEmpty, let kind = supervisor.catalog[step.tool]?.kind,
        kind.manifest.permissions.jails, !supervisor.canGrantHosts(to: kind)
      else { return nil }
      return PlanError(
        path: "/steps/\(index)/needs/hosts",
        name: .invalidValue,
        message: "no worker offers the runs of tool '\(step.tool)' a tunnel: hosts cannot be granted to it"
      )
    }
  }

  /// Tools that only some workers may call.
  private func refusedTools(_ plan: Plan) -> [PlanError] {
    plan.steps.enumerated().compactMap { index, step in
      guard let refusal = supervisor.catalog[step.tool]?.refusal(ofCaller: nil) else { return nil }
      return PlanError(path: "/steps/\(index)/tool", name: .invalidValue, message: refusal.message)
    }
  }

  /// Whether a worker that has not answered yet may offer what is missing.
  func mayBeOfferedSoon(_ mistakes: [PlanMistake]) -> Bool {
    mistakes.contains { $0.name == PlanError.Name.unknownTool.rawValue }
      && supervisor.kinds.values.contains { $0.isStarting }
  }
}

extension Plan {
  /// Of the step whose member `tool` is at `path`.
  fileprivate func tool(at path: String) -> String? {
    let parts = path.split(separator: "/")
    guard parts.count == 3, parts[0] == "steps", parts[2] == "tool", let index = Int(parts[1]) else { return nil }
    return steps.indices.contains(index) ? steps[index].tool : nil
  }
}

extension PlanTool {
  init(_ entry: CatalogEntry) { self.init(inputSchema: entry.input, outputSchema: entry.output) }
}
