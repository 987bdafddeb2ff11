package import JSON
internal import Wire

/// A plan: steps, each a call of a tool, that use each other's outputs. Its format is `protocol/plan.md`.
package struct Plan: Sendable {
  package let requestID: String?
  package let description: String?
  package let steps: [Step]
  package let finalSynthesis: FinalSynthesis?
  /// What must hold of the outputs at the end.
  package let checks: [ResultCheck]
  package let graph: PlanGraph
  /// As it was submitted.
  package let source: JSON

  /// Reads a plan and checks all that can be told without tools: structure, references, cycles. Throws every mistake at
  /// once.
  package init(decoding source: JSON) throws(PlanErrors) {
    var reader = PlanReader()
    let draft = reader.plan(source)
    var steps = draft.steps
    let graph = PlanGraph(dependencies: steps.map(\.dependsOn))
    if graph.hasCycle { reader.refuseCycles(graph) }
    guard reader.errors.isEmpty else { throw PlanErrors(errors: reader.errors.listed) }
    // The plan and its graph share the lists.
    for i in steps.indices { steps[i].dependsOn = graph.dependencies[i] }
    requestID = draft.requestID
    description = draft.description
    finalSynthesis = draft.finalSynthesis
    checks = draft.checks
    self.steps = steps
    self.graph = graph
    self.source = source
  }

  /// The index of the step with this id.
  package func index(of id: String) -> Int? { steps.firstIndex { $0.id == id } }
}

extension PlanReader {
  struct PlanDraft {
    var requestID: String?
    var description: String?
    var steps: [Step] = []
    var finalSynthesis: FinalSynthesis?
    var checks: [ResultCheck] = []
  }

  mutating func plan(_ source: JSON) -> PlanDraft {
    var draft = PlanDraft()
    var synthesis: JSON?
    var checks: JSON?
    let known = ["request_id", "description", "steps", "checks", "final_synthesis"]
    let isObject = members(of: source, known: known) { reader, key, value in
      switch key {
      case "request_id": draft.requestID = reader.string(value, limit: Limit.idBytes)
      case "description": draft.description = reader.string(value, limit: Limit.descriptionBytes)
      case "steps": draft.steps = reader.steps(value)
      case "checks": checks = value
      case "final_synthesis": synthesis = value
      default: return false
      }
      return true
    }
    if isObject { require("steps", in: source) }
    // Behind the steps, whose ids they name, wherever they stand.
    guard !tooManySteps else { return draft }
    if let checks { draft.checks = at(.key("checks")) { $0.checks(checks) } }
    if let synthesis { draft.finalSynthesis = at(.key("final_synthesis")) { $0.synthesis(synthesis) } }
    return draft
  }

  private var tooManySteps: Bool { errors.errors.contains { $0.name == .tooManySteps } }

  private mutating func steps(_ value: JSON) -> [Step] {
    guard case .array(let elements) = value else {
      fail(value, due: "array")
      return []
    }
    guard elements.count <= Limit.steps else {
      fail(.tooManySteps, "\(elements.count) steps exceed the limit of \(Limit.steps)")
      return []
    }
    if elements.isEmpty { fail(.invalidValue, "'\(pathText)' is empty where at least one step is due") }
    ids.reserveCapacity(elements.count)
    for (i, element) in elements.enumerated() {
      let id = element["id"]?.stringValue ?? ""
      guard Identifier.isValid(id) else {
        ids.append("")
        continue
      }
      ids.append(id)
      if steps[id] == nil { steps[id] = i }
    }
    var found: [Step] = []
    found.reserveCapacity(elements.count)
    for (i, element) in elements.enumerated() {
      path.append(.index(i))
      found.append(step(element, index: i))
      path.removeLast()
    }
    return found
  }

  /// At most this many steps of a cycle are named.
  private static let shownSteps = 20

  mutating func refuseCycles(_ graph: PlanGraph) {
    for (cycle, others) in graph.cycles() {
      guard let first = cycle.first else { continue }
      let rest = cycle.count > Self.shownSteps ? " → … (\(cycle.count) steps in all)" : ""
      let shown = cycle.prefix(Self.shownSteps).map { ids[$0] }.joined(separator: " → ")
      let more = others == 0 ? "" : others == 1 ? ", and 1 more step" : ", and \(others) more steps"
      errors.add(
        .cycle,
        at: "/steps/\(first)",
        "steps depend on each other: \(shown)\(rest) → \(ids[first])\(more)"
      )
    }
  }
}
