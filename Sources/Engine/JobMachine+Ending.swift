internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// How a job ends, and what it says then.
extension JobMachine {
  /// Starts nothing more. What runs is stopped, unless a step failed: then it may end by itself.
  mutating func stop(_ ending: Ending, _ context: Context) {
    switch (self.ending, ending) {
    case (nil, _), (.failure?, .cancelled), (.failure?, .deadline): self.ending = ending
    default: return
    }
    isPaused = false
    undecided = []
    held = nil
    let stopsAttempts: Bool
    switch ending {
    case .failure: stopsAttempts = false
    case .cancelled, .deadline:
      stopsAttempts = true
      let reason = ending.reason
      record("job.cancelling", context, data: reason)
      enter(.cancelling, reason)
    }
    forEachUnit { machine, key, unit in
      switch unit.phase {
      case .ready:
        machine.emit(.withdraw(key, tool: machine.plan.steps[key.step].tool))
        machine.giveUp(key, context)
      case .retrying, .waiting, .unknown: machine.giveUp(key, context)
      case .running where stopsAttempts: machine.emit(.cancel(key))
      default: break
      }
    }
  }

  /// No attempt is under way and none is made any more. What nobody knows counts as failed, since it may have taken effect.
  mutating func giveUp(_ key: StepKey, _ context: Context) {
    guard let unit = unit(key) else { return }
    let isUnknown = unit.phase == .unknown
    if unit.hasRow {
      var end = StepEnd(key, isUnknown ? .failed : .cancelled)
      if isUnknown {
        let error = WireError(.outcomeUnknown, "nobody said what became of '\(plan.steps[key.step].id)' before the end")
        end.error = error.json.description
      }
      end.endedAt = context.now
      write(.endStep(job: seq, end))
    }
    move(key, to: isUnknown ? .failed : .cancelled)
    if key.item != nil {
      steps[key.step].items!.open -= 1
      steps[key.step].items!.done += 1
      steps[key.step].items!.hasCancelled = true
    }
  }

  /// The step has items that were given up: it did not succeed, whatever the others brought.
  mutating func cancelItems(_ step: Int, _ context: Context) {
    let key = StepKey(step)
    var end = StepEnd(key, .cancelled)
    end.endedAt = context.now
    write(.endStep(job: seq, end))
    record("step.cancelled", context, step: key)
    move(key, to: .cancelled)
    finish(step, context)
  }

  func count(_ phase: Unit.Phase) -> Int { counts[phase.rawValue] }

  /// What the phases mean for the job.
  mutating func settle(_ context: Context) {
    startReady(context)
    if assignment != nil, unfinished == 0, ending == nil, planAroundFailures(context) { startReady(context) }
    guard !isFinal, state != .queued else { return }
    if let ending {
      if count(.running) == 0 { finish(ending, context) }
      return
    }
    if unfinished == 0 {
      conclude(context)
      guard !isFinal else { return }
      startReady(context)
    }
    if isPaused { return }
    let moves = count(.ready) + count(.running) + count(.retrying)
    if held != nil ? count(.running) == 0 : moves == 0 && count(.waiting) + count(.unknown) > 0 {
      let reason = waitReason
      if state != .waiting { record("job.waiting", context, data: reason) }
      enter(.waiting, reason)
    } else if state == .waiting {
      record("job.running", context)
      enter(.running, nil)
    }
  }

  /// In rounds, since a skipped step may let others be ready; without recursion, since chains are long.
  private mutating func startReady(_ context: Context) {
    while !pendingReady.isEmpty {
      let ready = pendingReady
      pendingReady = []
      for step in ready where steps[step].unit.phase == .idle && steps[step].items == nil { becomeReady(step, context) }
    }
  }

  /// What the first unit waits for.
  private var waitReason: JSON {
    if let held { return held.error.json }
    for step in steps.indices {
      let units = steps[step].items.map { Array($0.units.prefix($0.next)) } ?? [steps[step].unit]
      for (item, unit) in units.enumerated() where unit.phase == .waiting || unit.phase == .unknown {
        let key = StepKey(step, item: steps[step].items == nil ? nil : item)
        let error =
          unit.phase == .unknown
          ? WireError(.outcomeUnknown, "nobody knows whether the last attempt took effect") : waits[key]
        var reason: JSONObject = ["step": .string(plan.steps[step].id)]
        reason["item"] = key.item.map { .integer(Int64($0)) }
        reason["name"] = error.map { .string($0.name.rawValue) }
        reason["message"] = error.map { .string($0.message) }
        if let data = error?.data, data.count > 0 { reason["data"] = .object(data) }
        return .object(reason)
      }
    }
    return .object(JSONObject())
  }

  private mutating func finish(_ ending: Ending, _ context: Context) {
    for step in steps.indices where steps[step].items != nil && !steps[step].unit.phase.isFinal {
      cancelItems(step, context)
    }
    switch ending {
    case .failure(let step, let error):
      var reason: JSONObject = [
        "name": .string(error.name.rawValue), "message": .string(error.message), "step": .string(plan.steps[step].id),
      ]
      if error.data.count > 0 { reason["data"] = .object(error.data) }
      end(.failed, "job.failed", .object(reason), context)
    case .deadline:
      end(.failed, "job.failed", ending.reason, context)
    case .cancelled:
      end(.cancelled, "job.cancelled", nil, context)
    }
  }

  mutating func end(
    _ state: JobState,
    _ kind: StaticString,
    _ reason: JSON?,
    result: JSON? = nil,
    _ context: Context
  ) {
    self.state = state
    self.reason = reason
    var update = JobUpdate(seq: seq, state: state, generation: generation)
    update.endedAt = context.now
    update.reason = reason?.description
    update.result = result?.description
    write(.updateJob(update))
    record(kind, context, data: reason)
    emit(.finished)
  }
}

extension JobMachine.Ending {
  /// Why a job that is being cancelled is; nil: because somebody wished it.
  fileprivate var reason: JSON? {
    guard case .deadline = self else { return nil }
    return ["name": .string(WireError.Name.deadlineExceeded.rawValue), "message": "the job's deadline passed"]
  }

  /// Back from the reason.
  init(reason: JSON?) {
    self = reason?["name"]?.stringValue == WireError.Name.deadlineExceeded.rawValue ? .deadline : .cancelled
  }
}
