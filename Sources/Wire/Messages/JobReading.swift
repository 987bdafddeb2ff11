package import JSON

/// Jobs, newest first.
package struct JobList: WireRequest {
  package static let method = "job/list"

  package enum Order: String, Sendable, CaseIterable {
    /// The one accepted last first.
    case accepted
    /// The one ended last first; without those that have not ended.
    case ended
  }

  package var order = Order.accepted
  package var states: [String]
  /// `plan` or `call`; nil: both.
  package var kind: String?
  /// Only those accepted before this `sequence`: for the next page. In the order of their ends: of those that ended at
  /// `until` only those before it.
  package var before: Int64?
  /// Only those that ended at this time or later, and before this one: milliseconds since 1970.
  package var since: Int64?
  package var until: Int64?
  /// Only those in which this tool was executed.
  package var tool: String?
  /// Whether what each job used of language models is wanted too.
  package var wantsUsage = false
  package var limit: Int64

  package init(states: [String] = [], kind: String? = nil, before: Int64? = nil, limit: Int64 = 100) {
    self.states = states
    self.kind = kind
    self.before = before
    self.limit = limit
  }

  package init(from fields: inout Fields) throws(WireError) {
    let name = try fields.optional("order", String.self) ?? Order.accepted.rawValue
    guard let order = Order(rawValue: name) else {
      throw .invalidParams("/order", "'/order' is \(quoted(name)) where 'accepted' or 'ended' is due")
    }
    states = try fields.strings("states") ?? []
    kind = try fields.optional("kind")
    before = try fields.integer("before")
    since = try fields.integer("since")
    until = try fields.integer("until")
    tool = try fields.optional("tool")
    wantsUsage = try fields.optional("usage") ?? false
    limit = try fields.integer("limit", in: 1...1_000) ?? 100
    self.order = order
  }

  package func encode(into writer: inout JSONWriter) {
    if order != .accepted { writer.member("order", order.rawValue) }
    if !states.isEmpty { writer.member("states", states) }
    writer.member("kind", kind)
    writer.member("before", before)
    writer.member("since", since)
    writer.member("until", until)
    writer.member("tool", tool)
    if wantsUsage { writer.member("usage", true) }
    writer.member("limit", limit)
  }

  package struct Response: WireBody {
    package var jobs: [JobSummary]

    package init(jobs: [JobSummary]) { self.jobs = jobs }
    package init(from fields: inout Fields) throws(WireError) { jobs = try fields.requireBodies("jobs") }
    package func encode(into writer: inout JSONWriter) { writer.member("jobs", jobs) }
  }
}

/// One job with its steps.
package struct JobShow: WireRequest {
  package static let method = "job/show"

  package var job: String
  /// Whether inputs, outputs and the plan are wanted too.
  package var wantsPayloads: Bool
  /// Only this step, with its items.
  package var step: String?

  package init(job: String, wantsPayloads: Bool = true, step: String? = nil) {
    self.job = job
    self.wantsPayloads = wantsPayloads
    self.step = step
  }

  package init(from fields: inout Fields) throws(WireError) {
    job = try fields.require("job")
    wantsPayloads = try fields.optional("payloads") ?? true
    step = try fields.optional("step")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("job", job)
    if !wantsPayloads { writer.member("payloads", false) }
    writer.member("step", step)
  }

  package struct Response: WireBody {
    package var job: JobSummary
    package var steps: [StepReport]
    /// The plan as submitted, or the call.
    package var spec: JSON?
    /// Of a job that has ended: `outputs` of the last steps by id, and `synthesis`, if the plan asks for one.
    package var result: JSON?
    /// Payloads that were left out because the answer would not fit a frame: ask for the steps one by one.
    package var isAbridged: Bool
    /// What the whole job has used of language models, in all generations; nil: nothing.
    package var usage: UsageSum?
    /// What all of the job may use up at most, as submitted.
    package var budget: Budget?

    package init(
      job: JobSummary,
      steps: [StepReport],
      spec: JSON? = nil,
      result: JSON? = nil,
      isAbridged: Bool = false,
      usage: UsageSum? = nil,
      budget: Budget? = nil
    ) {
      self.job = job
      self.steps = steps
      self.spec = spec
      self.result = result
      self.isAbridged = isAbridged
      self.usage = usage
      self.budget = budget
    }

    package init(from fields: inout Fields) throws(WireError) {
      job = try fields.requireBody("job")
      steps = try fields.requireBodies("steps")
      spec = try fields.optional("spec")
      result = try fields.optional("result")
      isAbridged = try fields.optional("abridged") ?? false
      usage = try fields.body("usage")
      budget = try fields.body("budget")
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("job", job)
      writer.member("steps", steps)
      writer.member("spec", spec)
      writer.member("result", result)
      if isAbridged { writer.member("abridged", true) }
      writer.member("usage", usage)
      writer.member("budget", budget)
    }
  }
}

/// A job's history. With `follow`, further events come as `job/event`, and the answer comes when the job has ended.
package struct JobEvents: WireRequest {
  package static let method = "job/events"

  package var job: String
  /// Only events with a greater number.
  package var after: Int64
  package var limit: Int64
  package var follow: Bool

  package init(job: String, after: Int64 = 0, limit: Int64 = 1_000, follow: Bool = false) {
    self.job = job
    self.after = after
    self.limit = limit
    self.follow = follow
  }

  package init(from fields: inout Fields) throws(WireError) {
    job = try fields.require("job")
    after = try fields.integer("after") ?? 0
    limit = try fields.integer("limit", in: 1...10_000) ?? 1_000
    follow = try fields.optional("follow") ?? false
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("job", job)
    writer.member("after", after)
    writer.member("limit", limit)
    if follow { writer.member("follow", true) }
  }

  package struct Response: WireBody {
    package var job: JobSummary
    /// Empty with `follow`: they came as notifications.
    package var events: [JobEvent]
    /// More events follow the last one: ask again after it.
    package var hasMore: Bool

    package init(job: JobSummary, events: [JobEvent], hasMore: Bool = false) {
      self.job = job
      self.events = events
      self.hasMore = hasMore
    }

    package init(from fields: inout Fields) throws(WireError) {
      job = try fields.requireBody("job")
      events = try fields.requireBodies("events")
      hasMore = try fields.optional("more") ?? false
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("job", job)
      writer.member("events", events)
      if hasMore { writer.member("more", true) }
    }
  }
}

/// Coordinator → client: an event, or output of a running step, for a `job/events` that follows.
package struct JobEventNotice: WireMessage {
  package static let method = "job/event"

  /// Of the `job/events` request.
  package var id: RequestID
  package var event: JobEvent

  package init(id: RequestID, event: JobEvent) {
    self.id = id
    self.event = event
  }

  package init(from fields: inout Fields) throws(WireError) {
    guard let id = try fields.requestID("id") else { throw .invalidParams("/id", "missing member 'id'") }
    self.id = id
    event = try fields.requireBody("event")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("id", id.json)
    writer.member("event", event)
  }
}
