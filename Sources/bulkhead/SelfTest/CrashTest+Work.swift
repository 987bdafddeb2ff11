internal import JSON
internal import Posix
internal import Wire

/// What keeps the coordinator busy: submissions, calls, and what people do to jobs.
extension CrashTest {
  /// Called every few milliseconds.
  func act() {
    guard let link, link.isReady else { return }
    if !isFinishing {
      if ledger.openCount < options.load, submitting.count < 4 { submit(workload.next()) }
      if callsUnderWay < 2 { call() }
      if random.chance(4) { control() }
    }
    for id in ledger.unanswered.prefix(4) {
      guard let job = ledger.jobs[id], !submitting.contains(id) else { continue }
      ledger.resubmitted += 1
      submit(job.submission)
    }
    decide()
    if !isListing, BootTime.now.milliseconds(since: lastListing) > 60 { list() }
  }

  /// After a connect: whoever followed a job goes on where it was.
  func connected() {
    followRequests = [:]
    isLookingAtApprovals = false
    for id in ledger.decisions.keys { ledger.decisions[id]?.isUnderWay = false }
    link?.onEvent = { [weak self] in self?.followed($0) }
    for (id, follower) in ledger.followers where !follower.wasToldTheEnd {
      follow(id, after: follower.numbers.last ?? 0)
    }
    // What was accepted is told so again, as the same job.
    if let id = ledger.accepted.randomElement(using: &random), let job = ledger.jobs[id], job.origin == nil {
      link?.send(message(job.submission)) { [weak self] result in
        switch result {
        case .success(let response) where response.isExisting: self?.ledger.foundExisting += 1
        case .success: self?.ledger.report("job '\(id)', submitted again, was accepted twice")
        case .failure(let error): self?.unexpected(error, "submitting '\(id)' again")
        }
      }
    }
  }

  private func message(_ submission: Submission) -> JobSubmit {
    JobSubmit(
      .plan(submission.plan),
      id: submission.id,
      priority: submission.priority,
      deadlineMS: submission.deadlineMS,
      isPaused: submission.isPaused
    )
  }

  private func submit(_ submission: Submission) {
    let id = submission.id
    if ledger.jobs[id] == nil { ledger.jobs[id] = CrashLedger.Job(submission: submission) }
    submitting.insert(id)
    link?.send(message(submission)) { [weak self] result in
      guard let self else { return }
      submitting.remove(id)
      switch result {
      case .success(let response):
        if response.isExisting { ledger.foundExisting += 1 }
        ledger.unanswered.removeAll { $0 == id }
        ledger.jobs[id]?.isAccepted = true
        if ledger.followers.count < 400, random.chance(15) {
          ledger.followers[id] = CrashLedger.Follower()
          follow(id, after: 0)
        }
      case .failure(let error):
        // A worker that was killed before it said what it offers may be missing for a moment.
        unexpected(error, "submitting '\(id)'", besides: [.invalidPlan])
        if !ledger.unanswered.contains(id) { ledger.unanswered.append(id) }
      }
    }
  }

  /// The end of the connection is expected at any time; nothing else is.
  func unexpected(_ error: WireError, _ what: String, besides: Set<WireError.Name> = []) {
    let isExpected = error.name == .connectionClosed || error.name == .draining || besides.contains(error.name)
    if !isExpected { ledger.report("\(what): \(error.name.rawValue): \(error.message)") }
  }

  private func call() {
    let add = Int64(1_000_000_000 + ledger.calls.count)
    let tool = ["count", "once", "nest", "pure"].randomElement(using: &random) ?? "once"
    let index = ledger.calls.count
    ledger.calls.append(CrashLedger.DirectCall(tool: tool, add: add))
    callsUnderWay += 1
    let sleep = Int64.random(in: 0...15, using: &random)
    link?.send(ToolCall(tool: tool, input: ["add": .integer(add), "sleep_ms": .integer(sleep)])) { [weak self] result in
      guard let self else { return }
      callsUnderWay -= 1
      ledger.calls[index].result = result
      if case .failure(let error) = result {
        let passing: Set<WireError.Name> = [.workerLost, .unavailable, .overloaded, .outcomeUnknown, .unknownTool]
        unexpected(error, "calling '\(tool)'", besides: passing)
      }
    }
  }

  // MARK: What people do

