package import JSON
package import Wire

/// A job's history as spans of time: each attempt of each step, and what came between attempts.
package struct Timeline: Sendable {
  package struct Span: Sendable, Equatable {
    package let step: String
    package let item: Int64?
    /// 0 for a wait before the first attempt, and for a step that stands for its items.
    package var attempt: Int64
    package let startedAt: Int64
    /// nil: not yet.
    package var endedAt: Int64?
    package var state: StepState
    /// From the attempt's end to the next attempt or the step's end: a delay, a tool that is missing, a person.
    package var waitsFrom: Int64?
    package var waitsUntil: Int64?
    package var reason: String?
    /// The coordinator's start in which it began.
    package let run: Int64

    package var name: String { step + (item.map { "[\($0)]" } ?? "") }
  }

  /// A start of the coordinator that took the job over from an earlier one.
  package struct Restart: Sendable, Equatable {
    package let at: Int64
    package let run: Int64
  }

  /// By the first start of their steps; those of one step stand together.
  package private(set) var spans: [Span] = []
  package private(set) var restarts: [Restart] = []
  package private(set) var startedAt: Int64
  package private(set) var endedAt: Int64

  private struct Key: Hashable {
    let step: String
    let item: Int64?
  }
  /// The last span of each step or item.
  private var last: [Key: Int] = [:]

  /// `now` ends what has not ended yet. `events` are all, in order.
  package init(_ events: [JobEvent], now: Int64) {
    startedAt = events.first?.at ?? now
    endedAt = startedAt
    var run = events.first?.run
    var isOver = false
    for event in events where event.number > 0 {
      // A clock that was set back must not turn a bar around.
      let at = max(event.at, endedAt)
      if let before = run, before != event.run { restarts.append(Restart(at: at, run: event.run)) }
      run = event.run
      endedAt = at
      if let step = event.step {
        take(event, Key(step: step, item: event.item), at)
      } else {
        isOver = ["job.succeeded", "job.failed", "job.cancelled"].contains(event.kind)
        if isOver { close(at) }
      }
    }
    if !isOver { endedAt = max(endedAt, now) }
    arrange()
  }

  private mutating func take(_ event: JobEvent, _ key: Key, _ at: Int64) {
    switch event.kind {
    case "step.started", "step.expanded":
      endWait(key, at)
      open(event, key, at, .running, attempt: event.data?["attempt"]?.integerValue ?? 0)
    case "step.succeeded": end(event, key, at, .succeeded)
    case "step.failed": end(event, key, at, .failed)
    case "step.cancelled": end(event, key, at, .cancelled)
    case "step.skipped": end(event, key, at, .skipped)
    case "step.interrupted": end(event, key, at, .cancelled, reason: "interrupted")
    case "step.retrying", "step.waiting", "step.unknown":
      end(event, key, at, event.kind == "step.retrying" ? .failed : event.kind == "step.waiting" ? .waiting : .unknown)
      if let index = last[key] {
        spans[index].waitsFrom = spans[index].waitsFrom ?? at
        spans[index].waitsUntil = nil
      }
    default: break
    }
  }

  private mutating func open(_ event: JobEvent, _ key: Key, _ at: Int64, _ state: StepState, attempt: Int64) {
    last[key] = spans.count
    spans.append(
      Span(step: key.step, item: key.item, attempt: attempt, startedAt: at, state: state, run: event.run)
    )
  }

  private mutating func end(_ event: JobEvent, _ key: Key, _ at: Int64, _ state: StepState, reason: String? = nil) {
    endWait(key, at)
    let isOpen = last[key].map { spans[$0].endedAt == nil } ?? false
    if !isOpen {
      // What ends a wait without another attempt is told in the row of that wait.
      if let index = last[key], spans[index].waitsUntil == at {
        spans[index].state = state
        spans[index].reason = reason ?? reasonText(event.data) ?? spans[index].reason
        return
      }
      open(event, key, at, state, attempt: 0)
    }
    guard let index = last[key] else { return }
    spans[index].endedAt = at
    spans[index].state = state
    spans[index].reason = reason ?? reasonText(event.data)
  }

  private mutating func endWait(_ key: Key, _ at: Int64) {
    guard let index = last[key], spans[index].waitsFrom != nil, spans[index].waitsUntil == nil else { return }
    spans[index].waitsUntil = at
  }

  /// The job ended: so did what had not.
  private mutating func close(_ at: Int64) {
    for index in spans.indices {
      if spans[index].waitsFrom != nil, spans[index].waitsUntil == nil { spans[index].waitsUntil = at }
      if spans[index].endedAt == nil {
        spans[index].endedAt = at
        spans[index].state = .cancelled
      }
    }
  }

  private mutating func arrange() {
    var first: [String: Int] = [:]
    for (index, span) in spans.enumerated() where first[span.step] == nil { first[span.step] = index }
    let order = spans.indices.sorted { a, b in
      let (left, right) = (spans[a], spans[b])
      if left.step != right.step { return first[left.step]! < first[right.step]! }
      if left.item != right.item { return (left.item ?? -1) < (right.item ?? -1) }
      return a < b
    }
    spans = order.map { spans[$0] }
    last = [:]
  }
}

extension Timeline.Span {
  /// For `--json`; times in milliseconds since 1970.
  package var json: JSON {
    var object: JSONObject = ["step": .string(step)]
    object["item"] = item.map { .integer($0) }
    if attempt > 0 { object["attempt"] = .integer(attempt) }
    object["state"] = .string(state.rawValue)
    object["started_at"] = .integer(startedAt)
    object["ended_at"] = endedAt.map { .integer($0) }
    object["waits_from"] = waitsFrom.map { .integer($0) }
    object["waits_until"] = waitsUntil.map { .integer($0) }
    object["reason"] = reason.map { .string($0) }
    object["run"] = .integer(run)
    return .object(object)
  }
}
