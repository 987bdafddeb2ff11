internal import Posix

extension BulkheadClient {
  /// Has the coordinator run a plan. Returns when the job is on disk: from then on no crash loses it.
  ///
  /// A plan with mistakes starts nothing: the error's code is `invalid_plan`, and `planMistakes` lists all of them.
  ///
  /// - Parameters:
  ///   - plan: in the format of `protocol/plan.md`.
  ///   - id: 1 to 128 of `A-Z a-z 0-9 _ . -`; nil: the coordinator's choice. The same id with the same plan is the same
  ///     job, so that a submission whose answer was lost can be repeated; with another plan it is a `conflict`.
  ///   - priority: 0 to 9; 5 unless given. More is sooner.
  ///   - deadline: from acceptance to the job's end, 90 days at most; what runs then is cancelled.
  ///   - paused: accept it, but start nothing until `resume`.
  ///   - budget: the most that all of it may use up; what would go beyond it fails with `limit_exceeded`. nil: no bound of its
  ///     own.
  public func submit(
    plan: JSON,
    id: String? = nil,
    priority: Int? = nil,
    deadline: Duration? = nil,
    paused: Bool = false,
    budget: Budget? = nil
  ) async throws(ClientError) -> SubmittedJob {
    try await submit(.plan(plan), id: id, priority: priority, deadline: deadline, paused: paused, budget: budget)
  }

  /// As `submit(plan:)`, of a recipe with its parameters; a file is an artifact's value (`upload`).
  public func submit(
    recipe: RecipeChoice,
    id: String? = nil,
    priority: Int? = nil,
    deadline: Duration? = nil,
    paused: Bool = false,
    budget: Budget? = nil
  ) async throws(ClientError) -> SubmittedJob {
    try await submit(.recipe(recipe), id: id, priority: priority, deadline: deadline, paused: paused, budget: budget)
  }

  /// As `submit(plan:)`, of a request of which a planner makes a plan.
  public func submit(
    request: TaskRequest,
    id: String? = nil,
    priority: Int? = nil,
    deadline: Duration? = nil,
    paused: Bool = false,
    budget: Budget? = nil
  ) async throws(ClientError) -> SubmittedJob {
    try await submit(.request(request), id: id, priority: priority, deadline: deadline, paused: paused, budget: budget)
  }

  private func submit(
    _ work: JobSubmit.Work,
    id: String?,
    priority: Int?,
    deadline: Duration?,
    paused: Bool,
    budget: Budget?
  ) async throws(ClientError) -> SubmittedJob {
    let message = JobSubmit(
      work,
      id: id,
      priority: priority.map { Int64($0) },
      deadlineMS: deadline.map { wholeMilliseconds($0) },
      isPaused: paused,
      budget: budget
    )
    let response = try await request(message)
    return SubmittedJob(job: response.job, isExisting: response.isExisting)
  }

  /// The recipes that the coordinator has.
  public func recipes() async throws(ClientError) -> [RecipeSummary] { try await request(RecipesList()).recipes }

  /// One recipe, with its plan.
  public func recipe(_ name: String) async throws(ClientError) -> RecipeSummary? {
    try await request(RecipesList(name: name)).recipes.first
  }

  /// Every mistake of a plan, its tools and inputs checked against today's catalog; empty: it could run.
  public func check(plan: JSON) async throws(ClientError) -> [PlanMistake] {
    try await request(PlanCheck(plan: plan)).mistakes
  }

  /// Jobs, newest first.
  ///
  /// - Parameters:
  ///   - states: only these; none: all.
  ///   - kind: `plan` or `call`; nil: both.
  ///   - before: only jobs whose `sequence` is less, for the next page.
  ///   - limit: 1 to 1,000.
  public func jobs(
    states: [String] = [],
    kind: String? = nil,
    before: Int64? = nil,
    limit: Int = 100
  ) async throws(ClientError) -> [JobSummary] {
    try await request(JobList(states: states, kind: kind, before: before, limit: Int64(limit))).jobs
  }

