import JSON
import Testing

@testable import Models

@Suite struct `how long a provider wants to be left alone` {
  private func error(_ headers: [String: String], body: String = "") -> ModelError {
    ProviderFailure.of(status: 429, body: Array(body.utf8)) { headers[$0] }
  }

  private static let said: [([String: String], Int64?)] = [
    (["retry-after-ms": "250", "retry-after": "9"], 250), (["retry-after": "2"], 2000),
    (["retry-after": "0.0015"], 2), (["retry-after-ms": "soon", "retry-after": "1"], 1000),
    (["retry-after": "1e300"], 86_400_000), (["retry-after": "99999999"], 86_400_000), (["retry-after": "0"], 0),
    (["retry-after": "-1"], nil), (["retry-after": "nan"], nil), (["retry-after": "inf"], nil),
    (["retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"], nil), (["retry-after": ""], nil), ([:], nil),
  ]

  @Test(arguments: said) func `is read from its headers, and bounded`(headers: [String: String], expected: Int64?) {
    #expect(error(headers).retryAfterMS == expected)
  }

  @Test func `is read from Gemini's body, where no header says it`() {
    let body = """
      {"error": {"code": 429, "message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED", "details": [
        {"@type": "type.googleapis.com/google.rpc.Help"},
        {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.07s"}]}}
      """
    #expect(error([:], body: body).code == .rateLimited)
    #expect(error([:], body: body).retryAfterMS == 34_070)
    #expect(error(["retry-after": "1"], body: body).retryAfterMS == 1000)
    #expect(error([:], body: body.replacing("34.07s", with: "long")).retryAfterMS == nil)
  }

  @Test func `what the provider says of trying again counts more than the kind`() {
    #expect(error([:]).isTransient)
    #expect(!error(["x-should-retry": "false"]).isTransient)
    let quota = #"{"error": {"code": "insufficient_quota", "message": "x"}}"#
    #expect(!error([:], body: quota).isTransient)
    #expect(error(["x-should-retry": "True"], body: quota).isTransient)
    #expect(error(["x-should-retry": "perhaps"]).shouldRetry == nil)
  }

  @Test func `which statuses may do better later`() {
    for (status, isTransient) in [
      (400, false), (401, false), (404, false), (408, true), (409, true), (425, true), (422, false), (500, true),
      (503, true), (529, true), (301, false),
    ] {
      #expect(ProviderFailure.of(status: status, body: []) { _ in nil }.isTransient == isTransient, "\(status)")
    }
  }
}
