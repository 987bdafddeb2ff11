internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// What follows from an attempt that failed: another one, doubt, or the end of its step.
extension JobMachine {
  mutating func failed(_ key: StepKey, _ error: WireError, wasDispatched: Bool, _ context: Context) {
    if isEnding(key), error.name == .cancelled || !wasDispatched {
      return cancelled(key, context)
    }
    if !wasDispatched, Self.passing.contains(error.name) {
      return tryAgainLater(key, error, context)
    }
    if wasDispatched, error.name == .workerLost || error.name == .connectionClosed {
      return lost(key, error, context)
    }
    let retry = plan.steps[key.step].retry
    let attempt = unit(key)?.attempt ?? 1
    guard !isEnding(key), attempt < retry.maxAttempts, retry.allows(error.name) else {
      return fail(key, error, context)
    }
    // A worker that was stopped in the middle may have done its work: another attempt only if the plan asks for it by name.
    if wasDispatched, error.name == .deadlineExceeded, retry.on == nil, !isIdempotent(key) {
      return outcomeUnknown(key, error, context)
    }
    let delay = retry.delay(afterAttempt: Int(attempt), random: context.random)
    retryAfter(delay, key, error, context)
  }

  /// Whether no further attempt is made whatever comes: the job ends, or another item has made the step fail.
  func isEnding(_ key: StepKey) -> Bool { ending != nil || steps[key.step].items?.failed != nil }

  /// Failures of the moment, before any worker has seen the attempt.
  private static let passing: Set<WireError.Name> = [.unavailable, .overloaded, .draining]

  mutating func retryAfter(_ delay: Int64, _ key: StepKey, _ error: WireError, _ context: Context) {
    var end = StepEnd(key, .retrying)
    end.error = error.json.description
    end.notBefore = context.now + delay
    write(.endStep(job: seq, end))
    record(
      "step.retrying",
      context,
      step: key,
      data: ["name": .string(error.name.rawValue), "message": .string(error.message), "delay_ms": .integer(delay)]
    )
    move(key, to: .retrying)
    emit(.wake(key, afterMS: delay))
  }

  /// The attempt never began: it does not count.
  private mutating func tryAgainLater(_ key: StepKey, _ error: WireError, _ context: Context) {
    change(key) { unit in
      unit.attempt -= 1
      unit.setbacks += 1
    }
    let setbacks = unit(key)?.setbacks ?? 1
    let hinted = error.data["retry_after_ms"]?.integerValue
    let delay = min(hinted ?? 250 << min(setbacks - 1, 7), Self.longestSetback)
    retryAfter(max(delay, 10), key, error, context)
  }

  /// Between two tries at what could not begin, in milliseconds.
  static let longestSetback: Int64 = 30_000

  /// The worker died with the attempt. Nobody knows how far it came.
  private mutating func lost(_ key: StepKey, _ error: WireError, _ context: Context) {
    guard isIdempotent(key) else { return outcomeUnknown(key, error, context) }
    let losses = (unit(key)?.losses ?? 0) + 1
    guard !isEnding(key), losses <= Self.lossLimit else { return fail(key, error, context) }
    change(key) { unit in
      unit.losses = losses
      unit.setbacks = 0
    }
    retryAfter(min(100 << (losses - 1), 5_000), key, error, context)
  }

  /// An idempotent attempt is made again so often after its worker died.
  private static let lossLimit = 5

  mutating func outcomeUnknown(_ key: StepKey, _ error: WireError, _ context: Context) {
    let unknown = WireError(
      .outcomeUnknown,
      "nobody knows whether '\(plan.steps[key.step].id)' took effect: \(error.message)"
    )
    switch plan.steps[key.step].onUnknown {
    case .fail: fail(key, unknown, context)
    case .retry where !isEnding(key): retryAfter(100, key, unknown, context)
    case .wait where !isEnding(key):
      var end = StepEnd(key, .unknown)
      end.error = unknown.json.description
      write(.endStep(job: seq, end))
      record("step.unknown", context, step: key, data: ["message": .string(error.message)])
      change(key) { unit in
        unit.phase = .unknown
        unit.needsPerson = true
      }
    default: fail(key, unknown, context)
    }
  }

  /// The last attempt has failed: what that means for the step, its dependents and the job.
  mutating func fail(_ key: StepKey, _ error: WireError, _ context: Context) {
    guard let item = key.item else { return endStep(key.step, .failed, error: error, context) }
    var end = StepEnd(key, .failed)
    end.error = error.json.description
    end.endedAt = context.now
    write(.endStep(job: seq, end))
    let what = failure(error, key)
    record("step.failed", context, step: key, data: what)
    move(key, to: .failed)
    if plan.steps[key.step].onFailure == .fail, steps[key.step].items?.failed == nil {
      steps[key.step].items!.failed = item
      itemErrors[key.step] = error
      withdrawItems(key.step, context)
    }
    itemEnded(key, context)
  }

  /// Items that have no attempt under way are given up.
  private mutating func withdrawItems(_ step: Int, _ context: Context) {
    for item in 0..<(steps[step].items?.next ?? 0) {
      let key = StepKey(step, item: item)
      guard let unit = unit(key) else { continue }
      switch unit.phase {
      case .ready:
        emit(.withdraw(key, tool: plan.steps[step].tool))
        giveUp(key, context)
      case .retrying, .waiting, .unknown: giveUp(key, context)
      default: break
      }
    }
  }

  mutating func failItems(_ step: Int, _ item: Int, _ context: Context) {
    let error = itemErrors.removeValue(forKey: step) ?? WireError(.toolFailed, "an item failed")
    var data = error.data
    data["item"] = .integer(Int64(item))
    endStep(step, .failed, error: WireError(error.name, "item \(item): \(error.message)", data: data), context)
  }

  mutating func endStep(_ step: Int, _ state: StepState, error: WireError, _ context: Context) {
    let key = StepKey(step)
    var end = StepEnd(key, state)
    end.error = error.json.description
    end.endedAt = context.now
    write(.endStep(job: seq, end))
    let what = failure(error, key)
    record("step.failed", context, step: key, data: what)
    move(key, to: .failed)
    switch plan.steps[step].onFailure {
    case .fail where stage(step) == nil && mayPlanAgain:
      steps[step].skip = .failure
      failures.append(step)
      failureErrors[step] = error
    case .fail: stop(.failure(step: step, error), context)
    case .skip: steps[step].skip = .failure
    case .continue: break
    }
    finish(step, context)
  }

  private func failure(_ error: WireError, _ key: StepKey) -> JSON {
    [
      "name": .string(error.name.rawValue), "message": .string(error.message),
      "attempt": .integer(unit(key)?.attempt ?? steps[key.step].unit.attempt),
    ]
  }
}
