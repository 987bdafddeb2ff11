package import JSON
package import Wire

/// A job as its events tell it, from the first one on: what a live picture is drawn of.
package struct JobProgress: Sendable {
  package let id: String
  package private(set) var state: String
  package private(set) var generation: Int64
  package private(set) var createdAt: Int64
  package private(set) var startedAt: Int64?
  package private(set) var endedAt: Int64?
  /// Why it waits or failed.
  package private(set) var reason: JSON?
  /// In the plan's order.
  package private(set) var steps: [StepProgress]
  /// Number of the last event; 0 before the first.
  package private(set) var lastNumber: Int64 = 0
  private var indices: [String: Int]

  /// `steps` are those of `job/show`; their states are not taken over, since the events will tell them.
  package init(job: JobSummary, steps reports: [StepReport]) {
    id = job.id
    state = "queued"
    generation = 1
    createdAt = job.createdAt
    let steps = reports.filter { $0.item == nil }.map {
      StepProgress(id: $0.id, tool: $0.tool, dependsOn: $0.dependsOn)
    }
    indices = Dictionary(steps.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
    self.steps = steps
  }

  package var isFinal: Bool { endedAt != nil }

  package func count(_ state: StepState) -> Int { steps.count { $0.state == state } }

  /// Events that were taken before are passed over.
  package mutating func apply(_ event: JobEvent) {
    // Numbered from 1; what is not part of the history has 0.
    guard event.number == 0 || event.number > lastNumber else { return }
    lastNumber = max(lastNumber, event.number)
    if event.kind.hasPrefix("step.") {
      guard let step = event.step, let index = indices[step] else { return }
      steps[index].apply(event.kind.dropFirst(5), event)
    } else {
      applyToJob(event)
    }
  }

  private mutating func applyToJob(_ event: JobEvent) {
    switch event.kind {
    case "job.started":
      state = "running"
      startedAt = startedAt ?? event.at
    case "job.running", "job.resumed":
      state = startedAt == nil ? "queued" : "running"
      reason = nil
    case "job.waiting":
      state = "waiting"
      reason = event.data
    case "job.paused": state = "paused"
    case "job.cancelling": state = "cancelling"
    case "job.planned", "job.replanned": grow(event)
    case "job.retried": reopen(event)
    case "job.succeeded", "job.failed", "job.cancelled":
      state = String(event.kind.dropFirst(4))
      reason = event.data
      endedAt = event.at
      for index in steps.indices { steps[index].giveUp(at: event.at) }
    default: break
    }
  }

  /// A plan that was made while the job ran.
  private mutating func grow(_ event: JobEvent) {
    for added in event.data?["added"]?.arrayValue ?? [] {
      guard let id = added["id"]?.stringValue, let tool = added["tool"]?.stringValue, indices[id] == nil else {
        continue
      }
      indices[id] = steps.count
      let dependsOn = (added["depends_on"]?.arrayValue ?? []).compactMap(\.stringValue)
      steps.append(StepProgress(id: id, tool: tool, dependsOn: dependsOn))
    }
  }

  /// A new generation: `from` and what depends on it run again, or what did not succeed and what depends on that.
  private mutating func reopen(_ event: JobEvent) {
    state = "queued"
    generation = event.data?["generation"]?.integerValue ?? generation + 1
    createdAt = event.at
    startedAt = nil
    endedAt = nil
    reason = nil
    var again: [Int]
    if let from = event.data?["from"]?.stringValue {
      again = indices[from].map { [$0] } ?? []
    } else {
      again = steps.indices.filter { steps[$0].state != .succeeded && steps[$0].state != .skipped }
    }
    var dependents: [Int: [Int]] = [:]
    for (index, step) in steps.enumerated() {
      for other in step.dependsOn { if let other = indices[other] { dependents[other, default: []].append(index) } }
    }
    var seen = Set(again)
    while let index = again.popLast() {
      steps[index].reset()
      for next in dependents[index] ?? [] where seen.insert(next).inserted { again.append(next) }
    }
  }
}
