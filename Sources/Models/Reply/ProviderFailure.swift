internal import JSON

/// What a provider says when it does not answer: the many shapes of its errors as one.
package enum ProviderFailure {
  /// Longest text of a provider that is repeated.
  private static let textLimit = 400

  /// An answer with an HTTP status other than 200.
  package static func of(status: Int, body: [UInt8], headers: (String) -> String?) -> ModelError {
    let json = try? JSON(parsing: body)  // Safety: what is no JSON is told as text below.
    var error = json.flatMap { inBody($0) } ?? ModelError(.badStatus, "")
    error.status = status
    let said = error.message.isEmpty ? text(of: body) : error.message
    let code = refined(status, error.code, said)
    let what = meaning(code, status)
    error.code = code
    error.message = said.isEmpty ? what : "\(what): \(said)"
    error.hint = hint(code)
    error.retryAfterMS = RetryAfter.milliseconds(headers)
    error.shouldRetry = headers("x-should-retry").flatMap { ["true": true, "false": false][$0.lowercased()] }
    return error
  }

  /// An error that stands in a body, or in a stream under status 200; nil: it is none. OpenAI, Anthropic, Gemini and
  /// llama.cpp write `{"error": {...}}`, Ollama `{"error": "text"}`, FastAPI `{"detail": ...}`.
  static func inBody(_ json: JSON) -> ModelError? {
    guard let object = json.objectValue else {
      // Gemini wraps a stream's error in an array.
      return json.arrayValue?.first.flatMap { $0["error"] == nil ? nil : inBody($0) }
    }
    guard let error = object["error"], !error.isNull else {
      guard object["object"]?.stringValue == "error" || object["detail"] != nil && object["choices"] == nil,
        let text = object["message"]?.stringValue ?? object["detail"]?.stringValue
      else { return nil }
      return ModelError(.errorInStream, clipped(text))
    }
    if let text = error.stringValue { return ModelError(classified(text, ""), clipped(text)) }
    guard error.objectValue != nil else { return nil }
    let text = error["message"]?.stringValue ?? error["msg"]?.stringValue ?? error.description
    let kind = [error["type"], error["code"], error["status"]].compactMap { $0?.stringValue }.joined(separator: " ")
    return ModelError(classified(text, kind), clipped(text))
  }

  /// The kind by the words that a provider uses for it.
  private static func classified(_ text: String, _ kind: String) -> ModelError.Code {
    let kind = kind.lowercased()
    let text = text.lowercased()
    func has(_ words: String...) -> Bool { words.contains { kind.contains($0) || text.contains($0) } }
    if has(
      "context_length_exceeded",
      "exceed_context_size",
      "context length",
      "context window",
      "prompt is too long",
      "maximum context",
      "too many tokens"
    ) {
      return .contextOverflow
    }
    if kind.contains("content_filter") || kind.contains("content_policy") || has("responsibleaipolicyviolation") {
      return .contentFilter
    }
    if has("insufficient_quota", "billing_hard_limit", "credit balance") { return .quotaExceeded }
    if kind.contains("rate_limit") || kind.contains("resource_exhausted") { return .rateLimited }
    if has("overloaded") || kind.contains("unavailable") { return .overloaded }
    if has("invalid_api_key", "authentication_error", "unauthenticated", "api key not valid") { return .unauthorized }
    if kind.contains("permission") { return .forbidden }
    if has("model_not_found", "deploymentnotfound") || text.contains("model") && has("not found", "does not exist") {
      return .unknownModel
    }
    if kind.contains("invalid_request") || kind.contains("invalid_argument") { return .invalidRequest }
    if kind.contains("server_error") || kind.contains("api_error") || kind.contains("internal") { return .serverError }
    return .errorInStream
  }

  private static func refined(_ status: Int, _ code: ModelError.Code, _ said: String) -> ModelError.Code {
    switch code {
    case .contextOverflow, .contentFilter, .quotaExceeded, .unknownModel: return code
    default: break
    }
    switch status {
    case 300..<400: return .redirected
    case 401: return .unauthorized
    case 403: return .forbidden
    case 404: return code == .unknownModel ? code : .notFound
    case 413: return .contextOverflow
    case 429: return .rateLimited
    case 503, 529: return .overloaded
    case 500...: return .serverError
    case 400, 422: return code == .unauthorized ? code : .invalidRequest
    default: return .badStatus
    }
  }

  private static func meaning(_ code: ModelError.Code, _ status: Int) -> String {
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

  /// The start of a body that is no JSON: a proxy's page, a plain text.
  private static func text(of body: [UInt8]) -> String {
    let text = String(decoding: body.prefix(textLimit * 4), as: UTF8.self)
    if text.drop(while: { $0 == " " || $0 == "\n" || $0 == "\r\n" || $0 == "\t" }).hasPrefix("<") {
      return "the answer is HTML, perhaps a proxy's"
    }
    return clipped(text)
  }

  private static func clipped(_ text: String) -> String {
    let line = String(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7F ? " " : Character($0) })
    return line.utf8.count <= textLimit ? line : String(line.prefix(textLimit)) + "…"
  }
}

/// How long a provider wants to be left alone.
package enum RetryAfter {
  /// `retry-after-ms`, then `retry-after` in seconds (RFC 9110 section 10.2.3; its form with a date is not used by
  /// providers and is not read). At most a day.
  static func milliseconds(_ headers: (String) -> String?) -> Int64? {
    let value: Double?
    if let text = headers("retry-after-ms") {
      value = Double(text)
    } else {
      value = headers("retry-after").flatMap { Double($0) }.map { $0 * 1000 }
    }
    guard let value, value >= 0, value.isFinite else { return nil }
    return Int64(min(value, 86_400_000).rounded(.up))
  }
}
