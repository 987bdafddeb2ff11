internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let metrics = Command(
    path: ["metrics"],
    summary: "show how jobs, tools, models and rules do",
    flags: [
      Flag("since", value: "TIME", "only what ended in the last TIME, such as 12h or 7d"),
      Flag("until", value: "TIME", "only what ended longer ago than TIME"),
    ],
    description: [
      "Prints how many jobs succeeded and failed and how long they took, the same for each tool and each language model with what they used and cost, how often each rule of the policy asked a person, blocked or warned, and the alerts that are raised.",
      "RUNS are attempts at steps and calls that a worker had and that ended; the rate of success and the times are of those that nobody cancelled. P95 is the time that 95 of 100 did not exceed. A job's time counts from its start to its end, waiting for people included. Executions and what rules did are kept for 90 days, also when 'bulkhead gc' has removed their jobs.",
      "With --json the document is the answer of metrics/report with five members more: total_tokens, estimated_cost (in US dollars, of the calls whose price is known), success_rate and avg_execution_time (of jobs, in seconds; absent when none has ended), and since.",
    ],
    exits: ["0    they are printed", "1    the coordinator refused to tell"],
    examples: [
      Example("bulkhead metrics --since 24h", "How the last day went."),
      Example("bulkhead metrics --since 1h --json", "For a program that watches."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let span = try TimeSpan(arguments)
      let client = try await arguments.connect()
      let (since, until) = (span.since, span.until)
      let report = try await asking { () async throws(ClientError) in
        try await client.metricsReport(since: since, until: until)
      }
      if console.isJSON {
        console.print(document(report, since: since))
      } else {
        console.print(MetricsText(report, paint: console.paint()).text)
        if report.isAbridged { console.note("there is more than one report takes; --since leaves out older ones") }
      }
      return ExitCode.success
    }
  )

  private static func document(_ report: MetricsReport.Response, since: Int64?) -> JSON {
    var object: JSONObject = [:]
    object["total_tokens"] = .integer(report.total.tokens)
    object["estimated_cost"] = JSON(Double(report.total.costNanoUSD) / 1e9)
    object["success_rate"] = report.jobs.successRate.flatMap { JSON(($0 * 1e6).rounded() / 1e6) }
    object["avg_execution_time"] = report.jobs.averageMS.flatMap { JSON($0.rounded() / 1_000) }
    object["since"] = since.map { .integer($0) }
    for member in report.json.objectValue?.members ?? [] { object[member.key] = member.value }
    return .object(object)
  }
}

/// Metrics as a page of text.
struct MetricsText {
  private let report: MetricsReport.Response
  private let paint: Paint

  init(_ report: MetricsReport.Response, paint: Paint) {
    self.report = report
    self.paint = paint
  }

  var text: String {
    var parts = [summary]
    if !report.alerts.isEmpty { parts.append(MetricsTables.alerts(report.alerts, now: report.at).text(paint)) }
    if !report.tools.isEmpty {
      let rows = report.tools.map { (name: $0.name, sum: $0.sum) }
      parts.append(MetricsTables.executions("TOOL", rows, total: report.total).text(paint))
    }
    if !report.models.isEmpty {
      parts.append(MetricsTables.executions("MODEL", report.models.map { (name: $0.name, sum: $0.sum) }).text(paint))
    }
    if !report.rules.isEmpty {
      let rows = report.rules.map { (name: $0.name, asked: $0.asked, blocked: $0.blocked, warned: $0.warned) }
      parts.append(MetricsTables.rules(rows).text(paint))
    }
    return parts.joined(separator: "\n\n")
  }

  private var summary: String {
    let (jobs, total) = (report.jobs, report.total)
    var rows = [("jobs", MetricsTables.jobs(jobs))]
    if jobs.successRate != nil {
      let times = "\(MetricsTables.took(jobs.averageMS)) on average, 95 of 100 within \(MetricsTables.took(jobs.p95MS))"
      rows.append(("success", MetricsTables.percent(jobs.successRate)))
      rows.append(("time", times))
    }
    if report.waitingApprovals > 0 {
      rows.append(("waiting", "\(counted(Int(report.waitingApprovals), "approval")) for a person"))
    }
    if total.tokens > 0 || total.costNanoUSD > 0 {
      let unpriced = total.unpricedCalls > 0 ? " and \(counted(Int(total.unpricedCalls), "call")) of unknown price" : ""
      rows.append(("models", "\(shortCount(total.tokens)) tokens, \(dollarText(nano: total.costNanoUSD))\(unpriced)"))
    }
    rows.append(("alerts", report.alerts.isEmpty ? "none is raised" : paint("\(report.alerts.count) raised", .red)))
    return rows.map { $0 + String(repeating: " ", count: 11 - $0.count) + $1 }.joined(separator: "\n")
  }
}

/// From when to when something is wanted, as `--since` and `--until` say by how long ago it was.
struct TimeSpan {
  /// Milliseconds since 1970.
  let since: Int64?
  let until: Int64?

  init(_ arguments: Arguments) throws(Failure) {
    let due = "a time such as 12h or 7d is due"
    let now = wallClock()
    since = try arguments.milliseconds("since", in: 0...Int64.max, due: due).map { max(0, now - $0) }
    until = try arguments.milliseconds("until", in: 0...Int64.max, due: due).map { max(0, now - $0) }
    if let since, let until, since >= until {
      throw Failure(usage: "'--since' is no longer ago than '--until': nothing lies between them")
    }
  }
}
