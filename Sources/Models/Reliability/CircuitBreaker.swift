/// Keeps requests from a provider that fails: after some failures in a row it is left alone, then tried with one request.
/// Pure: the caller brings the time.
package struct CircuitBreaker: Sendable, Equatable {
  private enum State: Sendable, Equatable {
    case closed(failures: Int)
    case open(untilMS: Int64, restMS: Int64)
    /// One request is on trial.
    case trying(sinceMS: Int64, restMS: Int64)
  }

  /// Failures in a row that open it.
  package var threshold = 5
  /// The first rest; doubles with each trial that fails, up to `longestMS`.
  package var restMS: Int64 = 10_000
  package var longestMS: Int64 = 300_000
  private var state = State.closed(failures: 0)

  package init() {}

  /// How long until a request may go; 0: now, and then `succeeded`, `failed` or `abandoned` must follow.
  package mutating func admit(nowMS: Int64) -> Int64 {
    switch state {
    case .closed: return 0
    case .open(let until, let rest):
      if nowMS < until { return until - nowMS }
      state = .trying(sinceMS: nowMS, restMS: rest)
      return 0
    case .trying(let since, let rest):
      // A trial that nobody heard of again keeps nobody out for longer than a rest.
      if nowMS - since < rest { return rest - (nowMS - since) }
      state = .trying(sinceMS: nowMS, restMS: rest)
      return 0
    }
  }

  package mutating func succeeded() { state = .closed(failures: 0) }

  package mutating func failed(nowMS: Int64) {
    switch state {
    case .closed(let failures):
      state =
        failures + 1 >= threshold
        ? .open(untilMS: nowMS + restMS, restMS: restMS) : .closed(failures: failures + 1)
    case .trying(_, let rest):
      let longer = min(longestMS, rest * 2)
      state = .open(untilMS: nowMS + longer, restMS: longer)
    case .open: break
    }
  }

  /// The request ended without saying anything about the provider.
  package mutating func abandoned(nowMS: Int64) {
    if case .trying(_, let rest) = state { state = .open(untilMS: nowMS, restMS: rest) }
  }

  package var isOpen: Bool { if case .closed = state { false } else { true } }
}
