package import JSON

/// Client → coordinator: run a plan, a recipe, or what a planner makes of a request. Answered when the job is on disk.
package struct JobSubmit: WireRequest {
  package static let method = "job/submit"

  package enum Work: Sendable, Equatable {
    case plan(JSON)
    case recipe(RecipeChoice)
    case request(TaskRequest)
  }

  package var work: Work
  /// Chosen by the caller, or nil: the coordinator's. The same id with the same content is the same job.
  package var id: String?
  package var priority: Int64?
  /// From acceptance to the job's end; what runs then is cancelled.
  package var deadlineMS: Int64?
  /// Accept it, but start nothing until `job/resume`.
  package var isPaused: Bool
  /// The most that all of it may use up.
  package var budget: Budget?

  package init(
    _ work: Work,
    id: String? = nil,
    priority: Int64? = nil,
    deadlineMS: Int64? = nil,
    isPaused: Bool = false,
    budget: Budget? = nil
  ) {
    self.work = work
    self.id = id
    self.priority = priority
    self.deadlineMS = deadlineMS
    self.isPaused = isPaused
    self.budget = budget
  }

  package init(from fields: inout Fields) throws(WireError) {
    work = try Self.work(&fields)
    id = try Self.jobID("id", &fields)
    priority = try fields.integer("priority", in: 0...9)
    deadlineMS = try fields.integer("deadline_ms", in: 1...Limit.jobDeadlineMS)
    isPaused = try fields.optional("paused") ?? false
    budget = try fields.body("budget")
  }

  private static func work(_ fields: inout Fields) throws(WireError) -> Work {
    let plan = try fields.optional("plan", JSON.self)
    let recipe = try fields.body("recipe", RecipeChoice.self)
    let request = try fields.body("request", TaskRequest.self)
    switch (plan, recipe, request) {
    case (let plan?, nil, nil): return .plan(plan)
    case (nil, let recipe?, nil): return .recipe(recipe)
    case (nil, nil, let request?): return .request(request)
    case (nil, nil, nil):
      throw .invalidParams(fields.path("plan"), "missing member 'plan', or 'recipe' or 'request' in its place")
    default:
      throw .invalidParams(fields.path("plan"), "only one of 'plan', 'recipe' and 'request' may be there")
    }
  }

  package func encode(into writer: inout JSONWriter) {
    switch work {
    case .plan(let plan): writer.member("plan", plan)
    case .recipe(let recipe): writer.member("recipe", recipe)
    case .request(let request): writer.member("request", request)
    }
    writer.member("id", id)
    writer.member("priority", priority)
    writer.member("deadline_ms", deadlineMS)
    if isPaused { writer.member("paused", true) }
    writer.member("budget", budget)
  }

  /// Whether `id` may name a job: 1 … 128 of `A–Z a–z 0–9 _ . -`.
  package static func isValidID(_ id: String) -> Bool { Tool.isValidName(id) }

  /// `job-7` and `call-7` are what the coordinator calls those that nobody named.
  package static func isReservedID(_ id: String) -> Bool {
    for prefix in ["job-", "call-"] where id.hasPrefix(prefix) {
      let rest = id.utf8.dropFirst(prefix.utf8.count)
      return !rest.isEmpty && rest.allSatisfy { (48...57).contains($0) }
    }
    return false
  }

  package static func jobID(_ name: StaticString, _ fields: inout Fields) throws(WireError) -> String? {
    guard let id = try fields.optional(name, String.self) else { return nil }
    guard isValidID(id) else {
      throw .invalidParams(
        fields.path(name),
        "\(quoted(id)) is no job id: 1 to \(Limit.toolNameBytes) of A-Z a-z 0-9 _ . - are due"
      )
    }
    guard !isReservedID(id) else {
      throw .invalidParams(
        fields.path(name),
        "'\(fields.path(name))' is \(quoted(id)): the coordinator gives such ids itself"
      )
    }
    return id
  }

  package struct Response: WireBody {
    package var job: JobSummary
    /// The same submission was accepted before; this is that job.
    package var isExisting: Bool

    package init(job: JobSummary, isExisting: Bool = false) {
      self.job = job
      self.isExisting = isExisting
    }

    package init(from fields: inout Fields) throws(WireError) {
      job = try fields.requireBody("job")
      isExisting = try fields.optional("existing") ?? false
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("job", job)
      if isExisting { writer.member("existing", true) }
    }
  }
}

/// Client → coordinator: check a plan against today's catalog without running it. Mistakes are in the answer.
package struct PlanCheck: WireRequest {
  package static let method = "plan/check"

  package var plan: JSON

  package init(plan: JSON) { self.plan = plan }
  package init(from fields: inout Fields) throws(WireError) { plan = try fields.require("plan") }
  package func encode(into writer: inout JSONWriter) { writer.member("plan", plan) }

  package struct Response: WireBody {
    package var mistakes: [PlanMistake]

    package init(mistakes: [PlanMistake]) { self.mistakes = mistakes }
    package init(from fields: inout Fields) throws(WireError) { mistakes = try fields.requireBodies("mistakes") }
    package func encode(into writer: inout JSONWriter) { writer.member("mistakes", mistakes) }
  }
}

/// What is wrong with a plan, and where.
public struct PlanMistake: Sendable, Equatable {
  /// JSON Pointer into the plan.
  public var path: String
  /// `unknown_tool`, `cycle`, …
  public var name: String
  public var message: String

  public init(path: String, name: String, message: String) {
    self.path = path
    self.name = name
    self.message = message
  }
}

extension PlanMistake: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      path: try fields.require("path"),
      name: try fields.require("name"),
      message: try fields.require("message")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("path", path)
    writer.member("name", name)
    writer.member("message", message)
  }
}
