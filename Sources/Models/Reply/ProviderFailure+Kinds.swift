extension ProviderFailure {
  /// What providers write when a request is too long for the model; OpenAI, Anthropic, Gemini, llama.cpp, vLLM, TGI, xAI,
  /// Bedrock.
  private static let overflows = [
    "context_length_exceeded", "exceed_context_size", "context length", "context window", "context size",
    "context limit", "prompt is too long", "input is too long", "maximum context", "maximum model length",
    "maximum prompt length", "input token count", "too many tokens", "`inputs` tokens",
  ]

  /// The kind by the words that a provider uses for it.
  static func classified(_ text: String, _ kind: String) -> ModelError.Code {
    let kind = kind.lowercased()
    let text = text.lowercased()
    func isKind(_ words: String...) -> Bool { words.contains(where: kind.contains) }
    func has(_ words: String...) -> Bool { words.contains { kind.contains($0) || text.contains($0) } }
    // A limit on tokens in a time is none of the context.
    let isRate = isKind("rate_limit", "resource_exhausted", "throttl")
    if !isRate, overflows.contains(where: { kind.contains($0) || text.contains($0) }) { return .contextOverflow }
    if isKind("content_filter", "content_policy", "responsibleaipolicyviolation") { return .contentFilter }
    if has("insufficient_quota", "billing_hard_limit", "billing_error", "credit balance", "insufficient balance") {
      return .quotaExceeded
    }
    if isRate { return .rateLimited }
    if has("overloaded") || isKind("unavailable") { return .overloaded }
    if has("invalid_api_key", "authentication_error", "unauthenticated", "api key not valid") { return .unauthorized }
    if isKind("permission") { return .forbidden }
    if has("model_not_found", "deploymentnotfound") { return .unknownModel }
    if text.contains("model"), has("not found", "not_found", "does not exist") { return .unknownModel }
    if isKind("invalid_request", "invalid_argument", "badrequest", "validation") { return .invalidRequest }
    if isKind("server_error", "api_error", "internal") { return .serverError }
    return .errorInStream
  }

  /// `code` with what the status adds.
  static func refined(_ status: Int, _ code: ModelError.Code) -> ModelError.Code {
    switch code {
    // "Too many tokens" under this status means: in a minute.
    case .contextOverflow: if status != 429 { return code }
    case .contentFilter, .quotaExceeded, .unknownModel: return code
    default: break
    }
    switch status {
    case 300..<400: return .redirected
    case 401: return .unauthorized
    case 402: return .quotaExceeded
    case 403: return .forbidden
    case 404: return .notFound
    case 413: return .contextOverflow
    case 429: return .rateLimited
    case 503, 529: return .overloaded
    case 500...: return code == .overloaded ? code : .serverError
    case 400, 422: return code == .unauthorized ? code : .invalidRequest
    default: return .badStatus
    }
  }

  static func meaning(_ code: ModelError.Code, _ status: Int) -> String {
    switch code {
    case .unauthorized: "the key was refused (status \(status))"
    case .forbidden: "the key may not do this (status \(status))"
    case .unknownModel: "there is no such model (status \(status))"
    case .notFound: "there is nothing at this address (status \(status))"
    case .contextOverflow: "the request is longer than the model's context (status \(status))"
    case .contentFilter: "the provider's content filter refused (status \(status))"
    case .rateLimited: "too many requests (status \(status))"
    case .quotaExceeded: "the account's quota is used up (status \(status))"
    case .overloaded: "the provider is overloaded (status \(status))"
    case .redirected: "the server redirects elsewhere (status \(status)), which is not followed"
    case .invalidRequest: "the provider refused the request (status \(status))"
    case .serverError: "the provider failed (status \(status))"
    default: "status \(status)"
    }
  }

  static func hint(_ code: ModelError.Code) -> String? {
    switch code {
    case .unauthorized, .forbidden: "look at the provider's secret; 'bulkhead model list' tells its name"
    case .unknownModel: "'bulkhead model list --live' shows the provider's models"
    case .notFound, .redirected: "look at the provider's base_url"
    case .contextOverflow: "shorten the request, or name a context strategy"
    case .quotaExceeded: "look at the provider's billing page"
    default: nil
    }
  }
}
