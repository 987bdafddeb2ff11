import JSON
import Testing
import Wire

@testable import TerminalText

@Suite struct TwoModelsTests {
  private static func sum(
    _ small: Int64,
    _ escalated: Int64,
    cost: Int64,
    baseline: Int64,
    unpriced: Int64 = 0,
    large: UsageSum.LargeModel = .one("gpt-4o")
  ) -> UsageSum {
    var sum = UsageSum()
    sum.calls = small + escalated
    (sum.smallCalls, sum.escalatedCalls, sum.unpricedCalls) = (small, escalated, unpriced)
    (sum.costNanoUSD, sum.baselineNanoUSD, sum.large) = (cost, baseline, large)
    return sum
  }

  @Test func `what a small model spared is one line`() {
    #expect(
      Self.sum(14, 1, cost: 2_100_000, baseline: 41_000_000).twoModelsText
        == "2 models: small 14 calls, 1 escalated; $0.0021, all by gpt-4o $0.0410 (95 % less)"
    )
    #expect(
      Self.sum(1, 0, cost: 0, baseline: 5_000_000).twoModelsText
        == "2 models: small 1 call; $0, all by gpt-4o $0.0050 (100 % less)"
    )
    #expect(
      Self.sum(3, 3, cost: 50_000_000, baseline: 40_000_000, large: .several).twoModelsText
        == "2 models: small 3 calls, 3 escalated; $0.0500, all by the large model $0.0400 (25 % more)"
    )
    #expect(Self.sum(9, 0, cost: 1, baseline: 1_000_000_000).twoModelsText?.hasSuffix("$1.00 (99 % less)") == true)
    #expect(Self.sum(9, 0, cost: 1_000_000, baseline: 1_000_000).twoModelsText?.hasSuffix("gpt-4o $0.0010") == true)
    #expect(Self.sum(1, 1, cost: .max, baseline: 1).twoModelsText?.hasSuffix("(999999 % more)") == true)
  }

  @Test func `where nothing was spared nothing is said`() {
    let plain = Self.sum(0, 0, cost: 5, baseline: 5)
    #expect(plain.twoModelsText == nil && plain.smallText == nil && plain.baselineText == nil)
    let free = Self.sum(2, 0, cost: 0, baseline: 0, large: .none)
    #expect(free.twoModelsText == "2 models: small 2 calls; $0", "no model has a price")
  }

  @Test func `an unknown price is no saving`() {
    #expect(
      Self.sum(2, 0, cost: 0, baseline: 0, unpriced: 2).twoModelsText == "2 models: small 2 calls; price unknown"
    )
    #expect(
      Self.sum(2, 1, cost: 1_000_000, baseline: 9_000_000, unpriced: 1).twoModelsText
        == "2 models: small 2 calls, 1 escalated; $0.0010 + ?, all by gpt-4o $0.0090 + ?"
    )
  }

  @Test func `a model's name cannot colour the line or fill it`() {
    let name = "gpt\u{1B}[31m" + String(repeating: "x", count: 500)
    let text = Self.sum(2, 1, cost: 1, baseline: 9, large: .one(name)).twoModelsText ?? ""
    #expect(!text.contains("\u{1B}") && text.count < 160)
  }

  @Test func `a report has columns for it, and a timeline a word, where small models were used`() {
    let used = Self.sum(14, 1, cost: 2_100_000, baseline: 41_000_000)
    let table = UsageTables.table("DAY", [("2026-01-01", used)], total: used).text(.plain)
    #expect(table.contains("SMALL") && table.contains("ESCALATED") && table.contains("ALL LARGE"))
    #expect(table.contains("$0.0410"))
    let plain = Self.sum(0, 0, cost: 5, baseline: 5)
    #expect(!UsageTables.table("DAY", [("2026-01-01", plain)], total: plain).text(.plain).contains("SMALL"))
    var history = History()
    history.add(0, "step.started", "ask", ["attempt": 1])
    history.add(30, "step.succeeded", "ask")
    var step = StepReport(id: "ask", tool: "model", state: "succeeded")
    step.usage = used
    let lines = Waterfall(width: 120, paint: .plain).lines(
      Timeline(history.events, now: History.epoch + 40),
      usage: [step]
    )
    #expect(lines.last?.hasSuffix("$0.0021; small 14 calls, 1 escalated") == true, "\(lines)")
  }
}