  private func control() {
    guard let id = ledger.accepted.randomElement(using: &random), let job = ledger.jobs[id] else { return }
    tally.controls += 1
    let late: Set<WireError.Name> = [.conflict, .notFound]
    if job.isOpen {
      switch Int.random(in: 0..<10, using: &random) {
      case ..<4: link?.send(JobPause(job: id)) { [weak self] in self?.check($0, "pausing '\(id)'", late) }
      case ..<7: link?.send(JobResume(job: id)) { [weak self] in self?.check($0, "resuming '\(id)'", late) }
      default: link?.send(JobCancel(job: id)) { [weak self] in self?.check($0, "cancelling '\(id)'", late) }
      }
    } else if random.chance(70) {
      let from = random.chance(40) ? job.submission.tools.keys.sorted().randomElement(using: &random) : nil
      ledger.jobs[id]?.isOpen = true
      link?.send(JobRetry(job: id, from: from)) { [weak self] in self?.check($0, "retrying '\(id)'", late) }
    } else if let from = job.submission.tools.keys.sorted().randomElement(using: &random) {
      fork(id, job, from)
    }
  }

  private func fork(_ id: String, _ job: CrashLedger.Job, _ from: String) {
    let copy = "\(id).fork\(tally.controls)"
    link?.send(JobFork(job: id, from: from, id: copy)) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success:
        var forked = job
        (forked.isAccepted, forked.isOpen, forked.origin) = (true, true, id)
        ledger.jobs[copy] = forked
      case .failure(let error): unexpected(error, "forking '\(id)'", besides: [.conflict, .invalidPlan])
      }
    }
  }

  private func check(_ result: Result<JobChange, WireError>, _ what: String, _ late: Set<WireError.Name>) {
    if case .failure(let error) = result { unexpected(error, what, besides: late) }
  }

  // MARK: What becomes of jobs

  /// Learns which jobs have ended, and helps those that wait for a person.
  private func list() {
    isListing = true
    lastListing = .now
    let known = Set(ledger.jobs.filter { $0.value.isAccepted && $0.value.isOpen }.keys)
    let states = ["queued", "running", "waiting", "paused", "cancelling"]
    link?.send(JobList(states: states, kind: "plan", limit: 1_000)) { [weak self] result in
      guard let self else { return }
      isListing = false
      guard case .success(let response) = result else { return }
      let open = Set(response.jobs.map(\.id))
      for id in known { ledger.jobs[id]?.isOpen = open.contains(id) }
      for job in response.jobs {
        // A job that is open again after a retry, or a fork of which the answer was lost.
        if ledger.jobs[job.id] != nil { ledger.jobs[job.id]?.isOpen = true }
        if job.state == "waiting" { help(job.id) }
        if job.state == "paused", isFinishing || random.chance(20) { link?.send(JobResume(job: job.id)) { _ in } }
      }
    }
  }

  /// Decides for a step of which nobody knows whether it took effect; it is never simply run again.
  private func help(_ id: String) {
    link?.send(JobShow(job: id, wantsPayloads: false)) { [weak self] result in
      guard let self, case .success(let response) = result else { return }
      for step in response.steps where step.state == "unknown" {
        tally.resolutions += 1
        let isDone = random.chance(60)
        let index = Int(step.item ?? 0)
        let values = ledger.jobs[id]?.submission.expected[step.id] ?? []
        let output: JSON? = isDone && values.indices.contains(index) ? ["value": .integer(values[index])] : nil
        let message = JobResolve(
          job: id,
          step: step.id,
          item: step.item,
          outcome: isDone ? .succeeded : .failed,
          output: isDone ? output ?? [:] : nil
        )
        ledger.jobs[id]?.resolved.insert(step.id)
        link?.send(message) { [weak self] result in
          if case .failure(let error) = result {
            self?.unexpected(error, "resolving a step of '\(id)'", besides: [.conflict, .notFound])
          }
        }
      }
    }
  }

  // MARK: Followers

  private func follow(_ id: String, after: Int64) {
    let request = link?.send(JobEvents(job: id, after: after, follow: true)) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let response):
        ledger.followers[id]?.wasToldTheEnd = true
        if !response.job.isFinal {
          ledger.report("the follower of job '\(id)' was told its end while it was \(response.job.state)")
        }
      case .failure(let error): unexpected(error, "following '\(id)'")
      }
    }
    if let request { followRequests[request] = id }
  }

  private func followed(_ notice: JobEventNotice) {
    guard notice.event.number > 0, let id = followRequests[notice.id] else { return }
    ledger.followers[id]?.numbers.append(notice.event.number)
  }
}
