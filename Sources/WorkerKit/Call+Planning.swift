public import JSON
public import Wire

/// For workers whose manifest has the permission `planning`; others are refused.
extension Call {
  /// Every tool that a plan may use, with the kind of worker that offers it.
  public func catalog() async throws -> [(tool: Tool, worker: String)] {
    try await request(ToolsList()).tools.map { ($0.tool, $0.worker) }
  }

  /// Every recipe that can be run now.
  public func recipes() async throws -> [RecipeSummary] {
    try await request(RecipesList()).recipes.filter { $0.trouble == nil }
  }

  /// What is wrong with a plan, by today's catalog; empty for one that may run.
  public func check(plan: JSON) async throws -> [PlanMistake] {
    try await request(PlanCheck(plan: plan)).mistakes
  }
}
