internal import Engine
internal import JSON
internal import Plan
internal import Supervision
internal import Wire

/// Work that comes without a plan: recipes, and requests in somebody's words.
extension Jobs {
  /// What a submission begins with.
  struct Start {
    let plan: JSON
    var assignment: Assignment?
    var recipe: RecipeChoice?
  }

  func start(_ work: JobSubmit.Work) throws(WireError) -> Start {
    switch work {
    case .plan(let plan): return Start(plan: plan)
    case .recipe(let choice):
      return Start(plan: try recipes.find(choice.name).plan(with: choice.parameters), recipe: choice)
    case .request(let request):
      let assignment = Assignment(request: request, route: Route(request))
      if assignment.route.mode == .direct,
        let i = request.files.firstIndex(where: { !$0.mediaType.hasPrefix("image/") })
      {
        throw .invalidParams(
          "/request/files/\(i)",
          "file \(quoted(request.files[i].name)) is no picture (\(quoted(request.files[i].mediaType))): mode 'direct' shows a model pictures alone, 'hybrid' has tools for other files"
        )
      }
      return Start(plan: assignment.firstPlan, assignment: assignment)
    }
  }

  /// Why no job can begin with a request: nobody plans here.
  func refusal(of start: Start) -> WireError? {
    guard let assignment = start.assignment else { return nil }
    let tool = assignment.route.mode == .direct ? "model" : Stage.planning.tool
    guard supervisor.catalog[tool] == nil, !supervisor.kinds.values.contains(where: { $0.isStarting }) else {
      return nil
    }
    let worker = tool == "model" ? "models" : "planner"
    let why = supervisor.kindPromising(tool)?.unavailable.message ?? "no worker offers tool '\(tool)'"
    return WireError(
      .unavailable,
      "nobody can plan a request here: \(why)",
      data: ["tool": .string(tool), "worker": .string(worker)]
    )
  }

  /// The recipes as they are offered, each with what it lacks.
  func list(_ message: RecipesList) throws(WireError) -> RecipesList.Response {
    if let name = message.name {
      let recipe = try recipes.find(name)
      return RecipesList.Response(recipes: [recipe.summary(trouble: trouble(recipe), withPlan: true)])
    }
    let all = recipes.recipes.values.sorted { $0.name < $1.name }
    return RecipesList.Response(recipes: all.map { $0.summary(trouble: trouble($0)) })
  }

  private func trouble(_ recipe: Recipe) -> String? {
    let missing = recipe.tools.filter { supervisor.catalog[$0] == nil }.sorted()
    guard let first = missing.first else { return nil }
    if let withheld = supervisor.refusal(ofWithheld: first) { return withheld.message }
    return "no worker offers tool '\(first)'" + (missing.count > 1 ? ", nor \(missing.count - 1) more" : "")
  }

  /// What a planner may put into a plan.
  var plannable: [ToolsList.Entry] {
    supervisor.catalog.values.filter { $0.refusal(ofCaller: nil) == nil }
      .sorted { $0.tool.name < $1.tool.name }
      .map { ToolsList.Entry(tool: $0.tool, worker: $0.kind.manifest.name) }
  }
}
