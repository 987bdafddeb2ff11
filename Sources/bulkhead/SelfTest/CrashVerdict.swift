internal import JSON
internal import Posix
internal import Wire

/// Compares what the coordinator says at the end with what it had promised and with what was executed.
final class CrashVerdict {
  struct Counts {
    var jobs: [String: Int] = [:]
    var calls: [String: Int] = [:]
    var steps = 0
    var events = 0
    var executions = 0
    var repeats = 0
    var approvals = 0
    var approvedExecutions = 0
  }

  let test: CrashTest
  let executions: Executions
  var counts = Counts()

  init(_ test: CrashTest) throws(Failure) {
    self.test = test
    executions = try Executions(test.stand.executions)
  }

  func report(_ problem: String) { test.ledger.report(problem) }

  func judge() throws(Failure) -> Counts {
    counts.executions = executions.lines.count
    counts.repeats = executions.lines.count - executions.byKey.count
    for problem in executions.problems() { report(problem) }
    let jobs = try list("plan")
    let calls = try list("call")
    for job in jobs.values { counts.jobs[job.state, default: 0] += 1 }
    for job in calls.values { counts.calls[job.state, default: 0] += 1 }
    for job in Array(jobs.values) + calls.values where !job.isFinal {
      report("job '\(job.id)' is \(job.state) at the end")
    }
    for id in test.ledger.accepted where jobs[id] == nil { report("job '\(id)' was accepted and is lost") }
    for line in executions.lines where jobs[line.job] == nil && calls[line.job] == nil && line.tool != "pure" {
      report("'\(line.tool)' was executed for job '\(line.job)', which does not exist")
    }
    for (id, job) in test.ledger.jobs.sorted(by: { $0.key < $1.key }) where jobs[id] != nil {
      try judge(id, job)
      test.rounds(0)
    }
    judgeCalls(calls)
    try judgeApprovals()
    if case .failure(let error) = try ask(JournalBackup()) { report("journal/backup: \(error.message)") }
    return counts
  }

  // MARK: Questions

  func ask<M: WireRequest>(_ message: M) throws(Failure) -> Result<M.Response, WireError> {
    var answer: Result<M.Response, WireError>?
    test.link?.send(message) { [loop = test.loop] result in
      answer = result
      loop.stop()
    }
    while answer == nil, test.link?.isOpen == true { test.loop.run() }
    guard let answer else { throw Failure("no_answer", "the coordinator ended while it was asked about its jobs") }
    return answer
  }

  private func list(_ kind: String) throws(Failure) -> [String: JobSummary] {
    var found: [String: JobSummary] = [:]
    var before: Int64?
    while true {
      let page: JobList.Response
      switch try ask(JobList(kind: kind, before: before, limit: 1_000)) {
      case .success(let response): page = response
      case .failure(let error): throw Failure("no_answer", "job/list: \(error.message)")
      }
      for job in page.jobs where found.updateValue(job, forKey: job.id) != nil {
        report("job '\(job.id)' is listed twice")
      }
      guard page.jobs.count == 1_000, let last = page.jobs.last else { return found }
      before = last.sequence
    }
  }

  // MARK: One job

  private func judge(_ id: String, _ job: CrashLedger.Job) throws(Failure) {
    guard case .success(let shown) = try ask(JobShow(job: id)) else { return report("job '\(id)' cannot be shown") }
    guard case .success(let history) = try ask(JobEvents(job: id, limit: 10_000)) else {
      return report("the events of job '\(id)' cannot be read")
    }
    counts.events += history.events.count
    let numbers = history.events.map(\.number)
    if numbers != Array(1...Int64(max(1, numbers.count))) { report("job '\(id)': its events are \(numbers)") }
    if zip(history.events, history.events.dropFirst()).contains(where: { $0.run > $1.run }) {
      report("job '\(id)': an event of an earlier run comes after one of a later run")
    }
    if let seen = test.ledger.followers[id]?.numbers {
      let due = Array(1...Int64(max(1, seen.count)))
      if seen != due || seen.count < numbers.count && shown.job.generation == 1 {
        report("job '\(id)' has \(numbers.count) events, and its follower saw \(seen)")
      }
    }
    judgeState(id, shown)
    let resolved = Set(history.events.filter { $0.kind == "step.resolved" }.compactMap(\.step))
    let cached = Set(history.events.filter { $0.data?["cached"]?.boolValue == true }.compactMap(\.step))
    for step in shown.steps {
      counts.steps += 1
      judge(
        step,
        of: id,
        job,
        wasGivenItsOutput: resolved.contains(step.id) || job.resolved.contains(step.id),
        cached.contains(step.id)
      )
    }
  }

