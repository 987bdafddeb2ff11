package import JSON
internal import Models
internal import Wire

/// Makes a plan of a request: by a recipe where one clearly serves, else by a model whose plans are checked and, where they
/// have mistakes, asked for again.
package struct PlanMaker: Sendable {
  let settings: PlannerSettings
  let services: PlannerServices
  let embedder: Embedder

  package init(_ settings: PlannerSettings, _ services: PlannerServices, _ embedder: Embedder) {
    self.settings = settings
    self.services = services
    self.embedder = embedder
  }

  /// The output of `make_plan`. Throws `tool_failed` with `reason` `no_provider` or `no_plan`, and what the tool `model`
  /// throws when no model can be asked.
  package func make(_ input: PlanningInput) async throws -> JSON {
    let known = try await services.catalog().forPlans()
    let recipes = try await recipes(for: input)
    let found = try await models(input.role)
    let source = found?.models.has(role: "embedder") == true ? services.embed : nil
    // What was refused would be found again.
    if takesRecipesFirst(found?.profile), input.refused == nil {
      let matcher = RecipeMatcher(embedder, source, notice: services.notice)
      if let match = try await matcher.match(input.request, among: recipes) {
        return ["decision": "recipe", "recipe": match.json, "by": ["kind": "recipe"], "tries": 0]
      }
    }
    guard let found, let profile = found.profile else { throw Self.noProvider(input.role) }
    let offered = profile.size == .small ? [] : recipes
    let tools = try await tools(known, input, profile, source)
    let asker = PlanAsker(
      settings: settings,
      services: services,
      input: input,
      role: found.role,
      profile: profile,
      models: found.models,
      known: known,
      tools: tools,
      recipes: offered
    )
    return try await asker.ask()
  }

  /// None where a plan was begun, or where the request names its tools: those of a recipe are its own.
  private func recipes(for input: PlanningInput) async throws -> [Recipe] {
    if settings.recipes == .off || input.isAmendment || input.request.tools != nil { return [] }
    return try await services.recipes()
  }

  private func takesRecipesFirst(_ profile: ModelProfile?) -> Bool {
    switch settings.recipes {
    case .first: true
    case .offered: profile == nil
    case .auto: profile?.size != .large
    case .off: false
    }
  }

  /// Who answers for a role, or for `planner` where the role has nobody.
  private func models(_ role: String) async throws -> (models: ConfiguredModels, role: String, profile: ModelProfile?)?
  {
    guard var models = try await services.models(nil) else { return nil }
    let role = models.has(role: role) ? role : "planner"
    let isSaid = (settings.sizes[role] ?? settings.size) != .auto
    if !isSaid, let provider = models.unknownProvider(of: role) {
      models = try await services.models(provider) ?? models
    }
    return (models, role, models.profile(of: role).map { settings.sized($0, role: role) })
  }

  private func tools(
    _ known: ToolCatalog,
    _ input: PlanningInput,
    _ profile: ModelProfile,
    _ source: Embedder.Source?
  ) async throws -> ToolCatalog {
    let allowed = input.request.tools.map { names in known.keeping { names.contains($0.name) } } ?? known
    if allowed.tools.isEmpty, profile.size == .small {
      throw WireError(
        .toolFailed,
        "there is no tool that a plan could use",
        data: ["reason": "no_plan", "tries": []]
      )
    }
    let count = profile.size == .small ? min(settings.tools, settings.smallTools) : settings.tools
    let search = ToolSearch(embedder, source, notice: services.notice)
    // A tool that failed may do with another input.
    var wanted: Set<String> = input.failed.map { [$0.tool] } ?? []
    // What a large model plans may be for a small one to do.
    if profile.size == .large { wanted.insert("model") }
    return try await search.pick(count, of: allowed, for: input.request.text, wanted: wanted)
  }

  private static func noProvider(_ role: String) -> WireError {
    WireError(
      .toolFailed,
      "no model is configured for the role '\(role)', and no recipe serves the request; hint: name a provider in "
        + "'workers.models', or submit a plan or a recipe",
      data: ["reason": "no_provider"]
    )
  }
}
