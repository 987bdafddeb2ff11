import JSON
import TerminalText
import Testing
import Wire

@Suite struct MetricsTextTests {
  @Test(arguments: [
    (1.0, "100 %"), (0.9999, "99.9 %"), (0.95, "95 %"), (0.975, "97.5 %"), (0.0, "0 %"), (0.0004, "0 %"),
  ])
  func `a rate is whole only when it is`(_ rate: Double, _ text: String) {
    #expect(MetricsTables.percent(rate) == text)
  }

  @Test(arguments: [(0.04, "0ms"), (0.25, "0.3ms"), (9.94, "9.9ms"), (12.3, "12ms"), (1_234, "1.2s"), (.infinity, "-")])
  func `a time has as many places as say something`(_ milliseconds: Double, _ text: String) {
    #expect(MetricsTables.took(milliseconds) == text)
  }

  @Test func `a table has columns for models only where some were used, and a total`() {
    var echo = ExecutionSum()
    (echo.executions, echo.succeeded, echo.failed, echo.averageMS, echo.p95MS) = (4, 3, 1, 0.5, 2)
    let plain = MetricsTables.executions("TOOL", [("echo", echo)], total: echo).text(.plain)
    #expect(
      plain == """
        TOOL  RUNS  FAILED  CANCELLED  SUCCESS  AVERAGE  P95
        echo  4     1       0          75 %     0.5ms    2ms
        """
    )
    var chat = ExecutionSum()
    (chat.executions, chat.succeeded, chat.tokens, chat.costNanoUSD, chat.unpricedCalls) = (1, 1, 20_647, 61_250_000, 2)
    var total = echo
    (total.executions, total.succeeded, total.tokens) = (5, 4, 20_647)
    let both = MetricsTables.executions("TOOL", [("echo", echo), ("chat", chat)], total: total).text(.plain)
    #expect(both.contains("chat   1     0       0          100 %    -        -    20.6k   $0.0613 + ?"), "\(both)")
    #expect(both.split(separator: "\n").last?.hasPrefix("total  5") == true)
  }

  @Test func `an alert says what was measured, and a hostile name steers no terminal`() {
    let alert = RaisedAlert(
      name: "a\u{1B}[31m",
      measure: "success_rate",
      side: "below",
      bound: 0.95,
      value: 0.9,
      since: 1_000
    )
    let text = MetricsTables.alerts([alert], now: 61_000).text(.plain)
    #expect(text.contains("success_rate 0.9  below 0.95  -     1m ago") && !text.contains("\u{1B}"), "\(text)")
  }

  @Test func `a line of history has state, time, cost, and the error below`() {
    var job = JobSummary(
      id: "report-7",
      kind: "plan",
      state: "failed",
      title: "Weekly\nreport",
      stepCount: 1,
      createdAt: 1_767_340_000_000,
      sequence: 7
    )
    (job.startedAt, job.endedAt) = (1_767_340_000_000, 1_767_340_012_300)
    job.reason = ["step": "fetch", "name": "tool_failed", "message": "404"]
    var usage = UsageSum()
    (usage.calls, usage.inputTokens, usage.outputTokens, usage.costNanoUSD) = (1, 1_250, 40, 5_490_000)
    job.usage = usage
    let lines = HistoryText.line(job, .plain).split(separator: "\n")
    #expect(
      lines.first == "2026-01-02 07:46:52  report-7: failed in 12.3s, 1.2k/40 tokens, $0.0055  Weekly report",
      "\(lines)"
    )
    #expect(lines.count == 2 && lines[1].contains("404"))
  }

  @Test func `a probe has its latency and, where something is wrong, what helps`() {
    let fine = HealthText.line(HealthProbe("journal", .ok, latencyMS: 0.21, message: "a commit is on disk"), .plain)
    #expect(fine == "ok    journal                0.2ms    a commit is on disk")
    let bad = HealthText.line(HealthProbe("worker web-1", .failed, message: "gone", hint: "do this"), .plain)
    #expect(bad.hasPrefix("FAIL  worker web-1           -        gone\n") && bad.hasSuffix("hint: do this"))
    #expect(HealthText.verdict(.degraded, tookMS: 12.4, .plain) == "degraded, 12ms")
  }
}
