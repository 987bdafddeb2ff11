internal import Digest
internal import Engine
internal import Journal
internal import Posix
internal import Supervision
internal import Wire

/// From an attempt whose intent is on disk to its result.
extension Jobs {
  func dispatch(_ attempt: Attempt, _ job: ActiveJob) {
    guard job.pending.removeValue(forKey: attempt.key) == true else {
      return attemptEnded(attempt, job, .failed(WireError(.cancelled, "cancelled before it ran"), wasDispatched: false))
    }
    guard let entry = supervisor.catalog[attempt.tool] else {
      let error = WireError(.unavailable, "no worker offers tool '\(attempt.tool)' at the moment")
      return attemptEnded(attempt, job, .failed(error, wasDispatched: false))
    }
    // It may have become so since the attempt was decided.
    if let refusal = entry.refusal(ofCaller: nil) {
      return attemptEnded(attempt, job, .failed(refusal, wasDispatched: false))
    }
    var cacheKey: String?
    if entry.tool.isPure, entry.tool.cacheTTLMS != nil, cache.isOn {
      let key = ResultCache.key(
        tool: attempt.tool,
        worker: entry.terms.worker,
        version: entry.terms.version,
        attempt.input,
        attempt.needs,
        attempt.limits
      )
      if let known = cache.find(key) { return attemptEnded(attempt, job, .succeeded(known, isCached: true)) }
      cacheKey = key
    }
    CrashPoint.hit(.beforeDispatch)
    var timeout = attempt.timeoutMS.map { Milliseconds($0) } ?? settings.callTimeout
    if let wall = attempt.budget.wallMS { timeout = min(timeout, Milliseconds(wall)) }
    weak var weakInvocation: Invocation?
    let invocation = Invocation(
      tool: attempt.tool,
      input: attempt.input,
      job: job.machine.id,
      step: attempt.key.item.map { SHA256.bounded("\(attempt.step)[\($0)]") } ?? attempt.step,
      attempt: attempt.number,
      idempotencyKey: attempt.idempotencyKey,
      deadline: .now + timeout,
      needs: attempt.needs,
      limits: attempt.limits.within(attempt.budget),
      budget: attempt.budget
    ) { [weak self] result in
      guard let self else { return }
      CrashPoint.hit(.beforeResult)
      let wasSent = weakInvocation?.wasSent ?? true
      var usage = Change.usage(result, of: weakInvocation)
      usage += judge.settle(
        job.reservation(attempt.key),
        tool: attempt.tool,
        wasSent ? result : nil,
        of: weakInvocation
      )
      job.invocations[attempt.key] = nil
      let result = entry.checked(result)
      usage += judge.metrics.ended(weakInvocation, result, used: usage)
      usage.append(
        judge.ended(
          attempt.tool,
          result,
          isSecret: entry.tool.hasSecretOutput,
          by: job.origin.caller(judge),
          job: job.record.id,
          step: attempt.step,
          item: attempt.key.item
        )
      )
      switch result {
      case .success(let value):
        if let cacheKey, let ttl = entry.tool.cacheTTLMS {
          cache.store(value, for: cacheKey, lifetime: Milliseconds(ttl))
        }
        attemptEnded(attempt, job, .succeeded(value, isCached: false), usage)
      case .failure(let error): attemptEnded(attempt, job, .failed(error, wasDispatched: wasSent), usage)
      }
      CrashPoint.hit(.afterResult)
    }
    weakInvocation = invocation
    invocation.jobSequence = job.machine.seq
    invocation.origin = job.origin
    invocation.stepRow = attempt.key.row(of: job.machine.seq)
    job.invocations[attempt.key] = invocation
    invocation.onProgress = { [weak self] (kind: Progress.Kind, text: String, _: Double?) in
      self?.watchers[job.machine.seq]?.forEach { $0.progress(attempt.step, attempt.key.item, kind, text) }
    }
    entry.kind.submit(invocation)
    CrashPoint.hit(.afterDispatch)
  }

  private func attemptEnded(_ attempt: Attempt, _ job: ActiveJob, _ outcome: Outcome, _ usage: [Change] = []) {
    giveBack(attempt.key, job)
    // What was not done after all, or was known already, has used nothing.
    let unused = judge.settle(job.reservation(attempt.key), tool: attempt.tool, nil)
    apply(job.machine.handle(.ended(attempt.key, outcome), context(job)), job, with: usage + unused)
    if isDraining, isIdle { onIdle?() }
  }
}

extension ResourceLimits? {
  /// No more than what was reserved.
  func within(_ budget: Budget) -> ResourceLimits? {
    guard budget.cpuMS != nil || budget.wallMS != nil else { return self }
    var limits = self ?? ResourceLimits()
    if let cpu = budget.cpuMS { limits.cpuMS = min(limits.cpuMS ?? .max, cpu) }
    if let wall = budget.wallMS { limits.wallMS = min(limits.wallMS ?? .max, wall) }
    return limits
  }
}
