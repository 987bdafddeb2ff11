internal import JSON
package import Journal
package import Plan
package import Wire

/// Back from the journal: after a crash, and for another generation of an ended job.
extension JobMachine {
  /// Takes up what the journal says about a job that had not ended, and what follows from it. After a crash no attempt
  /// is under way any more: those that were are made again if they may be, and are unknown otherwise.
  package mutating func recover(_ rows: [StepRecord], _ context: Context) -> [Effect] {
    let before = state
    do throws(WireError) {
      try load(rows)
    } catch {
      // What was accepted cannot be read back: the job ends with that as its reason.
      record("job.recovered", context)
      stop(.failure(step: 0, error), context)
      settle(context)
      return take()
    }
    if before == .queued || (before == .paused && !hasBegun) { return take() }
    record("job.recovered", context)
    if before == .cancelling { ending = Ending(reason: reason) }
    // What somebody let begin is found to be so again.
    if ending == nil { hold(allParts, context) }
    var due: [StepKey: Int64] = [:]
    for row in rows where row.state == .retrying { due[row.key] = row.notBefore }
    forEachUnit { machine, key, unit in machine.takeUp(key, unit, due, context) }
    for step in plan.graph.order where steps[step].missing == 0 && steps[step].items == nil {
      if steps[step].unit.phase == .idle { pendingReady.append(step) }
    }
    for step in plan.graph.order where steps[step].items != nil && !steps[step].unit.phase.isFinal {
      resumeItems(step, context)
    }
    settle(context)
    return take()
  }

  private mutating func takeUp(_ key: StepKey, _ unit: Unit, _ due: [StepKey: Int64], _ context: Context) {
    switch unit.phase {
    case .running where isEnding(key) && isIdempotent(key): cancelled(key, context)
    case .ready where isEnding(key), .retrying where isEnding(key), .waiting where isEnding(key),
      .unknown where isEnding(key):
      giveUp(key, context)
    case .running:
      record("step.interrupted", context, step: key, data: ["attempt": .integer(unit.attempt)])
      if isIdempotent(key) {
        queue(key)
      } else {
        outcomeUnknown(key, WireError(.workerLost, "the coordinator ended while it ran"), context)
      }
    case .retrying:
      // A clock that was set back makes nobody wait longer than the longest wait there is.
      let longest = max(plan.steps[key.step].retry.maxBackoffMS, Self.longestSetback)
      emit(.wake(key, afterMS: max(0, min((due[key] ?? context.now) - context.now, longest))))
    case .waiting: queue(key)
    default: break
    }
  }

  private mutating func resumeItems(_ step: Int, _ context: Context) {
    guard let items = steps[step].items else { return }
    if let failed = items.failed {
      if items.open == 0 { failItems(step, failed, context) }
    } else if items.done == items.values.count {
      items.hasCancelled ? cancelItems(step, context) : finishItems(step, context)
    } else {
      launchItems(step, context)
    }
  }

  /// Sets phases, outputs and counters as `rows` say.
  private mutating func load(_ rows: [StepRecord]) throws(WireError) {
    var byStep: [Int: [StepRecord]] = [:]
    for row in rows where plan.steps.indices.contains(row.key.step) { byStep[row.key.step, default: []].append(row) }
    for step in plan.graph.order {
      guard let rows = byStep[step], let own = rows.first(where: { $0.key.item == nil }) else { continue }
      if plan.steps[step].forEach != nil, own.state == .running {
        try loadItems(step, rows.filter { $0.key.item != nil })
        continue
      }
      let phase = own.state.phase
      change(StepKey(step)) { unit in
        unit.phase = phase
        unit.hasRow = true
        unit.attempt = own.attempt
        unit.needsPerson = phase == .unknown
      }
      if own.state == .succeeded {
        steps[step].output = try Self.parse(own.output)
        steps[step].outputBytes = own.output?.utf8.count ?? 0
      }
      if own.state == .skipped { steps[step].skip = own.error?.contains("\"failure\"") == true ? .failure : .condition }
      if own.state == .failed, plan.steps[step].onFailure == .skip { steps[step].skip = .failure }
      if own.state == .failed, plan.steps[step].onFailure == .fail {
        try loadFailure(step, WireError(json: try Self.parse(own.error)))
      }
      guard own.state.isFinal else { continue }
      unfinished -= 1
      for dependent in plan.graph.dependents[step] { steps[dependent].missing -= 1 }
      for dependency in plan.graph.dependencies[step] { steps[dependency].readers -= 1 }
    }
    for step in steps.indices where steps[step].readers == 0 { release(step) }
  }

  private mutating func loadFailure(_ step: Int, _ error: WireError) throws(WireError) {
    if assignment?.replaced.contains(plan.steps[step].id) == true {
      steps[step].skip = .failure
    } else if stage(step) == nil, mayPlanAgain {
      steps[step].skip = .failure
      failures.append(step)
      failureErrors[step] = error
    } else {
      ending = .failure(step: step, error)
    }
  }

