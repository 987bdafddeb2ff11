package import Posix

/// What an operator decides about jobs.
package struct JobSettings: Sendable {
  /// Jobs that run at a time; the others are queued on disk.
  package var activeJobs = 128
  /// Of an attempt whose step names none.
  package var callTimeout: Milliseconds = 300_000
  /// The longest that results are kept whose tools allow it; 0: not at all.
  package var cacheLifetime: Milliseconds = 3_600_000
  /// Attempts at a time, for tools that bear less than their worker's slots.
  package var toolConcurrency: [String: Int] = [:]
  /// How long ended jobs are kept.
  package var retention: Milliseconds = 2_592_000_000

  package init() {}
}
