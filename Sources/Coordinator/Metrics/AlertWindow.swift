internal import Journal
internal import Policy

/// What an alert looks back on: the executions of a span that slides, in parts of a sixtieth of it.
///
/// Memory does not depend on how much happens: sixty parts, and for `p95_ms` the last 4,096 durations, of which it is exact
/// as long as no more ended in the span. Times are milliseconds on a clock that never steps.
struct AlertWindow: Sendable {
  /// One execution, as far as alerts care.
  struct Sample: Sendable {
    var at: Int64
    var outcome: ExecutionRecord.Outcome
    var tookUS: Int64
    var tokens: Int64
    var costNanoUSD: Int64

    init(at: Int64, _ execution: ExecutionRecord) {
      self.at = at
      outcome = execution.outcome
      tookUS = execution.tookUS
      tokens = execution.tokens
      costNanoUSD = execution.costNanoUSD
    }
  }

  private struct Part {
    /// Since the beginning of the clock; what an older lap of the ring left has a lesser one.
    var number: Int64 = -1
    var succeeded: Int64 = 0
    var failed: Int64 = 0
    var tookUS = 0.0
    var tokens = 0.0
    var costNanoUSD = 0.0

    mutating func add(_ part: Part) {
      succeeded += part.succeeded
      failed += part.failed
      tookUS += part.tookUS
      tokens += part.tokens
      costNanoUSD += part.costNanoUSD
    }
  }

  private static let partCount: Int64 = 60
  private static let durationLimit = 4_096

  let rule: AlertRule
  private let partMS: Int64
  private var parts = Array(repeating: Part(), count: Int(Self.partCount))
  private var durations: [(at: Int64, us: Int64)] = []
  private var nextDuration = 0

  init(_ rule: AlertRule) {
    self.rule = rule
    partMS = max(1, (rule.overMS + Self.partCount - 1) / Self.partCount)
  }

  /// Whether what this tool does is looked at.
  func covers(_ tool: String) -> Bool { rule.tool == nil || rule.tool == tool }

  /// An older one than those before may be added, as long as it is within the span.
  mutating func add(_ sample: Sample) {
    // What was stopped tells neither that something works nor that it fails.
    guard sample.outcome != .cancelled || sample.tokens > 0 || sample.costNanoUSD > 0 else { return }
    let number = max(0, sample.at) / partMS
    let index = Int(number % Self.partCount)
    if parts[index].number > number { return }
    if parts[index].number < number {
      parts[index] = Part()
      parts[index].number = number
    }
    parts[index].tokens += Double(sample.tokens)
    parts[index].costNanoUSD += Double(sample.costNanoUSD)
    guard sample.outcome != .cancelled else { return }
    if sample.outcome == .succeeded { parts[index].succeeded += 1 } else { parts[index].failed += 1 }
    parts[index].tookUS += Double(sample.tookUS)
    if rule.of == .p95MS { addDuration(at: sample.at, us: sample.tookUS) }
  }

  private mutating func addDuration(at: Int64, us: Int64) {
    if durations.count < Self.durationLimit {
      durations.append((at, us))
    } else {
      durations[nextDuration] = (at, us)
      nextDuration = (nextDuration + 1) % Self.durationLimit
    }
  }

  /// With what another window of the same rule has, which are other executions and later ones.
  func merged(with later: AlertWindow) -> AlertWindow {
    var merged = self
    for (index, part) in later.parts.enumerated() where part.number >= merged.parts[index].number {
      if part.number > merged.parts[index].number {
        merged.parts[index] = part
      } else {
        merged.parts[index].add(part)
      }
    }
    for duration in later.durations { merged.addDuration(at: duration.at, us: duration.us) }
    return merged
  }

  /// Whether time alone changes what is measured.
  func isEmpty(at now: Int64) -> Bool { !parts.contains { isCurrent($0, now) } }

  private func isCurrent(_ part: Part, _ now: Int64) -> Bool {
    part.number >= 0 && part.number > now / partMS - Self.partCount
  }

  /// What is measured at `now`; nil: too little happened to say anything.
  func value(at now: Int64, waitingApprovals: Int) -> Double? {
    if rule.of == .waitingApprovals { return Double(waitingApprovals) }
    var sum = Part()
    for part in parts where isCurrent(part, now) { sum.add(part) }
    let ended = sum.succeeded + sum.failed
    guard ended >= rule.atLeast else { return nil }
    switch rule.of {
    case .successRate: return ended > 0 ? Double(sum.succeeded) / Double(ended) : nil
    case .averageMS: return ended > 0 ? sum.tookUS / Double(ended) / 1_000 : nil
    case .p95MS: return p95(at: now)
    case .usd: return sum.costNanoUSD / 1e9
    case .tokens: return sum.tokens
    case .failures: return Double(sum.failed)
    case .waitingApprovals: return nil
    }
  }

  private func p95(at now: Int64) -> Double? {
    let oldest = (now / partMS - Self.partCount + 1) * partMS
    let within = durations.filter { $0.at >= oldest }.map(\.us).sorted()
    guard !within.isEmpty else { return nil }
    return Double(within[Percentile.index(95, of: within.count)]) / 1_000
  }

  /// Whether a value is on the side on which the alert is raised.
  func isBeyond(_ value: Double) -> Bool {
    switch rule.side {
    case .above: value > rule.bound
    case .below: value < rule.bound
    }
  }
}

/// By nearest rank: the least value that so many of a hundred do not exceed.
enum Percentile {
  /// Where it is in `count` sorted values; `count` is positive.
  static func index(_ percent: Int, of count: Int) -> Int {
    max(0, (count * percent + 99) / 100 - 1)
  }
}
