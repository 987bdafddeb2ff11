/// How long to wait before the next start of a worker: doubling, capped, jittered.
///
///     starts that failed in a row      1      2      3      4    …
///     wait, backoff 100 ms           100    200    400    800    … up to max_backoff, each ± 25 %
///
/// A process that ended before its first job was done uses `throttle` instead of `backoff` as the first wait.
struct Backoff: Equatable {
  private(set) var failures = 0

  /// Milliseconds to wait after another failure. `jitter` is in −1 … 1.
  mutating func next(_ restart: WorkerManifest.Restart, wasUseful: Bool, jitter: Double) -> Int64 {
    let first = wasUseful ? restart.backoffMS : restart.throttleMS
    let doublings = min(failures, 20)
    failures += 1
    let wait = Double(min(first << Int64(doublings), max(restart.maxBackoffMS, first)))
    return max(1, Int64(wait * (1 + 0.25 * jitter)))
  }

  mutating func reset() { failures = 0 }
}
