internal import JSON
package import Wire

/// Jobs and steps in columns.
package enum JobTables {
  /// `approvals` are the ids of what waits for a person, by job.
  package static func jobs(_ jobs: [JobSummary], now: Int64, approvals: [String: [String]] = [:]) -> Table {
    let hasCalls = jobs.contains { $0.kind != "plan" }
    let hasWaiting = jobs.contains { $0.state == "waiting" || approvals[$0.id] != nil }
    var table = Table(
      ["JOB"] + (hasCalls ? ["KIND"] : []) + ["STATE", "STEPS", "AGE", "TOOK"] + (hasWaiting ? ["WAITS FOR"] : [])
        + ["TITLE"]
    )
    for job in jobs {
      let title = cut(printableLine(job.title), to: 48)
      let cells = [job.id] + (hasCalls ? [job.kind] : [])
      table.add(
        cells + [
          job.state, "\(job.stepCount)", spanText(milliseconds: max(0, now - job.createdAt)), took(job, now),
        ] + (hasWaiting ? [waitsFor(job, approvals[job.id] ?? [])] : []) + [title],
        colours: Array(repeating: nil, count: cells.count) + [ProgressFrame.colour(ofJob: job.state)]
      )
    }
    return table
  }

  private static func waitsFor(_ job: JobSummary, _ approvals: [String]) -> String {
    guard let first = approvals.first else {
      return job.state == "waiting" ? printableLine(job.reason?["name"]?.stringValue ?? "-") : "-"
    }
    return approvals.count == 1 ? first : "\(first) and \(approvals.count - 1) more"
  }

  /// Steps with a count of their items, if they have any.
  package static func steps(_ steps: [StepReport], now: Int64) -> Table {
    var items: [String: (ended: Int, all: Int)] = [:]
    for item in steps where item.item != nil {
      items[item.id, default: (0, 0)].all += 1
      if StepState(rawValue: item.state)?.isFinal == true { items[item.id, default: (0, 0)].ended += 1 }
    }
    return table(steps.filter { $0.item == nil }, now, items: items)
  }

  /// The items of a step, a line each.
  package static func items(_ steps: [StepReport], now: Int64) -> Table {
    table(steps.filter { $0.item != nil }, now, items: [:])
  }

  private static func table(_ steps: [StepReport], _ now: Int64, items: [String: (ended: Int, all: Int)]) -> Table {
    let hasUsage = steps.contains { $0.usage != nil }
    var table = Table(
      ["STEP", "TOOL", "STATE"] + (items.isEmpty ? [] : ["ITEMS"]) + ["TRIES", "TIME"]
        + (hasUsage ? ["TOKENS", "COST"] : []) + ["WORKER", "ERROR"]
    )
    for step in steps {
      let name = step.id + (step.item.map { "[\($0)]" } ?? "")
      let count = items[step.id].map { "\($0.ended) of \($0.all)" } ?? "-"
      let state = StepState(rawValue: step.state)
      let time = step.startedAt.map { tookText(milliseconds: (step.endedAt ?? now) - $0) } ?? "-"
      let error = state == .succeeded ? "" : cut(printableLine(reasonText(step.error) ?? ""), to: 60)
      table.add(
        [name, step.tool, step.state] + (items.isEmpty ? [] : [count])
          + [step.attempt > 0 ? "\(step.attempt)" : "-", time]
          + (hasUsage ? [step.usage?.tokensText ?? "-", step.usage?.costText ?? "-"] : [])
          + [step.worker ?? "-", error],
        colours: [nil, nil, state?.colour]
      )
    }
    return table
  }

  /// How long it ran, up to now if it does.
  package static func took(_ job: JobSummary, _ now: Int64) -> String {
    job.startedAt.map { tookText(milliseconds: (job.endedAt ?? now) - $0) } ?? "-"
  }
}