  /// One job with its steps, or with the one called `step` and its items. Inputs and outputs come with `payloads`; those that
  /// do not fit an answer are left out, and `isAbridged` says so.
  public func job(_ id: String, step: String? = nil, payloads: Bool = true) async throws(ClientError) -> JobReport {
    let response = try await request(JobShow(job: id, wantsPayloads: payloads, step: step))
    return JobReport(
      job: response.job,
      steps: response.steps,
      plan: response.spec,
      result: response.result,
      isAbridged: response.isAbridged,
      usage: response.usage,
      budget: response.budget
    )
  }

  /// What calls used of language models, summed `by` day, job, model, provider or tool.
  ///
  /// - Parameters:
  ///   - since: milliseconds since 1970; nil: from the first one on.
  ///   - until: before this time; nil: up to now.
  public func usage(by key: UsageKey = .day, since: Int64? = nil, until: Int64? = nil) async throws(ClientError)
    -> UsageTable
  {
    let response = try await request(UsageReport(by: UsageReport.Key(key), since: since, until: until))
    return UsageTable(
      rows: response.rows.map { UsageTable.Row(key: $0.key, sum: $0.sum) },
      total: response.total,
      isAbridged: response.isAbridged
    )
  }

  /// A job's whole history so far, oldest first.
  public func history(of id: String) async throws(ClientError) -> [JobEvent] {
    var events: [JobEvent] = []
    while true {
      let page = try await request(JobEvents(job: id, after: events.last?.number ?? 0))
      events += page.events
      if !page.hasMore || page.events.isEmpty { return events }
    }
  }

  // MARK: Control

  /// Stops what runs of a job and starts nothing more. Returns when this is on disk, which may be before the job has ended.
  public func cancel(job id: String) async throws(ClientError) -> JobSummary {
    try await request(JobCancel(job: id)).job
  }

  /// Lets what runs of a job end and starts nothing until `resume`.
  public func pause(job id: String) async throws(ClientError) -> JobSummary {
    try await request(JobPause(job: id)).job
  }

  /// Goes on after `pause`, or accepts that a tool has changed since the job was accepted.
  public func resume(job id: String) async throws(ClientError) -> JobSummary {
    try await request(JobResume(job: id)).job
  }

  /// Runs an ended job again in a new generation: what did not succeed, or the step `from` and all that depends on it.
  public func retry(job id: String, from step: String? = nil) async throws(ClientError) -> JobSummary {
    try await request(JobRetry(job: id, from: step)).job
  }

  /// Makes a new job of an old one: the step `from`, with another `input` if given, and all that depends on it run; the rest
  /// is taken over with its outputs. `newID` as in `submit`.
  public func fork(
    job id: String,
    from step: String,
    input: JSON? = nil,
    as newID: String? = nil
  ) async throws(ClientError) -> JobSummary {
    try await request(JobFork(job: id, from: step, input: input, id: newID)).job
  }

  /// Says what became of a step, or of one of its items, whose outcome nobody knows. `output` goes with `.succeeded`.
  public func resolve(
    job id: String,
    step: String,
    item: Int? = nil,
    as outcome: StepResolution,
    output: JSON? = nil
  ) async throws(ClientError) -> JobSummary {
    let message = JobResolve(
      job: id,
      step: step,
      item: item.map { Int64($0) },
      outcome: JobResolve.Outcome(outcome),
      output: output
    )
    return try await request(message).job
  }

  // MARK: Journal

  /// Removes ended jobs and artifacts that no job names.
  ///
  /// - Parameters:
  ///   - age: of the jobs' ends; nil: as configured.
  ///   - dryRun: only count.
  public func collectGarbage(olderThan age: Duration? = nil, dryRun: Bool = false) async throws(ClientError)
    -> CollectionReport
  {
    // A large journal takes its time.
    let response = try await request(
      JournalCollect(olderThanMS: age.map { wholeMilliseconds($0) }, isDryRun: dryRun),
      timeout: nil
    )
    return CollectionReport(jobs: response.jobs, artifacts: response.artifacts, bytes: response.bytes)
  }

  /// Has the coordinator copy its journal, while it is in use, into a file on its machine.
  public func backup() async throws(ClientError) -> BackupReport {
    let response = try await request(JournalBackup(), timeout: nil)
    return BackupReport(path: response.path, bytes: response.bytes)
  }

  /// Not bounded by the protocol's longest timeout of a call: a deadline may be later.
  private func wholeMilliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
    if overflow { return seconds < 0 ? 0 : .max }
    return whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000).partialValue
  }
}
