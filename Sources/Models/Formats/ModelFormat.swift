package import JSON

/// How a provider is spoken to. Each format is a file of its own: how a request is written, how an answer is read.
package enum ModelFormat: String, Sendable, CaseIterable {
  case openAIChat = "openai-chat"
  case openAIResponses = "openai-responses"
  case anthropic
  case gemini
  case ollama

  /// What `request` becomes for `model`: a path below the base URL, and a body.
  package func write(_ request: ModelRequest, model: String, quirks: Quirks) -> (path: String, body: JSON) {
    var request = request
    // Gemini has its own idea, which is in `GeminiContent`.
    if self != .gemini { request.messages = CallIDs.unique(request.messages, for: self) }
    return switch self {
    case .openAIChat: OpenAIChat.write(request, model: model, quirks: quirks)
    case .openAIResponses: OpenAIResponses.write(request, model: model, quirks: quirks)
    case .anthropic: AnthropicMessages.write(request, model: model, quirks: quirks)
    case .gemini: GeminiContent.write(request, model: model, quirks: quirks)
    case .ollama: OllamaChat.write(request, model: model, quirks: quirks)
    }
  }

  func makeDecoder() -> any ReplyDecoder {
    switch self {
    case .openAIChat: OpenAIChat.Decoder()
    case .openAIResponses: OpenAIResponses.Decoder()
    case .anthropic: AnthropicMessages.Decoder()
    case .gemini: GeminiContent.Decoder()
    case .ollama: OllamaChat.Decoder()
    }
  }

  /// How its streams are cut into records.
  var framing: ReplyReader.Framing { self == .ollama ? .lines : .events }
}

/// What a provider, or a model of it, does differently from its format. Data: see `ProviderKind`.
package struct Quirks: Sendable, Equatable {
  package enum SchemaMode: String, Sendable {
    /// The format's own way.
    case native
    /// Only "some JSON" can be demanded; the schema is told in words.
    case object
    /// Nothing can be demanded.
    case prompt
  }

  package enum ToolMode: String, Sendable {
    case native
    /// Told in words, and the answer searched for calls.
    case emulated
  }

  /// Members of the body that are left out.
  package var drops: Set<String> = []
  /// What `temperature` is clamped to.
  package var temperature: ClosedRange<Double> = 0...2
  package var schema = SchemaMode.native
  package var tools = ToolMode.native
  /// The member that bounds an answer: `max_tokens` or `max_completion_tokens`.
  package var maxTokensMember = "max_tokens"
  /// Of a request that names no bound, where the format demands one.
  package var defaultMaxTokens = 4096
  /// Whether usage in a stream must be asked for.
  package var asksForStreamUsage = true
  /// Whether what a model told of its reasoning goes back to it, with the answer that calls tools. Some demand it, others
  /// refuse it.
  package var returnsReasoning = false
  /// Whether a model name that the provider does not list is replaced by the nearest that it does.
  package var nearestModel = false
  /// Members that are added to every body.
  package var extra = JSONObject()

  package init() {}
}

/// What a format makes of the records of an answer.
protocol ReplyDecoder: Sendable {
  /// One record of a stream; `event` is its name where the framing has one.
  mutating func take(_ record: JSON, event: String, _ emit: (ModelDelta) -> Void) throws(ModelError)
  /// An answer that came in one piece.
  mutating func takeWhole(_ json: JSON) throws(ModelError)
  /// The end mark that some formats have beside their records.
  mutating func takeEndMark()
  /// The answer is whole: what follows is ignored.
  var isDone: Bool { get }
  /// The answer; throws when it did not come to its end.
  consuming func finish() throws(ModelError) -> ModelResponse
}
