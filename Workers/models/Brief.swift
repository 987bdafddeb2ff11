internal import JSON
internal import Models
internal import WorkerKit

/// A request as one model takes it, and that model's answer as everybody else means it: its quirks, and what it cannot do
/// by itself, are made up for here.
struct Brief {
  let provider: Provider
  let model: String
  let facts: ModelFacts
  let quirks: Quirks
  let counter: TokenCounter
  /// As it was asked.
  private let original: ModelRequest
  /// As it is written.
  private(set) var request: ModelRequest
  /// Messages left out, and texts cut, to fit the context.
  private(set) var dropped = 0
  private(set) var cut = 0

  var emulatesTools: Bool { quirks.tools == .emulated && !original.tools.isEmpty }
  var promptsSchema: Bool { quirks.schema != .native && original.schema != nil }

  init(_ request: ModelRequest, _ provider: Provider, _ model: String, _ library: Library) {
    self.provider = provider
    self.model = model
    facts = library.catalog.facts(of: model)
    quirks = facts.quirks.applied(to: provider.quirks)
    counter = library.counter(facts)
    original = request
    self.request = request
    if !provider.streams { self.request.streams = false }
    // In this order: what is said of the schema leaves room for the calls.
    if promptsSchema { self.request = SchemaPrompt.applied(to: self.request) }
    if emulatesTools { self.request = ToolEmulation.applied(to: self.request) }
  }

  /// Tokens that the request may have; nil: nobody knows.
  func budget(_ limit: Int?) -> Int? {
    let reserve = original.maxTokens ?? min(facts.maxOutput ?? 4_096, 4_096)
    let window = facts.context.map { max(16, $0 - min(reserve, $0 / 2)) }
    return [limit, window].compactMap { $0 }.min()
  }

  mutating func take(_ fitted: ContextWindow.Fitted) {
    request = fitted.request
    dropped = fitted.dropped
    cut = fitted.cut
  }

  /// More of the conversation.
  mutating func add(_ messages: [ModelMessage]) { request.messages += messages }

  /// The answer with its emulated calls found, and with a count of tokens where the provider gave none.
  func read(_ response: ModelResponse) throws(ModelError) -> ModelResponse {
    var response = emulatesTools ? try ToolEmulation.read(response, original) : response
    if response.usage == nil || response.usage == Models.ModelUsage() {
      let calls = response.toolUses.map { counter.count(.toolUse($0)) }.reduce(0, +)
      var usage = Models.ModelUsage(
        input: counter.count(request),
        output: counter.count(response.text) + counter.count(response.reasoning) + calls
      )
      usage.isEstimated = true
      response.usage = usage
    }
    return response
  }

  /// nil: the price is not known. What runs on one's own machine has none.
  func cost(_ usage: Models.ModelUsage) -> Cost? {
    if let price = facts.price { return Cost(usage, at: price) }
    return provider.isLocal ? Cost(nanodollars: 0) : nil
  }
}

extension Provider {
  /// Served by a program of one's own.
  var isLocal: Bool { ["ollama", "llamacpp", "lmstudio", "vllm"].contains(kind) }
}
