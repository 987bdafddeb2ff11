internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText

/// Follows a job to its end and shows it, over restarts of the coordinator too.
final class JobWatch: Sendable {
  /// What Ctrl-C does.
  enum Interruption {
    /// The first cancels the job, the second leaves it.
    case cancelsJob
    /// Each one leaves the job to itself.
    case leavesJob
  }

  private struct State {
    var client: BulkheadClient
    /// Asked for, and not known to be on disk.
    var wantsCancel = false
  }

  private let id: String
  private let arguments: Arguments
  private let console: Console
  private let display: ProgressDisplay
  private let interruption: Interruption
  private let state: Guarded<State>

  init(
    _ id: String,
    _ client: BulkheadClient,
    _ arguments: Arguments,
    _ console: Console,
    onInterrupt interruption: Interruption
  ) {
    self.id = id
    self.arguments = arguments
    self.console = console
    self.interruption = interruption
    display = ProgressDisplay(console, showsOutput: arguments.has("progress"))
    state = Guarded(State(client: client))
  }

  /// Returns the exit code that the job's end means.
  func run() async throws(Failure) -> Int32 {
    Interrupts.take { self.interrupted($0) }
    // In a task of its own: one that Ctrl-C has cancelled before could not follow anything.
    let result = await Task.detached { () -> Result<Int32, Failure> in
      do throws(Failure) { return .success(try await self.follow()) } catch { return .failure(error) }
    }.value
    return try result.get()
  }

  // MARK: Following

  private func follow() async throws(Failure) -> Int32 {
    let client = state.withLock { $0.client }
    let report = try await askingAbout(job: id, client) { () async throws(ClientError) in
      try await client.job(id, payloads: false)
    }
    display.begin(JobProgress(job: report.job, steps: report.steps))
    defer { display.finish() }
    let approvals = ApprovalWatch(.job(id), console, asks: interruption == .cancelsJob, stage: display) {
      self.state.withLock { $0.client }
    }
    approvals.begin()
    let ended: JobSummary
    do throws(Failure) {
      ended = try await followToEnd(approvals)
    } catch {
      await approvals.end()
      throw error
    }
    await approvals.end()
    display.finish()
    return try await end(ended, state.withLock { $0.client })
  }

  private func followToEnd(_ approvals: ApprovalWatch) async throws(Failure) -> JobSummary {
    var last: Int64 = 0
    while true {
      let client = state.withLock { $0.client }
      let ended: JobSummary?
      do throws(ClientError) {
        ended = try await show(client, after: &last, approvals)
      } catch {
        guard error.meansUnreachable || error.code.rawValue == "draining" else {
          throw await failure(error, job: id, client)
        }
        ended = nil
      }
      if let ended { return ended }
      try await reconnect()
    }
  }

  /// Shows the events behind `last`. Gives the job when it has ended.
  private func show(
    _ client: BulkheadClient,
    after last: inout Int64,
    _ approvals: ApprovalWatch
  ) async throws(ClientError) -> JobSummary? {
    let stream = client.follow(job: id, after: last)
    var events = stream.makeAsyncIterator()
    while let event = try await events.next() {
      last = max(last, event.number)
      display.take(event)
      if event.kind == "step.waiting" || event.kind == "job.waiting" { approvals.wake() }
    }
    return stream.job
  }

  /// How long a coordinator may be away.
  private static let patience = Duration.seconds(30)

  private func reconnect() async throws(Failure) {
    display.note("bulkhead: the coordinator has gone; the job is on its disk, waiting for it to come back")
    let clock = ContinuousClock()
    let deadline = clock.now + Self.patience
    while true {
      do throws(Failure) {
        let client = try await arguments.connect()
        let wantsCancel = state.withLock { state in
          state.client = client
          return state.wantsCancel
        }
        display.note("bulkhead: connected again")
        if wantsCancel { cancelJob() }
        return
      } catch {
        guard clock.now < deadline else {
          var failure = error
          failure.hint = "start it with 'bulkhead up', then 'bulkhead watch \(id)' goes on with the job"
          throw failure
        }
      }
      // Safety: only a cancelled task ends a sleep early, and nobody cancels this one.
      try? await clock.sleep(for: .milliseconds(250))
    }
  }

  // MARK: The end

  private func end(_ job: JobSummary, _ client: BulkheadClient) async throws(Failure) -> Int32 {
    let report = try await askingAbout(job: id, client) { () async throws(ClientError) in try await client.job(id) }
    if console.isJSON {
      var document: JSONObject = ["job": job.json]
      document["result"] = report.result
      console.print(.object(document))
    }
    switch job.state {
    case "succeeded":
      if !console.isJSON { show(report) }
      return ExitCode.success
    case "failed" where report.result != nil && !console.isJSON:
      show(report)
      console.complain("job '\(id)' failed, and what is shown is not to be relied on: \(Console.printable(why(job)))")
      console.hint("'bulkhead show \(id)' says more")
    case "cancelled":
      console.complain("job '\(id)' was cancelled")
      console.hint("'bulkhead retry \(id)' runs again what did not succeed")
    default:
      let step = job.reason?["step"]?.stringValue.map { " at step '\($0)'" } ?? ""
      let why = reasonText(job.reason).map { ": \(Console.printable($0))" } ?? ""
      console.complain("job '\(id)' \(job.state)\(step)\(why)")
      console.hint("'bulkhead show \(id)' says more; 'bulkhead retry \(id)' runs again what did not succeed")
    }
    return ExitCode.failure
  }

  private func why(_ job: JobSummary) -> String { reasonText(job.reason) ?? "" }

  private func show(_ report: JobReport) {
    for line in StagesText.lines(report.result) { console.note("\(line.label): \(Console.printable(line.text))") }
    if let usage = report.usage { console.note("models: \(usage.text)") }
    if let text = report.resultText {
      console.print(console.outputIsTerminal ? Console.printable(text) : text)
    } else if report.isAbridged {
      console.note("the result is too large for one answer: 'bulkhead show \(id) --step STEP' shows it step by step")
    }
  }

  // MARK: Ctrl-C

  private func interrupted(_ number: Int) {
    guard number == 1, interruption == .cancelsJob else { return leave() }
    display.note("cancelling job '\(id)'; press Ctrl-C again to leave it to itself")
    state.withLock { $0.wantsCancel = true }
    cancelJob()
  }

  private func cancelJob() {
    let client = state.withLock { $0.client }
    Task.detached { [self] in
      do throws(ClientError) {
        _ = try await client.cancel(job: id)
        state.withLock { $0.wantsCancel = false }
      } catch {
        // After a lost connection it is asked for again; a job that has ended meanwhile has nothing to cancel.
        if !error.meansUnreachable { state.withLock { $0.wantsCancel = false } }
      }
    }
  }

  private func leave() {
    display.finish()
    console.note("job '\(id)' goes on; 'bulkhead watch \(id)' shows it, 'bulkhead cancel \(id)' stops it")
    _exit(ExitCode.interrupted)
  }
}
