internal import Engine
internal import JSON
internal import Journal
internal import Plan
internal import Policy
internal import Wire

/// Goes through what is recorded, requests, attempts at steps and calls, and has another policy decide about it.
///
/// Runs on a reader's thread, so it knows of callers what is written down, and of tools what was run.
struct RecordedActs: Sendable {
  private let policy: Policy
  private var rehearsal: Rehearsal
  private var jobs: Int64 = 0

  /// Acts that one rehearsal looks at.
  private static let limit = 200_000
  /// One act is looked at as a whole only if it is no larger.
  private static let jobBytes: Int64 = 64 << 20

  /// - Parameter policy: that holds.
  init(_ policy: Policy, trying other: Policy) {
    self.policy = policy
    rehearsal = Rehearsal(other)
  }

  mutating func run(since: Int64, _ database: Database) throws {
    var filter = Database.JobFilter()
    filter.limit = 200
    while rehearsal.looked < Self.limit {
      let page = try database.jobs(filter)
      for summary in page {
        guard summary.createdAt >= since else { return }
        if let record = try database.job(seq: summary.seq) { try look(at: record, database) }
      }
      guard let last = page.last else { return }
      filter.before = last.seq
    }
  }

  private mutating func look(at record: JobRecord, _ database: Database) throws {
    jobs += 1
    let caller = Self.caller(record.caller)
    guard record.kind == .plan else { return try look(atCall: record, caller, database) }
    // Safety: a job that cannot be read was told of when it was opened.
    guard let spec = try? JobSpec(record.spec) else { return }
    var task = spec.assignment?.task ?? JSONObject()
    if spec.assignment == nil { task["description"] = spec.plan.description.map { .string($0) } }
    if let assignment = spec.assignment {
      look(at: Facts(.request, task: task, job: record.id, needs: assignment.request.needs, caller: caller))
    }
    guard try database.stepSize(of: record.seq).bytes <= Self.jobBytes else { return }
    for row in try database.steps(of: record.seq) where row.attempt > 0 && row.input != nil {
      guard spec.plan.steps.indices.contains(row.key.step), let input = Jobs.parse(row.input) else { continue }
      let step = spec.plan.steps[row.key.step]
      let facts = Facts(
        .invocation,
        task: task,
        job: record.id,
        step: step.id,
        tool: step.tool,
        worker: row.worker,
        input: input,
        needs: step.needs.completed(by: spec.tools[step.tool]?.needs),
        limits: step.limits,
        caller: caller
      )
      look(at: facts)
    }
    for call in try database.calls(of: record.seq) where !call.isRedacted {
      guard let input = Jobs.parse(call.input) else { continue }
      look(at: Facts(.invocation, task: task, job: record.id, tool: call.tool, input: input, caller: caller))
    }
  }

  private mutating func look(atCall record: JobRecord, _ caller: Caller, _ database: Database) throws {
    let spec = Jobs.parse(record.spec) ?? .null
    var input = spec["input"]
    if input == nil { input = Jobs.parse(try database.steps(of: record.seq).first?.input) }
    guard let tool = spec["tool"]?.stringValue, let input else { return }
    look(at: Facts(.invocation, job: record.id, step: "call", tool: tool, input: input, caller: caller))
  }

  private mutating func look(at facts: Facts) { rehearsal.look(at: facts, before: policy.decide(facts)) }

  func response(_ version: String) -> PolicyTest.Response {
    var response = PolicyTest.Response(version: version)
    response.jobs = jobs
    response.acts = Int64(rehearsal.looked)
    response.newlyBlocked = Int64(rehearsal.count(.newlyBlocked))
    response.newlyAsked = Int64(rehearsal.count(.newlyAsked))
    response.newlyAllowed = Int64(rehearsal.count(.newlyAllowed))
    response.examples = Rehearsal.Change.allCases.flatMap { change in
      rehearsal.examples(change).map { example in
        PolicyTest.Example(
          change: change.rawValue,
          job: example.job ?? "",
          step: example.step,
          tool: example.tool,
          point: example.point.rawValue,
          before: example.before.rawValue,
          after: example.after.rawValue,
          rules: Array(example.rules.prefix(16))
        )
      }
    }
    return response
  }

  private static func caller(_ text: String) -> Caller {
    let json = Jobs.parse(text) ?? .null
    func id(_ value: JSON?) -> UInt32 { value?.integerValue.flatMap { UInt32(exactly: $0) } ?? .max }
    return Caller(
      uid: id(json["uid"]),
      gid: id(json["gid"]),
      groups: (json["groups"]?.arrayValue ?? []).map { id($0) },
      user: json["user"]?.stringValue ?? "",
      role: .submitter
    )
  }
}

extension Jobs {
  func rehearse(_ message: PolicyTest, answer: @escaping Answer<PolicyTest.Response>) {
    let policy: Policy
    do throws(PolicyErrors) {
      policy = try Policy(reading: message.policy, environment: message.environment)
    } catch {
      let listed = error.errors.map { JSON.string($0.message) }
      return answer(
        .failure(
          WireError(
            .invalidParams,
            "the policy cannot be used: \(listed.first?.stringValue ?? "")",
            data: ["path": "/policy", "mistakes": .array(listed)]
          )
        )
      )
    }
    let acts = RecordedActs(judge.policy, trying: policy)
    let version = policy.version
    let since = message.since ?? 0
    // Long work, which holds up nobody's reading.
    journal.auditReader.read { database in
      var acts = acts
      try acts.run(since: since, database)
      return acts.response(version)
    } then: {
      answer($0.mapError(Self.storage))
    }
  }
}
