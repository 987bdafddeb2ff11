package import JSON

/// What planning asks of others. The worker asks the coordinator; a test answers itself.
package struct PlannerServices: Sendable {
  /// What a model is asked.
  package struct Question: Sendable, Equatable {
    package var role: String
    package var system: String
    package var prompt: String
    /// Of the answer; nil: text.
    package var schema: JSON?
    package var maxTokens: Int64?
    package var temperature: Double?

    package init(
      role: String,
      system: String,
      prompt: String,
      schema: JSON? = nil,
      maxTokens: Int64? = nil,
      temperature: Double? = nil
    ) {
      self.role = role
      self.system = system
      self.prompt = prompt
      self.schema = schema
      self.maxTokens = maxTokens
      self.temperature = temperature
    }
  }

  package struct Answer: Sendable, Equatable {
    package var text: String
    /// With a schema: the value that fits it.
    package var value: JSON?
    package var provider: String
    package var model: String

    package init(text: String, value: JSON? = nil, provider: String, model: String) {
      self.text = text
      self.value = value
      self.provider = provider
      self.model = model
    }
  }

  /// Every tool that a plan may use.
  package var catalog: @Sendable () async throws -> ToolCatalog
  package var recipes: @Sendable () async throws -> [Recipe]
  /// What the coordinator finds wrong with a plan.
  package var check: @Sendable (JSON) async throws -> [Mistake]
  /// Asks a model. Throws `WireError` as the tool `model` does.
  package var ask: @Sendable (Question) async throws -> Answer
  /// Texts as vectors.
  package var embed: Embedder.Source
  /// What is configured; with a provider's name, what that provider lists too. nil: no worker speaks with models.
  package var models: @Sendable (_ live: String?) async throws -> ConfiguredModels?
  /// Tells whoever watches.
  package var notice: @Sendable (String) -> Void

  package init(
    catalog: @escaping @Sendable () async throws -> ToolCatalog,
    recipes: @escaping @Sendable () async throws -> [Recipe],
    check: @escaping @Sendable (JSON) async throws -> [Mistake],
    ask: @escaping @Sendable (Question) async throws -> Answer,
    embed: @escaping Embedder.Source,
    models: @escaping @Sendable (String?) async throws -> ConfiguredModels?,
    notice: @escaping @Sendable (String) -> Void
  ) {
    self.catalog = catalog
    self.recipes = recipes
    self.check = check
    self.ask = ask
    self.embed = embed
    self.models = models
    self.notice = notice
  }
}
