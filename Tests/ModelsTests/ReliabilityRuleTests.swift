import JSON
import Testing

@testable import Models

@Suite struct RetryRuleTests {
  private let policy = RetryPolicy()

  @Test func `waits double with chance, up to the longest, and attempts end`() {
    var policy = policy
    policy.attempts = 20
    let error = ModelError(.serverError, "x")
    for (attempt, most) in [(1, 500), (2, 1_000), (3, 2_000), (5, 8_000), (19, 8_000)] as [(Int, Int64)] {
      #expect(policy.wait(after: attempt, error, leftMS: .max, chance: 0) == most / 2)
      #expect(policy.wait(after: attempt, error, leftMS: .max, chance: 1) == most)
    }
    #expect(policy.wait(after: 20, error, leftMS: .max, chance: 0) == nil)
  }

  @Test func `what the provider asks for is kept, unless it is longer than the patience or the deadline`() {
    var error = ModelError(.rateLimited, "x")
    error.retryAfterMS = 2_000
    #expect(policy.wait(after: 1, error, leftMS: 60_000, chance: 0) == 2_000)
    #expect(policy.wait(after: 1, error, leftMS: 60_000, chance: 1) == 2_200)
    #expect(policy.wait(after: 1, error, leftMS: 2_000, chance: 0) == nil)
    error.retryAfterMS = 60_001
    #expect(policy.wait(after: 1, error, leftMS: .max, chance: 0) == nil)
  }

  @Test func `only what may pass is tried again, and the provider's word counts more`() {
    for code in ModelError.Code.allCases {
      var error = ModelError(code, "x")
      let wait = policy.wait(after: 1, error, leftMS: .max, chance: 0)
      #expect((wait != nil) == error.isTransient, "\(code)")
      error.shouldRetry = false
      #expect(policy.wait(after: 1, error, leftMS: .max, chance: 0) == nil)
    }
    for status in [408, 409] {
      #expect(policy.wait(after: 1, ModelError(.badStatus, "x", status: status), leftMS: .max, chance: 0) != nil)
    }
    #expect(policy.wait(after: 1, ModelError(.badStatus, "x", status: 418), leftMS: .max, chance: 0) == nil)
  }
}

@Suite struct CircuitBreakerTests {
  @Test func `it opens after failures in a row, and success forgets them`() {
    var breaker = CircuitBreaker()
    for _ in 0..<4 { breaker.failed(nowMS: 0) }
    breaker.succeeded()
    for _ in 0..<4 { breaker.failed(nowMS: 0) }
    #expect(breaker.admit(nowMS: 0) == 0 && !breaker.isOpen)
    breaker.failed(nowMS: 100)
    #expect(breaker.isOpen && breaker.admit(nowMS: 100) == 10_000 && breaker.admit(nowMS: 10_099) == 1)
  }

  @Test func `one request is on trial, and its end decides`() {
    var breaker = CircuitBreaker()
    for _ in 0..<5 { breaker.failed(nowMS: 0) }
    #expect(breaker.admit(nowMS: 10_000) == 0)
    #expect(breaker.admit(nowMS: 10_001) == 9_999, "the second waits for the first")
    breaker.failed(nowMS: 10_500)
    #expect(breaker.admit(nowMS: 10_500) == 20_000, "a rest that failed is doubled")
    #expect(breaker.admit(nowMS: 30_500) == 0)
    breaker.succeeded()
    #expect(breaker.admit(nowMS: 30_501) == 0 && breaker.admit(nowMS: 30_501) == 0)
  }

  @Test func `rests end at the longest, and a trial without an end keeps nobody out for ever`() {
    var breaker = CircuitBreaker()
    var now: Int64 = 0
    for _ in 0..<5 { breaker.failed(nowMS: now) }
    for _ in 0..<12 {
      now += breaker.admit(nowMS: now)
      _ = breaker.admit(nowMS: now)
      breaker.failed(nowMS: now)
    }
    #expect(breaker.admit(nowMS: now) == 300_000)
    now += 300_000
    #expect(breaker.admit(nowMS: now) == 0)
    #expect(breaker.admit(nowMS: now + 300_000) == 0)
    breaker.abandoned(nowMS: now + 300_000)
    #expect(breaker.admit(nowMS: now + 300_000) == 0, "a trial that said nothing is followed by another")
  }
}

@Suite struct RecordingTests {
  private func exchange(_ text: String, stream: Bool = false, path: String = "/chat") -> Recording.Exchange {
    let body: JSON = ["model": "m", "stream": .bool(stream), "messages": ["x"]]
    return Recording.Exchange(provider: "p", path: path, body: body, status: 200, contentType: "t", chunks: [text])
  }

  @Test func `it is written and read without loss`() throws {
    let recording = Recording([exchange("one"), exchange("tw\u{0}o ⛵️", stream: true)])
    #expect(try Recording(try JSON(parsing: recording.json.serialized())) == recording)
  }

  @Test func `equal requests are answered in order, the last one from then on`() throws {
    var player = Player(Recording([exchange("one"), exchange("two", stream: true)]))
    func next() throws -> String? {
      try player.answer(provider: "p", path: "/chat", body: ["messages": ["x"], "model": "m"]).chunks.first
    }
    #expect(try [next(), next(), next()] == ["one", "two", "two"])
    #expect(throws: ModelError.self) { try player.answer(provider: "q", path: "/chat", body: [:]) }
  }

  @Test(arguments: [
    "[]", "{}", #"{"recording": 2, "exchanges": []}"#, #"{"recording": 1, "exchanges": {}}"#,
    #"{"recording": 1, "exchanges": [{}]}"#,
    #"{"recording": 1, "exchanges": [{"request": {"provider": "p", "path": "/", "body": 1}, "status": 99, "type": "", "chunks": []}]}"#,
    #"{"recording": 1, "exchanges": [{"request": {"provider": "p", "path": "/", "body": 1}, "status": 200, "type": "", "chunks": [1]}]}"#,
  ])
  func `what is none is refused`(text: String) throws {
    #expect(throws: ModelError.self) { try Recording(try JSON(parsing: text)) }
  }
}
