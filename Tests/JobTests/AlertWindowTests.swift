import Journal
import Policy
import Testing

@testable import Coordinator

/// What alerts look back on, without a clock: times are the test's own.
@Suite struct AlertWindowTests {
  private static let start: Int64 = 1 << 42

  private static func window(
    _ measure: AlertRule.Measure,
    _ side: AlertRule.Side = .above,
    _ bound: Double = 0,
    tool: String? = nil,
    over: Int64 = 60_000,
    atLeast: Int64 = 1
  ) -> AlertWindow {
    AlertWindow(AlertRule(name: "a", of: measure, tool: tool, side, bound, overMS: over, atLeast: atLeast))
  }

  private static func sample(
    _ at: Int64,
    _ outcome: ExecutionRecord.Outcome = .succeeded,
    us: Int64 = 1_000,
    tokens: Int64 = 0,
    nano: Int64 = 0
  ) -> AlertWindow.Sample {
    AlertWindow.Sample(
      at: start + at,
      ExecutionRecord(job: 1, at: 0, tool: "t", outcome: outcome, tookUS: us, tokens: tokens, costNanoUSD: nano)
    )
  }

  private static func value(_ window: AlertWindow, _ at: Int64) -> Double? {
    window.value(at: start + at, waitingApprovals: 3)
  }

  @Test func `what is older than the span is forgotten, to a sixtieth of it`() {
    var window = Self.window(.failures)
    window.add(Self.sample(0, .failed))
    window.add(Self.sample(30_000, .failed))
    #expect(Self.value(window, 30_000) == 2)
    #expect(Self.value(window, 58_000) == 2)
    #expect(Self.value(window, 61_000) == 1)
    #expect(Self.value(window, 95_000) == nil && window.isEmpty(at: Self.start + 95_000))
    window.add(Self.sample(95_000, .failed))
    #expect(Self.value(window, 95_000) == 1, "the ring's old laps are gone")
  }

  @Test func `each measure is what it says`() {
    let outcomes: [ExecutionRecord.Outcome] = [.succeeded, .failed, .succeeded, .succeeded, .cancelled]
    let due: [(AlertRule.Measure, Double)] = [
      (.successRate, 0.75), (.averageMS, 2.5), (.p95MS, 4), (.usd, 0.005), (.tokens, 50), (.failures, 1),
      (.waitingApprovals, 3),
    ]
    for (measure, value) in due {
      var window = Self.window(measure)
      for (i, outcome) in outcomes.enumerated() {
        window.add(Self.sample(Int64(i), outcome, us: Int64(i + 1) * 1_000, tokens: 10, nano: 1_000_000))
      }
      #expect(Self.value(window, 10) == value, "\(measure)")
    }
  }

  @Test func `too few say nothing, and none say nothing of a rate`() {
    var window = Self.window(.successRate, .below, 0.95, atLeast: 3)
    for i: Int64 in 0..<2 { window.add(Self.sample(i, .failed)) }
    window.add(Self.sample(2, .cancelled))
    #expect(Self.value(window, 3) == nil)
    window.add(Self.sample(3, .failed))
    #expect(Self.value(window, 3) == 0)
    #expect(Self.value(Self.window(.averageMS), 0) == nil)
    #expect(Self.value(Self.window(.waitingApprovals, atLeast: 9), 0) == 3, "that is no execution")
  }

  @Test func `the bound itself is on neither side`() {
    let (above, below) = (Self.window(.failures, .above, 2), Self.window(.failures, .below, 2))
    #expect(!above.isBeyond(2) && above.isBeyond(2.001) && !above.isBeyond(1))
    #expect(!below.isBeyond(2) && below.isBeyond(1.999) && !below.isBeyond(3))
  }

  @Test func `memory and the 95th percentile are bounded by the last 4096`() throws {
    var window = Self.window(.p95MS)
    for i: Int64 in 0..<20_000 { window.add(Self.sample(i, us: i * 1_000)) }
    let value = try #require(Self.value(window, 20_000))
    #expect(value == 20_000 - 4_096 * 0.05 - 0.2 || abs(value - 19_795) <= 1, "\(value)")
  }

  @Test func `what the journal knew and what came meanwhile are added up once`() {
    var (filled, live) = (Self.window(.failures), Self.window(.failures))
    for at: Int64 in [0, 10_000, 20_000] { filled.add(Self.sample(at, .failed)) }
    for at: Int64 in [20_100, 45_000] { live.add(Self.sample(at, .failed)) }
    let merged = filled.merged(with: live)
    #expect(Self.value(merged, 45_000) == 5)
    #expect(Self.value(merged, 75_000) == 3)
  }

  @Test(arguments: [(1, 0), (2, 1), (19, 18), (20, 18), (21, 19), (100, 94), (101, 95)])
  func `the 95th percentile goes by nearest rank`(_ count: Int, _ index: Int) {
    #expect(Percentile.index(95, of: count) == index)
  }

  @Test func `a sample of durations is exact up to its limit and near beyond`() throws {
    var few = DurationSample()
    for i in (1...1_000).reversed() { few.add(Int64(i)) }
    #expect(few.p95 == 950 && few.average == 500.5)
    var many = DurationSample()
    for i in 1...400_000 { many.add(Int64(i)) }
    let p95 = try #require(many.p95)
    // The standard error of this quantile with a sample of 100,000 is about 0.07 % of the range; ten times that is allowed.
    #expect(abs(Double(p95) - 380_000) < 2_800, "\(p95)")
    #expect(many.average == 200_000.5)
  }
}
