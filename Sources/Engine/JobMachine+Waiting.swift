internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// Units that wait for their tool or for a person, and what a person says about them.
extension JobMachine {
  mutating func toolIsMissing(_ key: StepKey, _ context: Context) {
    let step = plan.steps[key.step]
    let error = context.missing(step.tool) ?? WireError(.unknownTool, "no worker offers tool '\(step.tool)' any more")
    guard step.onMissingTool == .fail else { return wait(key, error, needsPerson: false, context) }
    change(key) { unit in
      unit.phase = .running
      unit.attempt += 1
    }
    begin(key, unit(key)?.attempt ?? 1, worker: "", isRefused: true, context) { _ in }
    fail(key, error, context)
  }

  mutating func wait(_ key: StepKey, _ error: WireError, needsPerson: Bool, _ context: Context) {
    var row = StepRecord(key, .waiting)
    row.generation = generation
    row.attempt = unit(key)?.attempt ?? 0
    row.error = error.json.description
    write(.putStep(job: seq, row))
    record(
      "step.waiting",
      context,
      step: key,
      data: ["name": .string(error.name.rawValue), "reason": .string(error.message)]
    )
    change(key) { unit in
      unit.phase = .waiting
      unit.needsPerson = needsPerson
      unit.hasRow = true
    }
    waits[key] = error
  }

  mutating func due(_ key: StepKey, _ context: Context) {
    if let held, key == StepKey(held.first) { decide(context) }
    guard let phase = unit(key)?.phase, phase == .retrying || phase == .waiting, ending == nil else { return }
    queue(key)
  }

  /// Has nothing begin before it is decided about these parts of the plan, and about those that are held already.
  mutating func hold(_ parts: [Range<Int>], _ context: Context) {
    undecided += parts
    // A part that is held stays what is waited for.
    if held == nil { decide(context) }
  }

  /// Asks about one part after the other, as long as the answer is that it may begin.
  mutating func decide(_ context: Context) {
    let wasHeld = held != nil
    held = nil
    while let part = undecided.first {
      let first = part.lowerBound
      let verdict = context.judgePlan(PlanPart(plan: plan, steps: part, terms: tools))
      for change in verdict.changes { write(change) }
      for warning in verdict.warnings { record("job.warned", context, data: ["message": .string(warning)]) }
      switch verdict.outcome {
      case .go: undecided.removeFirst()
      case .refused(let error): return stop(.failure(step: max(first - 1, 0), error), context)
      case .ask(let error): return held = Hold(first: first, error: error)
      case .later(let error, let delay):
        held = Hold(first: first, error: error)
        return emit(.wake(StepKey(first), afterMS: max(delay, 10)))
      }
    }
    if wasHeld { offerReady() }
  }

  /// The plan with which the generation began, and what it has grown by.
  var allParts: [Range<Int>] {
    var bounds = [0]
    for first in parts where first > bounds[bounds.count - 1] && first < plan.steps.count { bounds.append(first) }
    return zip(bounds, bounds.dropFirst() + [plan.steps.count]).map { $0..<$1 }
  }

  mutating func resolve(_ key: StepKey, _ resolution: Resolution, _ context: Context) {
    guard unit(key)?.phase == .unknown else { return }
    let name =
      switch resolution {
      case .succeeded: "succeeded"
      case .failed: "failed"
      case .retry: "retry"
      case .skip: "skip"
      }
    record("step.resolved", context, step: key, data: ["outcome": .string(name)])
    switch resolution {
    case .succeeded(let output): succeed(key, output, output.serialized(), result: nil, cached: false, context)
    case .failed: fail(key, WireError(.outcomeUnknown, "resolved as failed"), context)
    case .retry: queue(key)
    case .skip where key.item != nil: succeed(key, .null, JSON.null.serialized(), result: nil, cached: false, context)
    case .skip:
      var end = StepEnd(key, .skipped)
      end.error = Self.skipCause(.failure)
      end.endedAt = context.now
      write(.endStep(job: seq, end))
      steps[key.step].skip = .failure
      move(key, to: .skipped)
      finish(key.step, context)
    }
  }

  mutating func cancelled(_ key: StepKey, _ context: Context) {
    var end = StepEnd(key, .cancelled)
    end.endedAt = context.now
    write(.endStep(job: seq, end))
    record("step.cancelled", context, step: key)
    move(key, to: .cancelled)
    if key.item != nil {
      steps[key.step].items!.hasCancelled = true
      itemEnded(key, context)
    } else {
      finish(key.step, context)
    }
  }
}
