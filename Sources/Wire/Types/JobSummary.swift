public import JSON

/// A job at a glance. Times are milliseconds since 1970.
public struct JobSummary: Sendable, Equatable {
  public var id: String
  /// `plan` or `call`.
  public var kind: String
  /// `queued`, `running`, `waiting`, `paused`, `cancelling`, `succeeded`, `failed` or `cancelled`.
  public var state: String
  /// 0 … 9, 5 where nothing was said; more is sooner.
  public var priority: Int64
  /// 1, and one more with each retry.
  public var generation: Int64
  public var title: String
  /// Who asked: `uid`, `pid`, `program`.
  public var caller: JSON
  public var stepCount: Int64
  public var createdAt: Int64
  public var startedAt: Int64?
  public var endedAt: Int64?
  public var deadlineAt: Int64?
  /// Why it waits or failed: an error's `name`, `message` and further members, or `step` and what it waits for.
  public var reason: JSON?
  /// Position in a list: jobs accepted later have a greater one.
  public var sequence: Int64
  /// What it used of language models, where that was asked for; nil: nothing.
  public var usage: UsageSum?

  public var isFinal: Bool { ["succeeded", "failed", "cancelled"].contains(state) }

  public init(
    id: String,
    kind: String,
    state: String,
    title: String,
    stepCount: Int64,
    createdAt: Int64,
    sequence: Int64
  ) {
    self.id = id
    self.kind = kind
    self.state = state
    priority = 5
    generation = 1
    self.title = title
    caller = .object(JSONObject())
    self.stepCount = stepCount
    self.createdAt = createdAt
    self.sequence = sequence
  }
}

extension JobSummary: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    id = try fields.require("id")
    kind = try fields.require("kind")
    state = try fields.require("state")
    priority = try fields.require("priority")
    generation = try fields.require("generation")
    title = try fields.require("title")
    caller = try fields.require("caller")
    stepCount = try fields.require("step_count")
    createdAt = try fields.require("created_at")
    startedAt = try fields.optional("started_at")
    endedAt = try fields.optional("ended_at")
    deadlineAt = try fields.optional("deadline_at")
    reason = try fields.optional("reason")
    sequence = try fields.require("sequence")
    usage = try fields.body("usage")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("kind", kind)
    writer.member("state", state)
    writer.member("priority", priority)
    writer.member("generation", generation)
    writer.member("title", title)
    writer.member("caller", caller)
    writer.member("step_count", stepCount)
    writer.member("created_at", createdAt)
    writer.member("started_at", startedAt)
    writer.member("ended_at", endedAt)
    writer.member("deadline_at", deadlineAt)
    writer.member("reason", reason)
    writer.member("sequence", sequence)
    writer.member("usage", usage)
  }
}

/// A step of a job, or one item of a step with `for_each`.
public struct StepReport: Sendable, Equatable {
  public var id: String
  public var tool: String
  /// Index of the item; nil for the step itself.
  public var item: Int64?
  /// `pending`, `running`, `retrying`, `waiting`, `unknown`, `succeeded`, `failed`, `skipped` or `cancelled`.
  public var state: String
  public var attempt: Int64 = 0
  public var dependsOn: [String] = []
  public var idempotencyKey: String?
  public var worker: String?
  public var input: JSON?
  public var output: JSON?
  /// An error's `name`, `message` and `data`.
  public var error: JSON?
  public var artifacts: JSON?
  public var receipt: JSON?
  /// What all its attempts, their calls within and its items have used of language models; nil: nothing.
  public var usage: UsageSum?
  public var startedAt: Int64?
  public var endedAt: Int64?
  /// When the next attempt is due.
  public var notBefore: Int64?

  public init(id: String, tool: String, item: Int64? = nil, state: String) {
    self.id = id
    self.tool = tool
    self.item = item
    self.state = state
  }
}

extension StepReport: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    id = try fields.require("id")
    tool = try fields.require("tool")
    item = try fields.optional("item")
    state = try fields.require("state")
    attempt = try fields.optional("attempt") ?? 0
    dependsOn = try fields.strings("depends_on", limit: Limit.steps) ?? []
    idempotencyKey = try fields.optional("idempotency_key")
    worker = try fields.optional("worker")
    input = try fields.optional("input")
    output = try fields.optional("output")
    error = try fields.optional("error")
    artifacts = try fields.optional("artifacts")
    receipt = try fields.optional("receipt")
    usage = try fields.body("usage")
    startedAt = try fields.optional("started_at")
    endedAt = try fields.optional("ended_at")
    notBefore = try fields.optional("not_before")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id)
    writer.member("tool", tool)
    writer.member("item", item)
    writer.member("state", state)
    writer.member("attempt", attempt)
    if !dependsOn.isEmpty { writer.member("depends_on", dependsOn) }
    writer.member("idempotency_key", idempotencyKey)
    writer.member("worker", worker)
    writer.member("input", input)
    writer.member("output", output)
    writer.member("error", error)
    writer.member("artifacts", artifacts)
    writer.member("receipt", receipt)
    writer.member("usage", usage)
    writer.member("started_at", startedAt)
    writer.member("ended_at", endedAt)
    writer.member("not_before", notBefore)
  }
}

/// One line of a job's history; never changed once written.
public struct JobEvent: Sendable, Equatable {
  /// 1, 2, … within the job.
  public var number: Int64
  /// Milliseconds since 1970.
  public var at: Int64
  /// The coordinator's start that wrote it: after a crash, another one.
  public var run: Int64
  /// `job.accepted`, `step.succeeded`, …: `protocol/jobs.md` lists them.
  public var kind: String
  public var step: String?
  public var item: Int64?
  public var data: JSON?

  public init(
    number: Int64,
    at: Int64,
    run: Int64,
    kind: String,
    step: String? = nil,
    item: Int64? = nil,
    data: JSON? = nil
  ) {
    self.number = number
    self.at = at
    self.run = run
    self.kind = kind
    self.step = step
    self.item = item
    self.data = data
  }
}

extension JobEvent: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      number: try fields.require("number"),
      at: try fields.require("at"),
      run: try fields.require("run"),
      kind: try fields.require("kind"),
      step: try fields.optional("step"),
      item: try fields.optional("item"),
      data: try fields.optional("data")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("number", number)
    writer.member("at", at)
    writer.member("run", run)
    writer.member("kind", kind)
    writer.member("step", step)
    writer.member("item", item)
    writer.member("data", data)
  }
}