  private mutating func loadItems(_ step: Int, _ rows: [StepRecord]) throws(WireError) {
    guard let forEach = plan.steps[step].forEach else { return }
    var items = StepStatus.Items(try forEach.elements(scope()))
    let seen = rows.compactMap(\.key.item).max() ?? -1
    items.next = min(seen + 1, items.values.count)
    steps[step].items = items
    for row in rows {
      guard let item = row.key.item, items.values.indices.contains(item) else { continue }
      let phase = row.state.phase
      change(row.key) { unit in
        unit.phase = phase
        unit.hasRow = true
        unit.attempt = row.attempt
        unit.needsPerson = phase == .unknown
      }
      if row.state == .succeeded { steps[step].items!.outputs[item] = try Self.parse(row.output) }
      if row.state == .cancelled { steps[step].items!.hasCancelled = true }
      if row.state == .failed, plan.steps[step].onFailure == .fail, steps[step].items!.failed == nil {
        steps[step].items!.failed = item
        itemErrors[step] = WireError(json: try Self.parse(row.error))
      }
    }
    let units = steps[step].items!.units.prefix(items.next)
    steps[step].items!.done = units.count { $0.phase.isFinal }
    // What was due to be started and was not is started now.
    for (item, unit) in units.enumerated() where unit.phase == .idle { queue(StepKey(step, item: item)) }
    steps[step].items!.open = items.next - steps[step].items!.done
  }

  private static func parse(_ text: String?) throws(WireError) -> JSON {
    guard let text else { return .null }
    do {
      return try JSON(parsing: Array(text.utf8))
    } catch {
      throw WireError(.internalError, "the journal holds a value that cannot be read: \(error)")
    }
  }

  // MARK: Again

  /// The steps that another generation runs: `from`, what did not succeed, and what depends on any of them.
  package static func again(
    _ plan: Plan,
    from: Int?,
    _ rows: [StepRecord],
    replaced: [String] = []
  ) -> Set<Int> {
    var done: Set<Int> = []
    // In whose place a later plan put others, with what depended on them.
    for step in plan.steps.indices where replaced.contains(plan.steps[step].id) {
      done.insert(step)
      done.formUnion(plan.graph.downstream(of: step))
    }
    for row in rows where row.key.item == nil {
      let wasSkippedByCondition = row.state == .skipped && row.error?.contains("\"failure\"") != true
      if row.state == .succeeded || wasSkippedByCondition { done.insert(row.key.step) }
    }
    if let from { done.remove(from) }
    var steps: Set<Int> = []
    for step in plan.graph.order {
      if !done.contains(step) || plan.graph.dependencies[step].contains(where: steps.contains) { steps.insert(step) }
    }
    return steps
  }

  /// Prepares another generation of an ended job in which the steps of `again` run anew; `start` begins it.
  package mutating func reopen(
    _ rows: [StepRecord],
    again: Set<Int>,
    from: String?,
    _ context: Context
  ) throws(WireError) -> [Effect] {
    generation += 1
    // Whoever asks for it agrees with the tools as they are now.
    for name in tools.keys { tools[name] = context.offer(name)?.terms ?? tools[name] }
    state = .queued
    hasBegun = false
    parts = []
    reason = nil
    try load(rows.filter { !again.contains($0.key.step) })
    ending = nil
    write(.clearSteps(job: seq, again.sorted()))
    let what: JSON = ["generation": .integer(generation), "from": from.map { .string($0) } ?? .null]
    record("job.retried", context, data: what)
    var update = JobUpdate(seq: seq, state: .queued, generation: generation)
    update.spec = spec.text
    update.stepCount = Int64(plan.steps.count)
    // The deadline and the start were those of the generation before.
    update.clearsTimes = true
    write(.updateJob(update))
    return take()
  }

  /// Takes over what another job's steps produced; `start` begins with the rest.
  package mutating func adopt(_ rows: [StepRecord]) throws(WireError) -> [Effect] {
    try load(rows)
    var artifacts: Set<String> = []
    for row in rows {
      write(.putStep(job: seq, row))
      for artifact in try Self.parse(row.artifacts).arrayValue ?? [] {
        if let digest = artifact["artifact"]?.stringValue { artifacts.insert(digest) }
      }
    }
    if !artifacts.isEmpty { write(.artifacts(job: seq, artifacts.sorted())) }
    return take()
  }
}

extension StepState {
  fileprivate var phase: Unit.Phase {
    switch self {
    case .running: .running
    case .retrying: .retrying
    case .waiting: .waiting
    case .unknown: .unknown
    case .succeeded: .succeeded
    case .failed: .failed
    case .skipped: .skipped
    case .cancelled: .cancelled
    }
  }
}
