package import Wire

/// Metrics in columns.
package enum MetricsTables {
  /// A line for each of `rows`, and their total below when there is more than one.
  package static func executions(
    _ heading: String,
    _ rows: [(name: String, sum: ExecutionSum)],
    total: ExecutionSum? = nil
  ) -> Table {
    let hasModels = rows.contains { $0.sum.usesModels }
    var table = Table(
      [heading, "RUNS", "FAILED", "CANCELLED", "SUCCESS", "AVERAGE", "P95"] + (hasModels ? ["TOKENS", "COST"] : [])
    )
    func add(_ name: String, _ sum: ExecutionSum) {
      let cells = [
        printableLine(name), "\(sum.executions)", "\(sum.failed)", "\(sum.cancelled)", percent(sum.successRate),
        took(sum.averageMS), took(sum.p95MS),
      ]
      table.add(
        cells + (hasModels ? [shortCount(sum.tokens), cost(sum)] : []),
        colours: [nil, nil, sum.failed > 0 ? .red : nil]
      )
    }
    for row in rows { add(row.name, row.sum) }
    if rows.count > 1, let total { add("total", total) }
    return table
  }

  package static func rules(_ rows: [(name: String, asked: Int64, blocked: Int64, warned: Int64)]) -> Table {
    var table = Table("RULE", "ASKED", "BLOCKED", "WARNED")
    for row in rows { table.add([printableLine(row.name), "\(row.asked)", "\(row.blocked)", "\(row.warned)"]) }
    return table
  }

  package static func alerts(_ alerts: [RaisedAlert], now: Int64) -> Table {
    var table = Table("ALERT", "MEASURED", "BOUND", "TOOL", "RAISED")
    for alert in alerts {
      table.add(
        [
          printableLine(alert.name), "\(printableLine(alert.measure)) \(decimal(alert.value))",
          "\(printableLine(alert.side)) \(decimal(alert.bound))", alert.tool ?? "-",
          "\(spanText(milliseconds: max(0, now - alert.since))) ago",
        ],
        colours: [.red]
      )
    }
    return table
  }

  /// Counts of jobs in one line: those that are not zero, and how those that ended did.
  package static func jobs(_ jobs: JobCounts) -> String {
    let states = [
      (jobs.succeeded, "succeeded"), (jobs.failed, "failed"), (jobs.cancelled, "cancelled"), (jobs.running, "running"),
      (jobs.waiting, "waiting"), (jobs.queued, "queued"), (jobs.paused, "paused"), (jobs.cancelling, "cancelling"),
    ]
    let shown = states.filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    return shown.isEmpty ? "none" : shown.joined(separator: ", ")
  }

  /// `97.5 %`, or `-` of nothing.
  package static func percent(_ rate: Double?) -> String {
    guard let rate else { return "-" }
    // Only what is whole is shown as whole.
    let thousandths = rate >= 1 ? 1_000 : min(999, Int((rate * 1_000).rounded()))
    return thousandths % 10 == 0 ? "\(thousandths / 10) %" : "\(thousandths / 10).\(thousandths % 10) %"
  }

  /// `0.4ms`, `12ms`, `1.2s`, or `-` of nothing.
  package static func took(_ milliseconds: Double?) -> String {
    guard let milliseconds, milliseconds.isFinite else { return "-" }
    if milliseconds < 10 { return "\(decimal((milliseconds * 10).rounded() / 10))ms" }
    return tookText(milliseconds: Int64(min(milliseconds.rounded(), 9e15)))
  }

  /// At most three places, none that are zero.
  package static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
    let text = "\((value * 1_000).rounded() / 1_000)"
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func cost(_ sum: ExecutionSum) -> String {
    if sum.unpricedCalls > 0, sum.costNanoUSD == 0 { return "?" }
    return dollarText(nano: sum.costNanoUSD) + (sum.unpricedCalls > 0 ? " + ?" : "")
  }
}

extension ExecutionSum {
  fileprivate var usesModels: Bool { tokens > 0 || costNanoUSD > 0 || unpricedCalls > 0 }
}