  private func judgeState(_ id: String, _ shown: JobShow.Response) {
    let open = shown.steps.filter { !["succeeded", "failed", "skipped", "cancelled"].contains($0.state) }
    for step in open { report("job '\(id)' is \(shown.job.state), and step '\(step.id)' is \(step.state)") }
    let states = Set(shown.steps.filter { $0.item == nil }.map(\.state))
    if shown.job.state == "succeeded", states.contains("cancelled") {
      report("job '\(id)' has succeeded with a cancelled step")
    }
    if shown.job.state == "failed", shown.job.reason == nil { report("job '\(id)' has failed without a reason") }
    if shown.job.state == "failed", shown.job.reason?["name"]?.stringValue == "internal_error" {
      report("job '\(id)' has failed: \(shown.job.reason ?? .null)")
    }
  }

  private func judge(
    _ step: StepReport,
    of id: String,
    _ job: CrashLedger.Job,
    wasGivenItsOutput: Bool,
    _ isCached: Bool
  ) {
    let name = "step '\(step.id)'" + (step.item.map { " item \($0)" } ?? "") + " of job '\(id)'"
    let isList = job.submission.lists.contains(step.id)
    if step.state == "succeeded", let expected = job.submission.expected[step.id], step.tool != "bash" {
      let values =
        isList && step.item == nil
        ? (step.output?.arrayValue ?? []).map { $0["value"]?.integerValue } : [step.output?["value"]?.integerValue]
      let due = isList ? step.item.map { [expected[Int($0)]] } ?? expected : expected
      // Items that failed under `on_failure: skip` have no output.
      let differs = values.count != due.count || zip(values, due).contains { $0 != $1 && !(isList && $0 == nil) }
      if differs { report("\(name): its output is \(step.output ?? .null) where \(due) is due") }
    }
    guard let key = step.idempotencyKey, step.tool != "bash" else { return }
    let runs = executions.byKey[key] ?? []
    if step.state == "succeeded", !wasGivenItsOutput, !isCached {
      if runs.count(where: { $0.attempt == step.attempt }) != 1 && step.tool != "pure" {
        report("\(name) succeeded with attempt \(step.attempt), and what ran are the attempts \(runs.map(\.attempt))")
      }
    }
    if let late = runs.map(\.attempt).max(), late > step.attempt, job.origin == nil {
      report("\(name) is \(step.state) after attempt \(step.attempt), and attempt \(late) ran")
    }
  }

  // MARK: Calls

  private func judgeCalls(_ jobs: [String: JobSummary]) {
    var runs: [Int64: [Executions.Line]] = [:]
    for line in executions.lines
    where line.add >= 1_000_000_000 && line.key.utf8.count(where: { $0 == UInt8(ascii: "/") }) == 2 {
      runs[line.add, default: []].append(line)
    }
    for call in test.ledger.calls {
      let own = runs[call.add] ?? []
      if own.count > 1 { report("the call \(call.add) of '\(call.tool)' ran \(own.count) times") }
      guard case .success(let result)? = call.result else { continue }
      if own.count != 1, call.tool != "pure" {
        report("the call \(call.add) of '\(call.tool)' was answered and ran \(own.count) times")
      }
      if let id = result.job, call.tool != "pure", jobs[id]?.state != "succeeded" {
        report("the call '\(id)' was answered well and is \(jobs[id]?.state ?? "nowhere")")
      }
    }
  }
}
