internal import Planner
internal import Posix
internal import WorkerKit

/// What the worker's tools share, made when `initialize` has brought the settings.
struct PlannerWorker: Sendable {
  private let settings: PlannerSettings
  private let embedder = Embedder()
  private let lists = ModelLists()

  private static let made = Guarded<PlannerWorker?>(nil)

  static func start(_ start: Worker.Start) throws(WireError) {
    let worker = PlannerWorker(settings: try PlannerSettings(start.settings))
    made.withLock { $0 = worker }
  }

  private init(settings: PlannerSettings) { self.settings = settings }

  static func get() throws(WireError) -> PlannerWorker {
    guard let worker = made.withLock({ $0 }) else { throw WireError(.internalError, "not initialized") }
    return worker
  }

  func maker(_ call: Call) -> PlanMaker { PlanMaker(settings, services(call), embedder) }

  func verifier(_ call: Call) -> ResultVerifier { ResultVerifier(settings, services(call)) }

  /// What planning asks of others, asked within `call`.
  func services(_ call: Call) -> PlannerServices {
    let models = ModelCalls(call: call)
    return PlannerServices(
      catalog: {
        ToolCatalog(
          source: "coordinator",
          tools: try await call.catalog().map { tool, worker in
            CatalogTool(
              name: tool.name,
              description: tool.description,
              worker: worker,
              input: tool.inputSchema,
              output: tool.outputSchema
            )
          }
        )
      },
      recipes: {
        try await call.recipes().map { recipe in
          Recipe(
            name: recipe.name,
            description: recipe.description,
            examples: recipe.examples,
            parameters: recipe.parameters
          )
        }
      },
      check: { plan in
        try await call.check(plan: plan).map { Mistake(path: $0.path, name: $0.name, message: $0.message) }
      },
      ask: { try await models.ask($0) },
      embed: { try await models.embed($0) },
      models: { provider in try await lists.list(provider, models) },
      notice: { call.progress(.status, $0) }
    )
  }
}
