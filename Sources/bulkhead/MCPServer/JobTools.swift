internal import ClientKit
internal import JSON
internal import Wire

extension ServerTool {
  static let runPlan = ServerTool(
    "run_plan",
    "Run a plan and wait for its end",
    "Runs a plan, steps that call tools and use each other's outputs, as a job that is on disk and survives every crash, and waits for its end. All of the plan is checked first, and every mistake is answered at once with its place; then nothing was started. Cancelling the request cancels the job. For work that should outlive the request use submit_job.",
    input: ToolSchemas.runPlan,
    output: ToolSchemas.jobResult
  ) { arguments, tools async throws(Failure) in
    let submitted = try await JobOrder(arguments).submit(tools)
    let follower = JobFollower(submitted.job.id, tools, cancels: !submitted.isExisting)
    return .work(try follower.begin())
  }

  static let submitJob = ServerTool(
    "submit_job",
    "Submit a job",
    "Has a plan, a recipe or a request in words carried out as a job, and answers as soon as it is on disk. The job goes on whatever becomes of this connection; get_job tells how it stands and what came of it. Give exactly one of plan, recipe and request.",
    input: ToolSchemas.submitJob,
    output: ToolSchemas.jobResult
  ) { arguments, tools async throws(Failure) in
    let submitted = try await JobOrder(arguments).submit(tools)
    var structured = JobOutcome.summary(submitted.job)
    if submitted.isExisting { structured["existing"] = true }
    let id = submitted.job.id
    let known = submitted.isExisting ? " was accepted before; it" : ""
    let text = "job '\(id)'\(known) is \(submitted.job.state); get_job with {\"job\": \"\(id)\"} tells more"
    return .done(ToolOutcome(structured, text: text))
  }

  static let getJob = ServerTool(
    "get_job",
    "Show a job",
    "Tells how a job or a call stands: its state, its steps, what waits for a person, and, when it has ended, what came of it. With 'wait_ms' it waits for the end first. With 'step' it gives one step with its output.",
    input: ToolSchemas.getJob,
    output: ToolSchemas.jobResult,
    readsOnly: true,
    isIdempotent: true
  ) { arguments, tools async throws(Failure) in
    let id = arguments.text("job") ?? ""
    let patience = Duration.milliseconds(arguments.integer("wait_ms") ?? 0)
    if let call = tools.desk.call(job: id) {
      await tools.desk.refresh()
      return .waits(call, patience, otherwise: { JobOutcome.unfinished(call, id) })
    }
    let question = JobQuestion(id: id, step: arguments.text("step"), hasPayloads: arguments.flag("payloads"))
    let now = try await question.ask(tools)
    guard patience > .zero, !now.isFinal else { return .done(now.outcome) }
    let follower = JobFollower(id, tools, cancels: false)
    return .waits(
      try follower.begin(question),
      patience,
      otherwise: {
        do throws(Failure) { return try await question.ask(tools).outcome } catch { return ToolOutcome(error) }
      }
    )
  }
}

/// What a job is made of: a tool's arguments are those of the protocol's `job/submit`.
private struct JobOrder {
  private let message: JobSubmit

  init(_ arguments: ToolArguments) throws(Failure) {
    do throws(WireError) { message = try JobSubmit.decode(arguments.object) } catch {
      throw Failure(argument: error.message)
    }
  }

  func submit(_ tools: ToolDesk) async throws(Failure) -> JobSubmit.Response {
    do throws(ClientError) {
      return try await tools.link.asking { client async throws(ClientError) in try await client.request(message) }
    } catch {
      throw Failure(tool: error)
    }
  }
}

/// What get_job wants to know.
struct JobQuestion: Sendable {
  let id: String
  var step: String?
  var hasPayloads = false

  /// How the job stands, and whether it has ended.
  func ask(_ tools: ToolDesk) async throws(Failure) -> (outcome: ToolOutcome, isFinal: Bool) {
    do throws(ClientError) {
      let (report, waiting) = try await tools.link.asking { client async throws(ClientError) in
        let report = try await client.job(id, step: step)
        let waiting = report.job.isFinal ? [] : try await client.approvals(job: id)
        return (report, waiting)
      }
      return (await JobOutcome.of(report, waiting, self, tools), report.job.isFinal)
    } catch {
      throw Failure(tool: error)
    }
  }
}
