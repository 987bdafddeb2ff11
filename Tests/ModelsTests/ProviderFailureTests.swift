import JSON
import Testing

@testable import Models

/// Errors as providers write them, with the status they come under.
@Suite struct `an error of a provider` {
  private static func of(_ status: Int, _ body: String, _ headers: [String: String] = [:]) -> ModelError {
    ProviderFailure.of(status: status, body: Array(body.utf8)) { headers[$0] }
  }

  /// The text of an error that says too much was sent, by provider.
  private static let overflows: [(Int, String)] = [
    (400, #"{"error": {"message": "Too long.", "type": "invalid_request_error", "code": "context_length_exceeded"}}"#),
    (400, #"{"error": {"message": "Your input exceeds the context window of this model.", "code": null}}"#),
    (400, #"{"type": "error", "error": {"type": "invalid_request_error", "message": "prompt is too long: 9 > 8"}}"#),
    (400, #"{"error": {"message": "input length and `max_tokens` exceed context limit: 9 + 1 > 8"}}"#),
    (413, #"{"type": "error", "error": {"type": "request_too_large", "message": "Request exceeds the size"}}"#),
    (400, #"{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum", "status": "X"}}"#),
    (400, #"{"error": {"code": 400, "message": "the request exceeds", "type": "exceed_context_size_error"}}"#),
    (400, #"{"object": "error", "message": "This model's maximum context length is 8 tokens.", "code": 400}"#),
    (400, #"{"error": {"message": "longer than the maximum model length of 8", "type": "BadRequestError"}}"#),
    (400, #"{"error": "Trying to keep the first 9 tokens when context the overflows: context length of 8"}"#),
    (422, #"{"error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8"}"#),
    (400, #"{"code": "x", "error": "This model's maximum prompt length is 8 but the request contains 9 tokens."}"#),
    (400, #"{"message": "Input is too long for requested model."}"#),
    (500, #"{"error": "the input length exceeds the context length"}"#),
  ]

  @Test(arguments: overflows) func `of too long a request is known by its words`(status: Int, body: String) {
    let error = Self.of(status, body)
    #expect(error.code == .contextOverflow)
    #expect(error.status == status)
    #expect(error.hint != nil)
    #expect(!error.isTransient && !error.isProvidersFault)
  }

  private static let kinds: [(Int, String, ModelError.Code)] = [
    (401, #"{"error": {"message": "Incorrect API key", "type": "invalid_request_error"}}"#, .unauthorized),
    (401, #"{"type": "error", "error": {"type": "authentication_error", "message": "bad x-api-key"}}"#, .unauthorized),
    (400, #"{"error": {"code": 400, "message": "API key not valid.", "status": "INVALID_ARGUMENT"}}"#, .unauthorized),
    (403, #"{"error": {"code": 403, "message": "no", "status": "PERMISSION_DENIED"}}"#, .forbidden),
    (404, #"{"error": {"message": "The model `x` does not exist", "code": "model_not_found"}}"#, .unknownModel),
    (404, #"{"type": "error", "error": {"type": "not_found_error", "message": "model: claude-9"}}"#, .unknownModel),
    (404, #"{"error": {"code": 404, "message": "models/x is not found for API version v1beta"}}"#, .unknownModel),
    (404, #"{"error": "model \"x\" not found, try pulling it first"}"#, .unknownModel),
    (404, #"{"error": {"code": "DeploymentNotFound", "message": "The API deployment is missing"}}"#, .unknownModel),
    (404, #"{"error": {"code": "404", "message": "Resource not found"}}"#, .notFound),
    (404, #"{"detail": "Not Found"}"#, .notFound), (404, "404 page not found\n", .notFound),
    (
      400, #"{"error": {"code": "content_filter", "message": "The prompt was filtered", "status": 400}}"#,
      .contentFilter
    ),
    (
      400, #"{"error": {"message": "no", "code": null, "innererror": {"code": "ResponsibleAIPolicyViolation"}}}"#,
      .contentFilter
    ),
    (429, #"{"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}"#, .quotaExceeded),
    (400, #"{"type": "error", "error": {"message": "Your credit balance is too low"}}"#, .quotaExceeded),
    (402, #"{"error": {"message": "Insufficient Balance"}}"#, .quotaExceeded), (402, "", .quotaExceeded),
    (429, #"{"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}"#, .rateLimited),
    (429, #"{"message": "Too many tokens, please wait before trying again."}"#, .rateLimited),
    (429, #"{"statusCode": 429, "message": "Rate limit is exceeded. Try again in 7 seconds."}"#, .rateLimited),
    (529, #"{"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}"#, .overloaded),
    (503, #"{"error": {"code": 503, "message": "Try again later.", "status": "UNAVAILABLE"}}"#, .overloaded),
    (503, "<html>nginx</html>", .overloaded), (500, "", .serverError), (502, "Bad Gateway", .serverError),
    (422, #"{"detail": [{"loc": ["body", "messages"], "msg": "field required"}]}"#, .invalidRequest),
    (400, #"{"error": {"message": "unknown parameter", "type": "invalid_request_error"}}"#, .invalidRequest),
    (301, "", .redirected), (408, "", .badStatus), (418, "short and stout", .badStatus), (0, "", .badStatus),
    (-7, "[]", .badStatus),
  ]

  @Test(arguments: kinds) func `is one of few kinds`(status: Int, body: String, code: ModelError.Code) {
    let error = Self.of(status, body)
    #expect(error.code == code)
    #expect(error.message.contains("status \(status)"))
  }

  @Test func `says what the provider said, on one line and in part`() {
    #expect(
      Self.of(422, #"{"detail": [{"loc": ["body"], "msg": "field required"}, {"msg": "no"}]}"#).message
        == "the provider refused the request (status 422): field required; no"
    )
    #expect(Self.of(418, "short\nand\u{1B}[31m stout").message == "status 418: short and [31m stout")
    #expect(Self.of(500, " <html><body>secret</body>").message.hasSuffix("the answer is HTML, perhaps a proxy's"))
    #expect(Self.of(500, #"{"errors": [{"message": "a"}, "b"]}"#).message.hasSuffix(": a; b"))
    #expect(Self.of(500, #"{"error": {"message": {"deep": 1}}}"#).message.hasSuffix(#"{"deep":1}"#))
    #expect(Self.of(401, #"{"detail": {"message": "who?"}}"#).message.hasSuffix(": who?"))
    let marks = Self.of(500, "{\"error\": \"e\(String(repeating: "\u{301}", count: 100_000))\"}").message
    #expect(marks.utf8.count < 500)
  }

  @Test(arguments: [
    #"{"error": {"message": "Incorrect API key provided: sk-proj-abc***********wxyz. Look at https://x.y/keys."}}"#,
    #"{"error": {"message": "Authentication Error, Received API Key = sk-1234567890abcdef, Key Hash = 88dc28d0f030"}}"#,
    #"{"detail": "token 'AIzaSyA1234567890abcdef' is unknown"}"#, "bad key gsk_0123456789abcdef\n",
  ])
  func `does not repeat a key`(body: String) {
    let message = Self.of(401, body).message
    #expect(message.hasPrefix("the key was refused (status 401): "))
    for part in ["sk-", "wxyz", "88dc", "AIza", "gsk_"] { #expect(!message.contains(part), "\(message)") }
    if body.contains("https") { #expect(message.contains("https://x.y/keys")) }
  }

  @Test func `under status 200 is known by the same words, or by its number`() throws {
    func inBody(_ text: String) throws -> ModelError? { try ProviderFailure.inBody(parsed(text)) }
    #expect(try inBody(#"{"error": {"code": 502, "message": "Upstream idle"}, "choices": []}"#)?.code == .serverError)
    #expect(try inBody(#"{"error": {"code": 429, "message": "Slow down"}}"#)?.code == .rateLimited)
    #expect(try inBody(#"{"error": {"code": 7, "message": "odd"}}"#)?.code == .errorInStream)
    #expect(try inBody(#"{"error": true, "message": "yes"}"#)?.message == "yes")
    #expect(try inBody(#"{"detail": "gone"}"#)?.message == "gone")
    #expect(try inBody(#"{"error": ""}"#)?.message == "an error without a text")
    #expect(try inBody(#"{"type": "error", "code": "slow_down"}"#)?.message == "error slow_down")
    for text in ["{}", #"{"error": null}"#, #"{"error": false}"#, "[]", "[{}]", "7", #"{"detail": 1, "choices": []}"#] {
      #expect(try inBody(text) == nil, "\(text)")
    }
  }
}
