package import JSON

/// What several executions came to: attempts at steps and calls that workers had and that ended.
public struct ExecutionSum: Sendable, Equatable {
  public var executions: Int64 = 0
  public var succeeded: Int64 = 0
  public var failed: Int64 = 0
  /// Somebody stopped them: they count neither as succeeded nor as failed.
  public var cancelled: Int64 = 0
  /// In milliseconds, in the worker's hands; nil: none ended by itself.
  public var averageMS: Double?
  /// At least 95 of 100 took so long or less.
  public var p95MS: Double?
  /// Read and written by language models.
  public var tokens: Int64 = 0
  /// In billionths of a US dollar, of the calls whose price is known.
  public var costNanoUSD: Int64 = 0
  /// Calls of language models whose price nobody knows.
  public var unpricedCalls: Int64 = 0

  /// Of those that ended by themselves, between 0 and 1; nil: there are none.
  public var successRate: Double? {
    succeeded + failed > 0 ? Double(succeeded) / Double(succeeded + failed) : nil
  }

  public init() {}
}

extension ExecutionSum: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    executions = try fields.requireInteger("executions")
    succeeded = try fields.requireInteger("succeeded")
    failed = try fields.requireInteger("failed")
    cancelled = try fields.requireInteger("cancelled")
    // Follows from the others.
    _ = try fields.optional("success_rate", Double.self)
    averageMS = try fields.optional("average_ms")
    p95MS = try fields.optional("p95_ms")
    tokens = try fields.requireInteger("tokens")
    costNanoUSD = try fields.requireInteger("cost_nano_usd")
    unpricedCalls = try fields.integer("unpriced_calls") ?? 0
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("executions", executions)
    writer.member("succeeded", succeeded)
    writer.member("failed", failed)
    writer.member("cancelled", cancelled)
    writer.number("success_rate", successRate)
    writer.number("average_ms", averageMS)
    writer.number("p95_ms", p95MS)
    writer.member("tokens", tokens)
    writer.member("cost_nano_usd", costNanoUSD)
    if unpricedCalls > 0 { writer.member("unpriced_calls", unpricedCalls) }
  }
}

/// Jobs by their states. Of those that ended, the ones that ended in the time that is looked at; the others are counted as
/// they are now.
public struct JobCounts: Sendable, Equatable {
  public var queued: Int64 = 0
  public var running: Int64 = 0
  public var waiting: Int64 = 0
  public var paused: Int64 = 0
  public var cancelling: Int64 = 0
  public var succeeded: Int64 = 0
  public var failed: Int64 = 0
  public var cancelled: Int64 = 0
  /// From the start of a job to its end, waiting included; nil: none ended by itself.
  public var averageMS: Double?
  public var p95MS: Double?

  /// Of those that ended by themselves, between 0 and 1; nil: there are none.
  public var successRate: Double? {
    succeeded + failed > 0 ? Double(succeeded) / Double(succeeded + failed) : nil
  }

  public init() {}
}

extension JobCounts: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    queued = try fields.requireInteger("queued")
    running = try fields.requireInteger("running")
    waiting = try fields.requireInteger("waiting")
    paused = try fields.requireInteger("paused")
    cancelling = try fields.requireInteger("cancelling")
    succeeded = try fields.requireInteger("succeeded")
    failed = try fields.requireInteger("failed")
    cancelled = try fields.requireInteger("cancelled")
    _ = try fields.optional("success_rate", Double.self)
    averageMS = try fields.optional("average_ms")
    p95MS = try fields.optional("p95_ms")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("queued", queued)
    writer.member("running", running)
    writer.member("waiting", waiting)
    writer.member("paused", paused)
    writer.member("cancelling", cancelling)
    writer.member("succeeded", succeeded)
    writer.member("failed", failed)
    writer.member("cancelled", cancelled)
    writer.number("success_rate", successRate)
    writer.number("average_ms", averageMS)
    writer.number("p95_ms", p95MS)
  }
}
