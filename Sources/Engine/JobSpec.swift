internal import JSON
package import Plan
package import Wire

/// What a job was accepted with: the plan and what was agreed about its tools.
package struct JobSpec {
  package let plan: Plan
  package private(set) var tools: [String: ToolTerms]
  /// Where the job began with a request: the plan then is what it has grown to.
  package var assignment: Assignment?
  /// The recipe that the plan was made of.
  package var recipe: RecipeChoice?
  /// The most that all of the job may use up.
  package var budget: Budget?
  /// First steps of the parts by which the plan has grown, in this generation of the job.
  package var parts: [Int]

  package var text: String {
    var writer = JSONWriter()
    writer.beginObject()
    writer.member("plan", plan.source)
    writer.key("tools")
    writer.beginObject()
    for (name, terms) in tools.sorted(by: { $0.key < $1.key }) {
      writer.key(name)
      writer.object(terms)
    }
    writer.endObject()
    writer.member("assignment", assignment)
    writer.member("recipe", recipe)
    writer.member("budget", budget)
    if !parts.isEmpty { writer.member("parts", JSON.array(parts.map { .integer(Int64($0)) })) }
    writer.endObject()
    return String(decoding: writer.finish(), as: UTF8.self)
  }

  package init(
    plan: Plan,
    tools: [String: ToolTerms],
    assignment: Assignment? = nil,
    recipe: RecipeChoice? = nil,
    budget: Budget? = nil,
    parts: [Int] = []
  ) {
    self.plan = plan
    self.tools = tools
    self.assignment = assignment
    self.recipe = recipe
    self.budget = budget
    self.parts = parts
  }

  package init(_ text: String) throws {
    let json = try JSON(parsing: Array(text.utf8))
    plan = try Plan(decoding: json["plan"] ?? .null)
    tools = [:]
    for member in json["tools"]?.objectValue?.members ?? [] {
      guard case .object(let object) = member.value else { continue }
      tools[member.key] = try ToolTerms.decode(object)
    }
    assignment = try json["assignment"]?.objectValue.map { try Assignment.decode($0) }
    recipe = try json["recipe"]?.objectValue.map { try RecipeChoice.decode($0) }
    budget = try json["budget"]?.objectValue.map { try Budget.decode($0) }
    parts = (json["parts"]?.arrayValue ?? []).compactMap { $0.integerValue.flatMap { Int(exactly: $0) } }
  }

  /// The job as it was when the step at `index` was about to begin: what grew out of a planning step is forgotten.
  package func cut(beforeWhatGrewFrom index: Int) throws(PlanErrors) -> JobSpec {
    guard assignment != nil, Stage(id: plan.steps[index].id) == .planning, index + 1 < plan.steps.count,
      case .object(var source) = plan.source
    else { return self }
    source["steps"] = .array(Array((source["steps"]?.arrayValue ?? []).prefix(index + 1)))
    source["checks"] = nil
    source["final_synthesis"] = nil
    var spec = JobSpec(
      plan: try Plan(decoding: .object(source)),
      tools: tools,
      assignment: assignment,
      recipe: recipe,
      budget: budget
    )
    let ids = Set(spec.plan.steps.map(\.id))
    spec.assignment?.replaced.removeAll { !ids.contains($0) }
    return spec
  }
}
