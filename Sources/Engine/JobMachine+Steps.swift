internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// From the end of what a step depends on to its first attempt, and from its end to those that depend on it.
extension JobMachine {
  /// Everything that the step depends on has ended.
  mutating func becomeReady(_ step: Int, _ context: Context) {
    guard ending == nil else { return }
    switch inheritedSkip(step) {
    case .failure?: return skip(step, .failure, "something that it depends on failed", context)
    case .condition?: return skip(step, .condition, "nothing that it depends on ran", context)
    case nil: break
    }
    do throws(WireError) {
      if let condition = plan.steps[step].when, try !condition.evaluate(scope()) {
        return skip(step, .condition, "its condition does not hold", context)
      }
      if let forEach = plan.steps[step].forEach {
        return expand(step, try forEach.elements(scope()), context)
      }
    } catch {
      // Nothing was attempted: it fails as an attempt would that cannot be made.
      change(StepKey(step)) { $0.attempt += 1 }
      var record = StepRecord(StepKey(step), .running)
      record.generation = generation
      record.startedAt = context.now
      write(.putStep(job: seq, record))
      return fail(StepKey(step), error, context)
    }
    queue(StepKey(step))
  }

  private func inheritedSkip(_ step: Int) -> StepStatus.SkipCause? {
    let dependencies = plan.graph.dependencies[step]
    guard !dependencies.isEmpty else { return nil }
    var skipped = 0
    for dependency in dependencies {
      switch steps[dependency].skip {
      case .failure?: return .failure
      case .condition?: skipped += 1
      case nil: break
      }
    }
    return skipped == dependencies.count ? .condition : nil
  }

  func scope(item: Int? = nil, of step: Int? = nil) -> Scope {
    let steps = self.steps
    var scope = Scope(output: { steps[$0].output })
    if let item, let step {
      scope.item = steps[step].items?.values[item]
      scope.index = item
    }
    return scope
  }

  private mutating func skip(_ step: Int, _ cause: StepStatus.SkipCause, _ reason: String, _ context: Context) {
    steps[step].skip = cause
    var row = StepRecord(StepKey(step), .skipped)
    row.generation = generation
    row.endedAt = context.now
    row.error = Self.skipCause(cause)
    write(.putStep(job: seq, row))
    record("step.skipped", context, step: StepKey(step), data: ["reason": .string(reason)])
    move(StepKey(step), to: .skipped)
    finish(step, context)
  }

  static func skipCause(_ cause: StepStatus.SkipCause) -> String {
    JSON.object(["name": "skipped", "cause": cause == .failure ? "failure" : "condition"]).description
  }

  private mutating func expand(_ step: Int, _ values: [JSON], _ context: Context) {
    let key = StepKey(step)
    var row = StepRecord(key, .running)
    row.generation = generation
    row.startedAt = context.now
    write(.putStep(job: seq, row))
    record("step.expanded", context, step: key, data: ["items": .integer(Int64(values.count))])
    steps[step].items = StepStatus.Items(values)
    // The step has no phase of its own while its items have theirs.
    launchItems(step, context)
    if values.isEmpty { finishItems(step, context) }
  }

  /// Starts as many items as may run at a time.
  mutating func launchItems(_ step: Int, _ context: Context) {
    let limit = plan.steps[step].forEach?.concurrency ?? .max
    while let items = steps[step].items, items.next < items.values.count, items.open < limit, items.failed == nil,
      ending == nil
    {
      steps[step].items!.next += 1
      steps[step].items!.open += 1
      queue(StepKey(step, item: items.next))
    }
  }

  /// All items have ended, or one failed and the others that ran have ended.
  mutating func finishItems(_ step: Int, _ context: Context) {
    guard let items = steps[step].items else { return }
    let key = StepKey(step)
    let output = JSON.array(items.outputs.map { $0 ?? .null })
    let bytes = output.serialized()
    guard bytes.count <= Limit.outputBytes else {
      return endStep(
        step,
        .failed,
        error: .limitExceeded("output_bytes", "output of all items", value: bytes.count, limit: Limit.outputBytes),
        context
      )
    }
    succeed(key, output, bytes, result: nil, cached: false, context)
  }

  /// The step has ended, however; those that wait for it may be ready now.
  mutating func finish(_ step: Int, _ context: Context) {
    unfinished -= 1
    for dependency in plan.graph.dependencies[step] {
      steps[dependency].readers -= 1
      if steps[dependency].readers == 0 { release(dependency) }
    }
    for dependent in plan.graph.dependents[step] {
      steps[dependent].missing -= 1
      if steps[dependent].missing == 0 { pendingReady.append(dependent) }
    }
  }

  /// Whether the job's result shows the output of `step`.
  func isKept(_ step: Int) -> Bool {
    plan.graph.dependents[step].isEmpty || named.contains(step)
      || plan.finalSynthesis?.promptTemplate.usesAllSteps == true
  }
}
