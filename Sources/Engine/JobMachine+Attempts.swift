internal import Digest
internal import JSON
internal import Journal
internal import Plan
internal import Wire

/// One attempt after the other, until a unit has ended.
extension JobMachine {
  /// There is a slot: resolves the input, checks it, and has the attempt written down and dispatched.
  mutating func granted(_ key: StepKey, _ context: Context) {
    guard isReady(key) else { return }
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
    let input: JSON
    do throws(WireError) {
      input = try step.input.resolve(scope(item: key.item, of: key.step))
      if let refusal = offer.refusal(input) { throw refusal }
    } catch {
      return failBeforeDispatch(key, error, offer, context)
    }
    judge(key, input, offer, context)
  }

  /// Has what is decided about decided, and the attempt written down and dispatched if it may be made.
  private mutating func judge(_ key: StepKey, _ input: JSON, _ offer: ToolOffer, _ context: Context) {
    let step = plan.steps[key.step]
    let number = (unit(key)?.attempt ?? 0) + 1
    let verdict = context.judge(
      Act(
        key: key,
        step: step.id,
        tool: step.tool,
        input: input,
        needs: step.needs,
        limits: step.limits,
        generation: generation,
        attempt: number,
        isLiteral: step.input.isLiteral,
        written: plan.source["steps"]?.arrayValue?[key.step] ?? .null
      )
    )
    for change in verdict.changes { write(change) }
    for warning in verdict.warnings { record("step.warned", context, step: key, data: ["message": .string(warning)]) }
    switch verdict.outcome {
    case .go(let input): dispatch(key, input, verdict, offer, context)
    case .refused(let error): failBeforeDispatch(key, error, offer, context)
    case .ask(let error): wait(key, error, needsPerson: true, context)
    case .later(let error, let delay):
      wait(key, error, needsPerson: true, context)
      emit(.wake(key, afterMS: max(delay, 10)))
    }
  }

  /// An attempt that no worker gets to see.
  private mutating func failBeforeDispatch(
    _ key: StepKey,
    _ error: WireError,
    _ offer: ToolOffer,
    _ context: Context
  ) {
    begin(key, startAttempt(key), worker: offer.terms.worker, isRefused: true, context) { _ in }
    fail(key, error, context)
  }

  private mutating func startAttempt(_ key: StepKey) -> Int64 {
    change(key) { unit in
      unit.phase = .running
      unit.attempt += 1
    }
    return unit(key)?.attempt ?? 1
  }

  private mutating func dispatch(
    _ key: StepKey,
    _ input: JSON,
    _ verdict: Verdict,
    _ offer: ToolOffer,
    _ context: Context
  ) {
    let step = plan.steps[key.step]
    let attempt = Attempt(
      key: key,
      step: step.id,
      tool: step.tool,
      input: input,
      number: startAttempt(key),
      idempotencyKey: idempotencyKey(key, input),
      timeoutMS: step.timeoutMS,
      needs: step.needs.holding(verdict.programs),
      limits: step.limits,
      isIdempotent: isIdempotent(key),
      budget: verdict.budget
    )
    begin(key, attempt.number, worker: offer.terms.worker, context) { row in
      row.idempotencyKey = attempt.idempotencyKey
      row.input = input.description
    }
    emit(.dispatch(attempt))
  }

  mutating func begin(
    _ key: StepKey,
    _ number: Int64,
    worker: String,
    isRefused: Bool = false,
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
    var data: JSONObject = ["attempt": .integer(number), "worker": .string(worker)]
    // No worker gets to see it.
    if isRefused { data["refused"] = true }
    let what = JSON.object(data)
    record("step.started", context, step: key, data: what)
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
      if assignment != nil { stageSucceeded(key.step, output, context) }
    }
  }

  /// No step reads the output any more: it stays if the result shows it and it is small; the rest is in the journal.
  mutating func release(_ step: Int) {
    // A plan that is made later may ask for it.
    guard steps[step].output != nil, !named.contains(step), assignment == nil else { return }
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

  mutating func itemEnded(_ key: StepKey, _ context: Context) {
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
}
