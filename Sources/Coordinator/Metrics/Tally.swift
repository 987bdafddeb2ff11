internal import Journal
internal import Wire

/// Durations of which the 95th percentile is wanted: all of them up to a bound, beyond it a sample in which each has the same
/// chance to be (reservoir sampling), so that memory does not grow with what is looked at.
struct DurationSample: Sendable {
  static let limit = 100_000

  private var values: [Int64] = []
  private var count = 0
  private var sum = 0.0
  /// xorshift: chance that nobody must be kept from foreseeing.
  private var state: UInt64 = 0x9E37_79B9_7F4A_7C15

  init() {}

  mutating func add(_ value: Int64) {
    count += 1
    sum += Double(value)
    if values.count < Self.limit { return values.append(value) }
    let position = Int(next() % UInt64(count))
    if position < Self.limit { values[position] = value }
  }

  private mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }

  var average: Double? { count > 0 ? sum / Double(count) : nil }

  var p95: Int64? {
    guard !values.isEmpty else { return nil }
    return values.sorted()[Percentile.index(95, of: values.count)]
  }
}

/// Executions, counted.
struct ExecutionTally: Sendable {
  private var succeeded: Int64 = 0
  private var failed: Int64 = 0
  private var cancelled: Int64 = 0
  private var durations = DurationSample()

  init() {}

  /// What was stopped says nothing about how long it takes.
  mutating func add(_ execution: ExecutionRecord) {
    switch execution.outcome {
    case .succeeded: succeeded += 1
    case .failed: failed += 1
    case .cancelled:
      cancelled += 1
      return
    }
    durations.add(execution.tookUS)
  }

  var sum: ExecutionSum {
    var sum = ExecutionSum()
    sum.executions = succeeded + failed + cancelled
    sum.succeeded = succeeded
    sum.failed = failed
    sum.cancelled = cancelled
    sum.averageMS = durations.average.map { $0 / 1_000 }
    sum.p95MS = durations.p95.map { Double($0) / 1_000 }
    return sum
  }
}
