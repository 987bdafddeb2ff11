package import Wire

/// When and how often a failed attempt is followed by another.
package struct Retry: Sendable, Hashable {
  /// The first one included; 1 … 100.
  package var maxAttempts = 1
  /// Before the second attempt; doubles from one to the next.
  package var backoffMS: Int64 = 1_000
  package var maxBackoffMS: Int64 = 60_000
  /// The part of a wait that chance adds or takes away, 0 … 1.
  package var jitter = 0.2
  /// Names of the errors after which another attempt makes sense; nil: `allowedByDefault`.
  package var on: Set<String>?

  package init() {}

  /// Failures that another attempt may not meet.
  package static let allowedByDefault: Set<WireError.Name> = [
    .toolFailed, .workerLost, .deadlineExceeded, .overloaded, .unavailable, .invalidOutput, .internalError,
  ]

  /// Whether `name` may be followed by another attempt. A name of a tool's own counts as its failure.
  package func allows(_ name: WireError.Name) -> Bool {
    if let on { return on.contains(name.rawValue) }
    return Self.allowedByDefault.contains(name) || WireError.codes[name] == nil
  }

  /// How long to wait after attempt number `attempt` (from 1), in milliseconds: `backoffMS` × 2^(attempt − 1), at most
  /// `maxBackoffMS`, moved by up to ± `jitter` of itself. `random` is in 0 … 1.
  package func delay(afterAttempt attempt: Int, random: Double) -> Int64 {
    var base = min(backoffMS, maxBackoffMS)
    for _ in 1..<max(1, min(attempt, 64)) where base < maxBackoffMS {
      base = base > maxBackoffMS / 2 ? maxBackoffMS : base * 2
    }
    let chance = random.isFinite ? min(max(random, 0), 1) : 0.5
    let moved = Double(base) * (1 + jitter * (2 * chance - 1))
    return min(max(0, Int64(moved.rounded())), maxBackoffMS)
  }
}
