internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let show = Command(
    path: ["show"],
    summary: "show a job with its steps, or one of its steps in full",
    operands: [Operand("JOB", completion: .jobs)],
    flags: [Flag("step", value: "STEP", "show this step: its input, output and error, and its items")],
    description: [
      "Prints the state of JOB, a line for each of its steps, and when it has succeeded its result. With --step it is that step with its input and output, its idempotency key and what it used, and a line for each of its items.",
      "Of a job that waits for a person it says for which approvals, and how they are decided.",
      "With --json the document is {\"job\", \"steps\", \"spec\", \"result\"} with every input and output; \"abridged\" says that some were left out because all would not fit one answer. \"usage\", of a step and of the job, is what was used of language models; a cost is in billionths of a US dollar, and \"baseline_nano_usd\" is what it would have been had the large model done the small one's work.",
    ],
    exits: ["0    success", "1    there is no such job or step"],
    examples: [
      Example("bulkhead show nightly-7", "Shows a job."),
      Example("bulkhead show nightly-7 --step fetch", "Shows what one step got and gave."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let id = arguments.operand(0) ?? ""
      let step = arguments.value("step")
      let report = try await askingAbout(job: id, client) { () async throws(ClientError) in
        try await client.job(id, step: step)
      }
      if console.isJSON {
        console.print(report.json)
      } else {
        let paint = console.paint()
        let now = wallClock()
        let asked = await WaitingApprovals(client, job: report.job).approvals
        console.print(step == nil ? JobPage(report, asked, now, paint).text : StepPage(report, now, paint).text)
      }
      return ExitCode.success
    }
  )
}

private struct JobPage {
  let text: String

  init(_ report: JobReport, _ asked: [Approval], _ now: Int64, _ paint: Paint) {
    let job = report.job
    var sheet = Sheet(paint)
    sheet.row("job", job.id)
    sheet.row("title", job.title == job.id ? nil : printableLine(job.title))
    sheet.row("state", job.state, ProgressFrame.colour(ofJob: job.state))
    sheet.row("why", reasonText(job.reason))
    sheet.row("step", job.reason?["step"]?.stringValue)
    for (index, approval) in asked.enumerated() {
      let about = approval.tool.map { "\(ApprovalTables.place(approval)), tool \(visibleLine($0))" }
      sheet.row(index == 0 ? "waits for" : "", "\(approval.id): \(about ?? ApprovalTables.place(approval))")
    }
    if let first = asked.first {
      sheet.row(
        "",
        "'bulkhead approvals \(first.id)' shows what would run, 'bulkhead approve \(first.id)' or 'bulkhead deny \(first.id)' decides"
      )
    }
    sheet.row("kind", job.kind)
    sheet.row("priority", "\(job.priority)")
    if job.generation > 1 { sheet.row("generation", "\(job.generation)") }
    sheet.row("accepted", timeText(milliseconds: job.createdAt))
    sheet.row("started", job.startedAt.map { timeText(milliseconds: $0) })
    sheet.row("ended", job.endedAt.map { timeText(milliseconds: $0) })
    sheet.row("took", job.startedAt == nil ? nil : JobTables.took(job, now))
    sheet.row("deadline", job.deadlineAt.map { timeText(milliseconds: $0) })
    sheet.row("budget", report.budget?.text)
    sheet.row("models", report.usage?.text)
    sheet.twoModels(report.usage)
    for line in StagesText.lines(report.result) { sheet.row(line.label, line.text) }
    sheet.row("caller", Self.caller(job.caller))
    if !report.steps.isEmpty { sheet.add(JobTables.steps(report.steps, now: now).text(paint)) }
    sheet.block("result", report.resultText.map { printable($0) })
    if report.isAbridged {
      sheet.add("what is missing here does not fit one answer; --step STEP shows it step by step")
    }
    text = sheet.lines.joined(separator: "\n")
  }

  private static func caller(_ caller: JSON) -> String {
    let parts = (caller.objectValue ?? JSONObject()).members.map { member in
      "\(member.key) \(member.value.stringValue ?? member.value.description)"
    }
    return printableLine(parts.joined(separator: ", "))
  }
}

private struct StepPage {
  let text: String

  init(_ report: JobReport, _ now: Int64, _ paint: Paint) {
    var sheet = Sheet(paint)
    let items = report.steps.filter { $0.item != nil }
    for step in report.steps where step.item == nil {
      sheet.row("step", step.id)
      sheet.row("job", report.job.id)
      sheet.row("tool", step.tool)
      sheet.row("state", step.state, StepState(rawValue: step.state)?.colour)
      sheet.row("attempts", step.attempt > 0 ? "\(step.attempt)" : nil)
      sheet.row("worker", step.worker)
      sheet.row("after", step.dependsOn.joined(separator: ", "))
      sheet.row("started", step.startedAt.map { timeText(milliseconds: $0) })
      sheet.row("ended", step.endedAt.map { timeText(milliseconds: $0) })
      sheet.row("took", step.startedAt.map { tookText(milliseconds: (step.endedAt ?? now) - $0) })
      sheet.row("models", step.usage?.text)
      sheet.twoModels(step.usage)
      sheet.row("again at", step.notBefore.map { timeText(milliseconds: $0) })
      sheet.row("key", step.idempotencyKey)
      sheet.json("input", step.input)
      sheet.json("output", step.output)
      sheet.json("error", step.error)
      sheet.json("artifacts", step.artifacts)
      sheet.json("receipt", step.receipt)
    }
    if !items.isEmpty { sheet.add(JobTables.items(items, now: now).text(paint)) }
    if report.isAbridged { sheet.add("some values are left out, since all would not fit one answer") }
    text = sheet.lines.joined(separator: "\n")
  }
}
