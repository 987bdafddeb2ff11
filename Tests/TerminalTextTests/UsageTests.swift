import JSON
import Testing
import Wire

@testable import TerminalText

@Suite struct UsageTests {
  private static func sum(_ calls: Int64, _ input: Int64, _ output: Int64, cost: Int64 = 0, unpriced: Int64 = 0)
    -> UsageSum
  {
    var sum = UsageSum()
    sum.calls = calls
    sum.inputTokens = input
    sum.outputTokens = output
    sum.costNanoUSD = cost
    sum.unpricedCalls = unpriced
    return sum
  }

  @Test(
    arguments: [
      (0, "0"), (999, "999"), (1_000, "1k"), (1_250, "1.2k"), (18_230, "18.2k"), (99_999, "99.9k"), (100_900, "100k"),
      (1_000_000, "1M"), (3_460_000, "3.4M"), (7_000_000_000, "7G"), (Int64.max, "9223372T"),
    ] as [(Int64, String)]
  )
  func `counts take three digits`(_ count: Int64, _ text: String) { #expect(shortCount(count) == text) }

  @Test(
    arguments: [
      (0, "$0"), (400, "<$0.000001"), (500, "$0.000001"), (3_999, "$0.000004"), (999_999, "$0.001000"),
      (5_490_000, "$0.0055"), (61_250_000, "$0.0613"), (999_999_999, "$1.0000"), (1_000_000_000, "$1.00"),
      (12_345_000_000, "$12.35"), (Int64.max, "$9223372036.85"),
    ] as [(Int64, String)]
  )
  func `dollars have as many places as say something`(_ nano: Int64, _ text: String) {
    #expect(dollarText(nano: nano) == text)
  }

  @Test func `an unknown price is said, not guessed`() {
    #expect(Self.sum(1, 5, 1).costText == "$0", "free")
    #expect(Self.sum(2, 5, 1, unpriced: 2).costText == "?")
    #expect(Self.sum(2, 5, 1, unpriced: 1).costText == "$0 + ?")
    #expect(Self.sum(2, 5, 1, cost: 2_000_000_000, unpriced: 1).costText == "$2.00 + ?")
    #expect(Self.sum(1, 1_200, 310, cost: 5_490_000).text == "1 model call, 1.2k tokens in, 310 out, $0.0055")
    #expect(Self.sum(2, 5, 1, unpriced: 2).text == "2 model calls, 5 tokens in, 1 out, price unknown")
    var estimated = Self.sum(1, 5, 1)
    estimated.estimatedCalls = 1
    #expect(estimated.tokensText == "~5/1" && estimated.text.contains("about 5 tokens"))
  }

  @Test func `steps have columns for it when one of them used anything`() {
    var step = StepReport(id: "ask", tool: "chat", state: "succeeded")
    #expect(!JobTables.steps([step], now: 0).text(.plain).contains("COST"))
    step.usage = Self.sum(1, 1_200, 310, cost: 5_490_000)
    let text = JobTables.steps([step, StepReport(id: "b", tool: "t", state: "pending")], now: 0).text(.plain)
    #expect(text.contains("TOKENS") && text.contains("1.2k/310") && text.contains("$0.0055"))
  }

  @Test func `a waterfall tells it once, below the last attempt`() {
    var history = History()
    history.add(0, "step.started", "ask", ["attempt": 1])
    history.add(10, "step.retrying", "ask", ["name": "tool_failed", "message": "no", "delay_ms": 1])
    history.add(20, "step.started", "ask", ["attempt": 2])
    history.add(30, "step.succeeded", "ask")
    var step = StepReport(id: "ask", tool: "chat", state: "succeeded")
    step.usage = Self.sum(2, 40, 4)
    let timeline = Timeline(history.events, now: History.epoch + 40)
    let lines = Waterfall(width: 80, paint: .plain).lines(timeline, usage: [step])
    #expect(lines.last == "    2 model calls, 40 tokens in, 4 out, $0")
    #expect(lines.count { $0.contains("model calls") } == 1)
  }

  @Test func `a report ends with its total, and control characters stay out`() {
    let rows: [(key: String?, sum: UsageSum)] = [("gpt\u{1B}[31m", Self.sum(1, 2, 3)), (nil, Self.sum(1, 2, 3))]
    let text = UsageTables.table("MODEL", rows, total: Self.sum(2, 4, 6)).text(.plain)
    #expect(text.contains("(removed jobs)") && !text.contains("\u{1B}"))
    #expect(text.split(separator: "\n").last?.hasPrefix("total") == true)
  }
}
