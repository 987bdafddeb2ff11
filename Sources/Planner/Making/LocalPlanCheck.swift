internal import JSON
internal import Plan
internal import Policy
internal import Wire

/// What can be told of a plan with the catalog at hand, before the coordinator is asked: its structure, its tools, its
/// inputs and references; in an amendment those to steps that are done, too.
struct LocalPlanCheck {
  let catalog: ToolCatalog
  let input: PlanningInput

  /// Every mistake; empty: none was found.
  func mistakes(in plan: JSON) -> [Mistake] {
    let steps = plan["steps"]?.arrayValue ?? []
    var mistakes: [Mistake] = []
    for (index, step) in steps.enumerated() {
      guard let id = step["id"]?.stringValue else { continue }
      if input.takenIDs.contains(id) || PlanningInput.isStage(id) {
        let why = input.takenIDs.contains(id) ? "was had by an earlier step" : "is reserved"
        mistakes.append(
          Mistake(
            path: "/steps/\(index)/id",
            name: "duplicate_id",
            message: "the id \(quoted(id)) \(why): choose another"
          )
        )
      }
      files(in: step["input"] ?? [:], "/steps/\(index)/input", &mistakes)
    }
    guard mistakes.isEmpty else { return mistakes }
    return structure(plan) + unusedFiles(steps)
  }

  /// A first plan in which no step takes any of the files cannot serve the request that they came with.
  private func unusedFiles(_ steps: [JSON]) -> [Mistake] {
    let files = input.request.files
    guard !files.isEmpty, !steps.isEmpty, input.done.isEmpty, !steps.contains(where: usesFile) else { return [] }
    let names = files.map(\.reference).joined(separator: ", ")
    let what = files.count == 1 ? "the request's file" : "any of the request's files"
    return [Mistake(path: "/steps", name: "unused_file", message: "no step takes \(what): \(names)")]
  }

  private func usesFile(_ value: JSON) -> Bool {
    switch value {
    case .string(let text): input.request.files.contains { $0.reference == text }
    case .array(let elements): elements.contains(where: usesFile)
    case .object(let object): object.members.contains { usesFile($0.value) }
    default: false
    }
  }

  /// `file:NAME` without such a file.
  private func files(in value: JSON, _ path: String, _ mistakes: inout [Mistake]) {
    switch value {
    case .string(let text):
      guard text.hasPrefix("file:"), !input.request.files.contains(where: { $0.reference == text }) else { return }
      let known = input.request.files.map { $0.reference }.joined(separator: ", ")
      let hint = known.isEmpty ? "the request has no files" : "its files are \(known)"
      mistakes.append(
        Mistake(path: path, name: "dangling_reference", message: "\(quoted(text)) names no file: \(hint)")
      )
    case .array(let elements):
      for (index, element) in elements.enumerated() { files(in: element, "\(path)/\(index)", &mistakes) }
    case .object(let object):
      for member in object.members { files(in: member.value, path + JSONPointer([member.key]).description, &mistakes) }
    default: break
    }
  }

  private func structure(_ plan: JSON) -> [Mistake] {
    do throws(PlanErrors) {
      let decoded = try Plan(decoding: whole(plan))
      let names = catalog.tools.map(\.name)
      let errors = decoded.check({ name in catalog.tool(name).flatMap(Self.compiled) }, knownTools: names)
      return own(errors.map(Mistake.init) + notGranted(decoded), of: plan)
    } catch {
      return own(error.errors.map(Mistake.init), of: plan)
    }
  }

  /// What steps ask for beyond what the request grants.
  private func notGranted(_ plan: Plan) -> [Mistake] {
    plan.steps.enumerated().flatMap { index, step in
      (step.needs?.beyond(input.request.needs ?? Needs()) ?? []).map { excess in
        Mistake(path: "/steps/\(index)/needs\(excess.path)", name: "privileges_not_granted", message: excess.message)
      }
    }
  }

  /// The plan as a checker takes it: with its files in place, and the steps that are done behind the new ones, so that
  /// references to them hold and paths are those of the plan.
  func whole(_ plan: JSON) -> JSON {
    guard var object = plan.replacing(input.request.files).objectValue, let steps = object["steps"]?.arrayValue else {
      return plan
    }
    let done = input.done.map { step -> JSON in
      var stub: JSONObject = ["id": .string(step.id), "tool": .string(step.tool)]
      if step.isList { stub["for_each"] = ["in": []] }
      return .object(stub)
    }
    object["steps"] = .array(steps + done)
    return .object(object)
  }

  /// Without those of the steps that are done, whose inputs are not here.
  func own(_ mistakes: [Mistake], of plan: JSON) -> [Mistake] {
    let count = plan["steps"]?.arrayValue?.count ?? 0
    return mistakes.filter { mistake in
      let parts = mistake.path.split(separator: "/")
      guard parts.count > 1, parts[0] == "steps", let index = Int(parts[1]) else { return true }
      return index < count
    }
  }

  /// nil: a tool whose schema cannot be used is as good as none.
  private static func compiled(_ tool: CatalogTool) -> PlanTool? {
    do throws(JSONSchemaError) {
      let input = try JSONSchema(tool.input)
      guard let output = tool.output else { return PlanTool(inputSchema: input) }
      return PlanTool(inputSchema: input, outputSchema: try JSONSchema(output))
    } catch {
      return nil
    }
  }
}

extension Mistake {
  fileprivate init(_ error: PlanError) {
    self.init(path: error.path, name: error.name.rawValue, message: error.message)
  }
}
