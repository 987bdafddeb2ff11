internal import Digest
internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// One attempt after the other, until a unit has ended.
extension JobMachine {
  /// There is a slot: resolves the input, checks it, and has the attempt written down and dispatched.
  mutating func granted(_ key: StepKey, _ context: Context) {
    guard unit(key)?.phase == .ready, ending == nil, !isPaused else { return }
    let step = plan.steps[key.step]
    guard let offer = context.offer(step.tool) else { return toolIsMissing(key, context) }
    if let terms = tools[step.tool], let difference = terms.difference(offer.terms) {
      return wait(
        key,
        WireError(
          .toolChanged,
          "tool '\(step.tool)' is not as it was when the job was accepted: \(difference); resume the job to go on with it"
        ),
        needsPerson: true,
        context
      )
    }
    change(key) { unit in
      unit.phase = .running
      unit.attempt += 1
    }
    let number = unit(key)?.attempt ?? 1
    let input: JSON
    do throws(WireError) {
      input = try step.input.resolve(scope(item: key.item, of: key.step))
      if let refusal = offer.refusal(input) { throw refusal }
    } catch {
      begin(key, number, worker: offer.terms.worker, context) { _ in }
      return fail(key, error, context)
    }
    let attempt = Attempt(
      key: key,
      step: step.id,
      tool: step.tool,
      input: input,
      number: number,
      idempotencyKey: idempotencyKey(key, input),
      timeoutMS: step.timeoutMS,
      needs: step.needs,
      limits: step.limits,
      isIdempotent: isIdempotent(key)
    )
    begin(key, number, worker: offer.terms.worker, context) { row in
      row.idempotencyKey = attempt.idempotencyKey
      row.input = input.description
    }
    emit(.dispatch(attempt))
  }

  private mutating func begin(
    _ key: StepKey,
    _ number: Int64,
    worker: String,
    _ context: Context,
    _ fill: (inout StepRecord) -> Void
  ) {
    var row = StepRecord(key, .running)
    row.generation = generation
    row.attempt = number
    row.worker = worker
    row.startedAt = context.now
    fill(&row)
    write(.putStep(job: seq, row))
    change(key) { $0.hasRow = true }
    record("step.started", context, step: key, data: ["attempt": .integer(number), "worker": .string(worker)])
  }

  func isIdempotent(_ key: StepKey) -> Bool {
    let step = plan.steps[key.step]
    return step.isIdempotent ?? tools[step.tool]?.isIdempotent ?? false
  }

  /// The same for every attempt at the same work: job, step, item, generation and the input in canonical form.
  private func idempotencyKey(_ key: StepKey, _ input: JSON) -> String {
    let item = key.item.map { "[\($0)]" } ?? ""
    return SHA256.bounded(
      "\(id)/\(plan.steps[key.step].id)\(item)/\(generation)/\(SHA256.digest(input.canonical()).prefix(32))"
    )
  }

  mutating func ended(_ key: StepKey, _ outcome: Outcome, _ context: Context) {
    guard unit(key)?.phase == .running else { return }
    switch outcome {
    case .succeeded(let result, _) where result.failure != nil:
      failed(key, Self.failure(of: result), wasDispatched: true, context)
    case .succeeded(let result, let isCached):
      let bytes = result.output.serialized()
      succeed(key, result.output, bytes, result: result, cached: isCached, context)
    case .failed(let error, let wasDispatched):
      failed(key, error.bounded, wasDispatched: wasDispatched, context)
    }
  }

  /// The tool did its part and says that what it ran did not succeed: its output travels with the error.
  private static func failure(of result: ToolResult) -> WireError {
    WireError(.toolFailed, result.failure ?? "", data: ["output": result.output]).bounded
  }

  mutating func succeed(
    _ key: StepKey,
    _ output: JSON,
    _ bytes: [UInt8],
    result: ToolResult?,
    cached: Bool,
    _ context: Context
  ) {
    var end = StepEnd(key, .succeeded)
    end.output = bytes
    end.artifacts = result.flatMap { $0.artifacts.isEmpty ? nil : $0.artifacts.text }
    end.receipt = result?.receipt?.text
    end.endedAt = context.now
    write(.endStep(job: seq, end))
    if let artifacts = result?.artifacts, !artifacts.isEmpty {
      write(.artifacts(job: seq, artifacts.map(\.sha256)))
    }
    record("step.succeeded", context, step: key, data: cached ? ["cached": true] : nil)
    if let item = key.item {
      steps[key.step].items!.outputs[item] = output
      move(key, to: .succeeded)
      itemEnded(key, context)
    } else {
      steps[key.step].output = output
      steps[key.step].outputBytes = bytes.count
      if steps[key.step].readers == 0 { release(key.step) }
      move(key, to: .succeeded)
      finish(key.step, context)
    }
  }

  /// No step reads the output any more: it stays if the result shows it and it is small; the rest is in the journal.
  mutating func release(_ step: Int) {
    guard steps[step].output != nil, !named.contains(step) else { return }
    steps[step].output = isKept(step) ? shown(step) : nil
  }

  /// The output as the result shows it.
  mutating func shown(_ step: Int) -> JSON? {
    let bytes = steps[step].outputBytes
    guard bytes <= Self.shownOutputBytes, shownBytes + bytes <= Self.shownBytesLimit else {
      return ["omitted_bytes": .integer(Int64(bytes))]
    }
    shownBytes += bytes
    return steps[step].output
  }

  private static let shownOutputBytes = 65_536
  private static let shownBytesLimit = 4 << 20

  private mutating func itemEnded(_ key: StepKey, _ context: Context) {
    guard let items = steps[key.step].items else { return }
    steps[key.step].items!.open -= 1
    steps[key.step].items!.done += 1
    let isLast = items.done + 1 == items.values.count || (items.failed != nil && items.open == 1)
    if isLast, items.failed == nil, steps[key.step].items!.hasCancelled {
      cancelItems(key.step, context)
    } else if isLast, items.failed == nil {
      finishItems(key.step, context)
    } else if isLast, let failed = items.failed {
      failItems(key.step, failed, context)
    } else {
      launchItems(key.step, context)
    }
  }

  // MARK: Failure

  private mutating func failed(_ key: StepKey, _ error: WireError, wasDispatched: Bool, _ context: Context) {
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

  private mutating func retryAfter(_ delay: Int64, _ key: StepKey, _ error: WireError, _ context: Context) {
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

  // MARK: Waiting

  private mutating func toolIsMissing(_ key: StepKey, _ context: Context) {
    let step = plan.steps[key.step]
    let error = WireError(.unknownTool, "no worker offers tool '\(step.tool)' any more")
    guard step.onMissingTool == .fail else { return wait(key, error, needsPerson: false, context) }
    change(key) { unit in
      unit.phase = .running
      unit.attempt += 1
    }
    begin(key, unit(key)?.attempt ?? 1, worker: "", context) { _ in }
    fail(key, error, context)
  }

  private mutating func wait(_ key: StepKey, _ error: WireError, needsPerson: Bool, _ context: Context) {
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

  mutating func due(_ key: StepKey) {
    guard unit(key)?.phase == .retrying, ending == nil else { return }
    queue(key)
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
