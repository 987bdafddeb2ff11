/// What is known of a kind of provider: where it is, how it is spoken to, what proves who asks. Everything can be said
/// otherwise in the settings of one provider.
package struct ProviderKind: Sendable {
  /// How a request proves who asks.
  package enum Authentication: Sendable, Equatable {
    case none
    /// `Authorization: Bearer KEY`
    case bearer
    /// `NAME: KEY`
    case header(String)
  }

  package let name: String
  package var format: ModelFormat
  /// nil: must be given.
  package var baseURL: String?
  package var authentication = Authentication.none
  /// The secret that holds its key, by default.
  package var secret: String?
  /// Works without a key.
  package var isKeyOptional = false
  /// Headers of every request.
  package var headers: [String: String] = [:]
  package var quirks = Quirks()
  /// For a role that names no model.
  package var model: String?
  package var embedder: String?

  private init(_ name: String, _ format: ModelFormat, _ baseURL: String?, _ change: (inout ProviderKind) -> Void) {
    self.name = name
    self.format = format
    self.baseURL = baseURL
    change(&self)
  }

  private mutating func local() {
    authentication = .bearer
    isKeyOptional = true
    quirks.nearestModel = true
  }

  package static let all: [ProviderKind] = [
    ProviderKind("openai", .openAIChat, "https://api.openai.com/v1") {
      $0.authentication = .bearer
      $0.secret = "OPENAI_API_KEY"
      $0.quirks.maxTokensMember = "max_completion_tokens"
      $0.model = "gpt-4o"
      $0.embedder = "text-embedding-3-small"
    },
    ProviderKind("azure-openai", .openAIChat, nil) {
      $0.authentication = .header("api-key")
      $0.secret = "AZURE_OPENAI_API_KEY"
      $0.quirks.maxTokensMember = "max_completion_tokens"
      $0.model = "gpt-4o"
    },
    ProviderKind("anthropic", .anthropic, "https://api.anthropic.com/v1") {
      $0.authentication = .header("x-api-key")
      $0.secret = "ANTHROPIC_API_KEY"
      $0.headers = ["anthropic-version": "2023-06-01"]
      $0.quirks.temperature = 0...1
      $0.model = "claude-sonnet-4-5"
    },
    ProviderKind("gemini", .gemini, "https://generativelanguage.googleapis.com/v1beta") {
      $0.authentication = .header("x-goog-api-key")
      $0.secret = "GEMINI_API_KEY"
      $0.model = "gemini-2.5-pro"
      $0.embedder = "gemini-embedding-001"
    },
    ProviderKind("ollama", .ollama, "http://127.0.0.1:11434") {
      $0.local()
      $0.model = "phi3"
      $0.embedder = "nomic-embed-text"
    },
    ProviderKind("lmstudio", .openAIChat, "http://127.0.0.1:1234/v1") { $0.local() },
    ProviderKind("llamacpp", .openAIChat, "http://127.0.0.1:8080/v1") { $0.local() },
    ProviderKind("vllm", .openAIChat, "http://127.0.0.1:8000/v1") { $0.local() },
    ProviderKind("together", .openAIChat, "https://api.together.xyz/v1") {
      $0.authentication = .bearer
      $0.secret = "TOGETHER_API_KEY"
    },
    ProviderKind("openai-compatible", .openAIChat, nil) {
      $0.authentication = .bearer
      $0.isKeyOptional = true
    },
  ]

  package static func named(_ name: String) -> ProviderKind? { all.first { $0.name == name } }
}
