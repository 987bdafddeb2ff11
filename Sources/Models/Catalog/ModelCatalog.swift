/// What is known of models by their names: how much they take, what they cost, and what they do differently.
///
/// Data, decoded from `Workers/models/catalog.json` and from what an operator adds in the same form. Nothing here is
/// needed to speak with a model: what is unknown is nil.
package struct ModelCatalog: Sendable, Equatable {
  /// The day of the data, `YYYY-MM-DD`; that of the newest overlay.
  package private(set) var asOf: String
  /// By name, or by pattern with `*` in it; names in small letters.
  private var exact: [String: ModelFacts]
  private var patterns: [String: ModelFacts]

  init(asOf: String, models: [String: ModelFacts]) {
    self.asOf = asOf
    exact = models.filter { !$0.key.contains("*") }
    patterns = models.filter { $0.key.contains("*") }
  }

  /// Names and patterns.
  package var count: Int { exact.count + patterns.count }

  /// This catalog with `other` over it: for a name that both have, each fact that `other` states replaces this one's.
  package func overlaid(with other: ModelCatalog) -> ModelCatalog {
    var merged = self
    merged.asOf = max(asOf, other.asOf)
    merged.exact.merge(other.exact) { $1.filled(from: $0) }
    merged.patterns.merge(other.patterns) { $1.filled(from: $0) }
    return merged
  }

  /// What is known of `model`, each fact from the closest entry that states it.
  ///
  /// The name is tried as it is (`openai/gpt-4o-2024-08-06`), then without its first prefix, and so on. Each of these finds
  /// first the entry of the same name, then that of the name without its date or version, then patterns, the longest
  /// first. Patterns without a slash are for names without one.
  package func facts(of model: String) -> ModelFacts {
    var facts = ModelFacts()
    for name in ModelName.candidates(model) {
      if let found = exact[name.full] { facts = facts.filled(from: found) }
      if name.undated != name.full, let found = exact[name.undated] { facts = facts.filled(from: found) }
      let hasPrefix = name.full.contains("/")
      let matching = patterns.keys.filter {
        (!hasPrefix || $0.contains("/"))
          && (ModelName.matches(name.full, pattern: $0) || ModelName.matches(name.undated, pattern: $0))
      }
      for key in matching.sorted(by: ModelName.isCloser) {
        if let found = patterns[key] { facts = facts.filled(from: found) }
      }
    }
    return facts
  }
}

/// What is known of one model.
package struct ModelFacts: Sendable, Equatable {
  /// Tokens of input and output together, or of the input alone where the provider bounds that.
  package var context: Int?
  /// Tokens of an answer, those of reasoning included.
  package var maxOutput: Int?
  package var price: ModelPrice?
  /// The entry says that the price is not known, so that no wider one holds.
  var isUnpriced = false
  /// The vocabulary that it counts with.
  package var tokenizer: TokenPattern?
  package var quirks = QuirkChanges()

  package init() {}

  /// These facts, and those of `other` where these say nothing.
  func filled(from other: ModelFacts) -> ModelFacts {
    var facts = self
    facts.context = context ?? other.context
    facts.maxOutput = maxOutput ?? other.maxOutput
    if price == nil, !isUnpriced {
      facts.price = other.price
      facts.isUnpriced = other.isUnpriced
    }
    facts.tokenizer = tokenizer ?? other.tokenizer
    facts.quirks = quirks.filled(from: other.quirks)
    return facts
  }
}
