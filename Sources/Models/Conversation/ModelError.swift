/// Why a model gave no answer: whose fault, and what helps.
package struct ModelError: Error, Sendable, Equatable {
  /// For programs; the table is in `Workers/models/README.md`.
  package enum Code: String, Sendable, CaseIterable {
    // Ours or the operator's.
    case noProvider = "no_provider"
    case missingKey = "missing_key"
    case unsupported
    case circuitOpen = "circuit_open"
    case deadlineExceeded = "deadline_exceeded"
    case replayMiss = "replay_miss"
    /// What was reserved for the call pays for no answer.
    case overBudget = "over_budget"
    // The way to the provider.
    case hostNotFound = "host_not_found"
    case connectionRefused = "connection_refused"
    case connectTimeout = "connect_timeout"
    case tlsUntrusted = "tls_untrusted"
    case tlsFailed = "tls_failed"
    case firstByteTimeout = "first_byte_timeout"
    case stalled
    case connectionLost = "connection_lost"
    case redirected
    // What it answered.
    case unauthorized
    case forbidden
    case unknownModel = "unknown_model"
    case notFound = "not_found"
    case invalidRequest = "invalid_request"
    case invalidImage = "invalid_image"
    case contextOverflow = "context_overflow"
    case contentFilter = "content_filter"
    case rateLimited = "rate_limited"
    case quotaExceeded = "quota_exceeded"
    case overloaded
    case serverError = "server_error"
    case badStatus = "bad_status"
    // How it answered.
    case notJSON = "not_json"
    case html
    case malformedReply = "malformed_reply"
    case streamCut = "stream_cut"
    case errorInStream = "error_in_stream"
    case replyTooLarge = "reply_too_large"
    case emptyReply = "empty_reply"
    case malformedToolCall = "malformed_tool_call"
    case schemaMismatch = "schema_mismatch"
    // Of a small model, for which a large one can be asked.
    case unsure
    case refusal
    case cut = "length"
    case failed
  }

  package var code: Code
  package var message: String
  package var hint: String?
  package var provider: String?
  package var model: String?
  /// HTTP status.
  package var status: Int?
  /// How long the provider asks to be left alone.
  package var retryAfterMS: Int64?
  /// What the provider says about trying again (`x-should-retry`); nil: nothing.
  package var shouldRetry: Bool?

  package init(_ code: Code, _ message: String, hint: String? = nil, status: Int? = nil) {
    self.code = code
    self.message = message
    self.hint = hint
    self.status = status
  }

  /// Whether the same request to the same provider may do better a little later.
  package var isTransient: Bool {
    if let shouldRetry { return shouldRetry }
    switch code {
    case .connectionRefused, .connectTimeout, .firstByteTimeout, .stalled, .connectionLost, .rateLimited, .overloaded,
      .serverError, .streamCut, .errorInStream, .emptyReply:
      return true
    case .badStatus: return [408, 409, 425].contains(status)
    default: return false
    }
  }

  /// Whether it counts against the provider's health; what is wrong with the request does not.
  package var isProvidersFault: Bool {
    switch code {
    case .hostNotFound, .connectionRefused, .connectTimeout, .tlsUntrusted, .tlsFailed, .firstByteTimeout, .stalled,
      .connectionLost, .overloaded, .serverError, .streamCut, .errorInStream, .notJSON, .html, .malformedReply:
      return true
    default: return false
    }
  }
}
