/// What is done with a conversation that a model's context does not hold.
package enum ContextStrategy: String, Sendable, CaseIterable {
  /// The oldest turns are left out whole.
  case sliding
  /// The longest texts are cut in their middle.
  case truncate
  /// The oldest turns are replaced by what a model says they held.
  case summarise
}

/// Makes requests fit. Pure and deterministic; what all strategies keep: messages of the system, the last message of the
/// user, and every result of a tool beside its call.
package struct ContextWindow: Sendable {
  /// Tokens of the whole request.
  package let budget: Int
  let counter: TokenCounter

  package init(budget: Int, counter: TokenCounter) {
    self.budget = budget
    self.counter = counter
  }

  /// A request that fits, and what was done for it.
  package struct Fitted: Sendable, Equatable {
    package var request: ModelRequest
    package var tokens: Int
    /// Messages that were left out, and texts that were cut.
    package var dropped = 0
    package var cut = 0
  }

  package enum Outcome: Sendable, Equatable {
    case fits(Fitted)
    /// A model has to be asked first.
    case needsSummary(SummaryPlan)
  }

  /// Throws `context_overflow`, with how much is too much, when no way of the strategy is enough.
  package func fit(_ request: ModelRequest, _ strategy: ContextStrategy) throws(ModelError) -> Outcome {
    let tokens = counter.count(request)
    if tokens <= budget { return .fits(Fitted(request: request, tokens: tokens)) }
    switch strategy {
    case .sliding: return .fits(try slide(request))
    case .truncate: return .fits(try truncate(request))
    case .summarise: return .needsSummary(try planSummary(request))
    }
  }

  func overflow(_ tokens: Int, _ what: String) -> ModelError {
    let about = counter.isExact ? "" : "about "
    return ModelError(
      .contextOverflow,
      "\(what) needs \(about)\(tokens) tokens, \(tokens - budget) more than the budget of \(budget)",
      hint: "shorten the request, or take a model with a longer context"
    )
  }
}
