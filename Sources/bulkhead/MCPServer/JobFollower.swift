internal import ClientKit
internal import JSON
internal import Posix

/// Follows a job to its end, over restarts of the coordinator too.
struct JobFollower: Sendable {
  /// How long a coordinator may be away.
  private static let patience = Duration.seconds(30)

  private let id: String
  private let tools: ToolDesk
  /// Whether the job is cancelled when nobody wants to know any more.
  private let cancels: Bool

  init(_ id: String, _ tools: ToolDesk, cancels: Bool) {
    self.id = id
    self.tools = tools
    self.cancels = cancels
  }

  func begin(_ question: JobQuestion? = nil) throws(Failure) -> Work {
    let question = question ?? JobQuestion(id: id)
    return try tools.desk.begin(.job(id), digest: tools.digest) { work in
      do throws(Failure) {
        try await follow(work)
        return try await question.ask(tools).outcome
      } catch {
        if error.name == "cancelled", cancels, !work.isReleased { await cancel() }
        var failure = error
        failure.hint = failure.hint ?? "get_job with {\"job\": \"\(id)\"} tells how it stands"
        var outcome = ToolOutcome(failure)
        outcome.structured["job"] = .string(id)
        return outcome
      }
    }
  }

  private func follow(_ work: Work) async throws(Failure) {
    var counter = StepCounter()
    var last: Int64 = 0
    var awaySince: ContinuousClock.Instant?
    while true {
      do throws(ClientError) {
        let client = try await tools.link.connected()
        let stream = client.follow(job: id, after: last)
        var events = stream.makeAsyncIterator()
        while let event = try await events.next() {
          awaySince = nil
          last = max(last, event.number)
          if event.kind.hasSuffix(".waiting") { tools.desk.wake() }
          if let progress = counter.take(event) { work.report(progress) }
        }
        if stream.job != nil { return }
      } catch {
        guard error.meansUnreachable || error.code.rawValue == "draining" else { throw Failure(tool: error) }
        let since = awaySince ?? .now
        awaySince = since
        guard ContinuousClock.now - since < Self.patience else { throw Failure(tool: error) }
      }
      if Task.isCancelled { throw Failure("cancelled", "job '\(id)' is not followed any more") }
      // Safety: a cancelled task ends the sleep early, and is noticed at the next turn.
      try? await ContinuousClock().sleep(for: .milliseconds(250))
    }
  }

  /// In a task of its own: that of the work is cancelled already.
  private func cancel() async {
    await Task.detached {
      do throws(ClientError) {
        _ = try await tools.link.asking { client async throws(ClientError) in try await client.cancel(job: id) }
      } catch {
        // A job that has ended meanwhile has nothing to cancel; one whose coordinator is gone goes on with it.
      }
    }.value
  }
}

/// Makes of a job's events how far it is.
private struct StepCounter {
  private var total = 0.0
  private var done: Set<String> = []

  /// nil: nothing that anybody outside the job wants to know.
  mutating func take(_ event: JobEvent) -> WorkProgress? {
    let step = event.step.map { step in event.item.map { "\(step)[\($0)]" } ?? step }
    let message = event.data?["message"]?.stringValue
    switch event.kind {
    case "job.accepted": total = Double(event.data?["steps"]?.integerValue ?? 0)
    case "job.planned", "job.replanned": total += Double(event.data?["added"]?.arrayValue?.count ?? 0)
    case "step.succeeded", "step.failed", "step.skipped", "step.cancelled":
      if let step, event.item == nil { done.insert(step) }
    case "step.progress":
      let text = event.data?["text"]?.stringValue ?? ""
      return progress("\(step ?? "?"): \(text)", isImportant: false)
    case "job.warned", "step.warned":
      var told = progress("\(step ?? "the job"): warning: \(message ?? "")", isImportant: true)
      told.warning = told.text
      return told
    case "step.started", "step.waiting", "step.retrying", "job.waiting", "job.running", "job.started": break
    default: return nil
    }
    let word = event.kind.drop { $0 != "." }.dropFirst()
    let why = (message ?? event.data?["reason"]?.stringValue).map { ": \($0)" } ?? ""
    return progress("\(step ?? "the job") \(word)\(why)", isImportant: true)
  }

  private func progress(_ text: String, isImportant: Bool) -> WorkProgress {
    WorkProgress(
      done: Double(done.count),
      total: total > 0 ? max(total, Double(done.count)) : nil,
      text: text,
      isImportant: isImportant
    )
  }
}
