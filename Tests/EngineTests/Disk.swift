import JSON
import Journal
import Testing

@testable import Engine

/// What the journal would hold, with the rules that its schema has.
struct Disk {
  var state = JobState.queued
  var generation: Int64 = 1
  var reason: JSON?
  var result: JSON?
  var spec: String?
  var stepCount: Int64?
  var startedAt: Int64?
  var endedAt: Int64?
  var clearedDeadline = false
  var rows: [StepKey: StepRecord] = [:]
  var events: [EventRecord] = []
  var artifacts: Set<String> = []
  var approvals: [ApprovalRecord] = []
  var audit: [AuditRecord] = []

  struct Refused: Error { let why: String }

  mutating func apply(_ change: Change) throws {
    switch change {
    case .updateJob(let update): try apply(update)
    case .putStep(_, let row):
      try check(row)
      rows[row.key] = row
    case .endStep(_, let end):
      guard var row = rows[end.key] else { throw Refused(why: "a step ended that had not begun: \(end.key)") }
      row.state = end.state
      row.output = end.output.map { String(decoding: $0, as: UTF8.self) }
      row.error = end.error
      row.artifacts = end.artifacts
      row.receipt = end.receipt
      row.endedAt = end.endedAt
      row.notBefore = end.notBefore
      try check(row)
      rows[end.key] = row
    case .clearSteps(_, let steps): rows = rows.filter { !steps.contains($0.key.step) }
    case .event(let event):
      guard event.number == (events.last?.number ?? 1) + 1 else {
        throw Refused(why: "event \(event.number) behind \(events.last?.number ?? 1)")
      }
      events.append(event)
    case .artifacts(_, let digests): artifacts.formUnion(digests)
    // The coordinator's, which ride along.
    case .putApproval(let approval): approvals.append(approval)
    case .audit(let record): audit.append(record)
    case .meter, .ruleHits: break
    case .insertJob, .insertCall, .endCall, .usage, .deleteJobs, .removeMeters, .probe, .trimAudit, .execution, .putPin,
      .removeMetrics:
      throw Refused(why: "no business of a machine")
    }
  }

  private mutating func apply(_ update: JobUpdate) throws {
    guard update.state.isFinal == (update.endedAt != nil) else { throw Refused(why: "ended_at of \(update.state)") }
    state = update.state
    generation = update.generation
    reason = try update.reason.map { try JSON(parsing: $0) }
    result = try update.result.map { try JSON(parsing: $0) }
    spec = update.spec ?? spec
    stepCount = update.stepCount ?? stepCount
    endedAt = update.endedAt
    startedAt = update.clearsTimes ? nil : startedAt ?? update.startedAt
    if update.clearsTimes { clearedDeadline = true }
  }

  private func check(_ row: StepRecord) throws {
    if row.state == .succeeded, row.output == nil { throw Refused(why: "\(row.key) succeeded without output") }
    if row.state == .failed, row.error == nil { throw Refused(why: "\(row.key) failed without error") }
  }

  var sortedRows: [StepRecord] { rows.values.sorted { $0.key < $1.key } }
  var kinds: [String] { events.map(\.kind) }

  /// `step kind` of each event of a step, `kind` of the others.
  var story: [String] {
    events.map { event in
      guard let step = event.step else { return event.kind }
      return "\(step)\(event.item.map { "[\($0)]" } ?? "") \(event.kind.dropFirst(5))"
    }
  }
}
