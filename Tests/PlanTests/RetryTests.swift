import Plan
import Testing
import Wire

@Suite struct `Retries` {
  @Test func `waits double up to the longest`() {
    var retry = Retry()
    retry.backoffMS = 100
    retry.maxBackoffMS = 1_000
    retry.jitter = 0
    #expect((1...6).map { retry.delay(afterAttempt: $0, random: 0.3) } == [100, 200, 400, 800, 1_000, 1_000])
    #expect(retry.delay(afterAttempt: Int.max, random: 0) == 1_000)
    #expect(retry.delay(afterAttempt: 0, random: 0) == 100)
    #expect(retry.delay(afterAttempt: -5, random: 0) == 100)
  }

  @Test func `chance moves a wait by its part and never beyond the longest`() {
    var retry = Retry()
    #expect([0, 0.5, 1].map { retry.delay(afterAttempt: 1, random: $0) } == [800, 1_000, 1_200])
    #expect([0, 0.5, 1].map { retry.delay(afterAttempt: 30, random: $0) } == [48_000, 60_000, 60_000])
    retry.jitter = 1
    #expect([0, 1].map { retry.delay(afterAttempt: 1, random: $0) } == [0, 2_000])
    #expect([-3, 9, Double.nan].map { retry.delay(afterAttempt: 1, random: $0) } == [0, 2_000, 1_000])
    retry.backoffMS = 0
    #expect(retry.delay(afterAttempt: 50, random: 1) == 0)
    retry.backoffMS = Limit.timeoutMS
    retry.maxBackoffMS = Limit.timeoutMS
    #expect(retry.delay(afterAttempt: 100, random: 1) == Limit.timeoutMS)
  }

  @Test func `a first wait beyond the default longest one raises it`() throws {
    let step = try step(input: "{}", more: #","retry":{"max_attempts":2,"backoff_ms":120000}"#)
    #expect(step.retry.maxBackoffMS == 120_000)
  }

  @Test func `without names what may pass is tried again, what cannot is not`() {
    let retry = Retry()
    let again: [WireError.Name] = [
      .toolFailed, .workerLost, .deadlineExceeded, .overloaded, .unavailable, .invalidOutput, .internalError,
    ]
    for name in again { #expect(retry.allows(name), "\(name.rawValue)") }
    for name in WireError.codes.keys where !again.contains(name) { #expect(!retry.allows(name), "\(name.rawValue)") }
    // A tool's own word for its failure.
    #expect(retry.allows(WireError.Name(rawValue: "rate_limited")))
  }

  @Test func `with names only those are tried again`() throws {
    let step = try step(input: "{}", more: #","retry":{"max_attempts":2,"on":["refused","rate_limited"]}"#)
    #expect(step.retry.allows(.refused) && step.retry.allows(WireError.Name(rawValue: "rate_limited")))
    #expect(!step.retry.allows(.toolFailed) && !step.retry.allows(WireError.Name(rawValue: "other")))
    #expect(try !plan(#"{"steps":[{"id":"a","tool":"t","retry":{"on":[]}}]}"#).steps[0].retry.allows(.toolFailed))
  }
}
