/// How often, and after which waits, a request is tried again. Pure: the caller brings chance and time.
package struct RetryPolicy: Sendable, Equatable {
  /// Attempts in all.
  package var attempts = 3
  /// Before the second attempt; doubles from then on, up to `longestMS`.
  package var firstMS: Int64 = 500
  package var longestMS: Int64 = 8_000
  /// A provider that asks for a longer rest is not waited for.
  package var patienceMS: Int64 = 60_000

  package init() {}

  /// The wait before the next attempt in milliseconds; nil: there is none.
  ///
  /// A wait that the provider names is kept, with up to a tenth more so that not everybody comes back at once. Otherwise
  /// it is anywhere between half of the doubled wait and all of it.
  ///
  /// - Parameters:
  ///   - attempt: that failed; 1, 2, …
  ///   - leftMS: until the call's deadline.
  ///   - chance: 0 … 1.
  package func wait(after attempt: Int, _ error: ModelError, leftMS: Int64, chance: Double) -> Int64? {
    guard attempt < attempts, error.isTransient else { return nil }
    let wait: Int64
    if let asked = error.retryAfterMS {
      guard asked <= patienceMS else { return nil }
      wait = asked + Int64(Double(asked) * 0.1 * chance)
    } else {
      let doubled = min(longestMS, firstMS << Int64(min(attempt - 1, 20)))
      wait = Int64(Double(doubled) * (0.5 + 0.5 * chance))
    }
    return wait < leftMS ? wait : nil
  }
}
