internal import Digest
internal import Engine
internal import JSON
internal import Journal
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// Calls that a worker makes inside an invocation, which belong to its job.
extension ToolCalls {
  /// Starts a call that is made inside `parent`.
  func call(_ message: ToolCall, in parent: Invocation, completion: @escaping Completion) -> PendingCall? {
    let entry: CatalogEntry
    do throws(WireError) {
      entry = try admit(message, parent)
    } catch {
      completion(.failure(error))
      return nil
    }
    let call = PendingCall()
    running += 1
    let completion: Completion = { result in
      call.hasEnded = true
      completion(result)
    }
    let input = SHA256.digest(Array("\(message.tool)\n".utf8) + message.input.canonical()).prefix(32)
    let key = SHA256.bounded("\(parent.idempotencyKey)/\(parent.ordinal(of: String(input)))/\(input)")
    guard let origin = parent.origin as? Origin else {
      ended(.failure(WireError(.internalError, "a call belongs to no job")), completion)
      return nil
    }
    var caller = origin.caller(judge)
    caller.worker = parent.worker
    decide(
      Candidate(
        act: Act(message, step: key),
        entry: entry,
        occasion: Occasion(
          origin: origin,
          row: parent.stepRow ?? StepKey(0).row(of: origin.job),
          kind: .call,
          caller: caller,
          isNested: true,
          step: SHA256.bounded("\(parent.step)/\(message.tool)"),
          reservation: key
        ),
        call: call,
        waiting: nil,
        go: { [weak self, weak parent] input, verdict, entry in
          var message = message
          message.input = input
          message.needs = message.needs.holding(verdict.programs)
          guard let self else { return }
          guard let parent, parent.state != .ended else {
            _ = judge.settle(key, tool: message.tool, nil)
            return ended(.failure(WireError(.cancelled, "the call in which it was made has ended")), completion)
          }
          begin(message, key, parent, verdict, call, entry, completion)
        },
        stop: { [weak self] error, changes in
          if !changes.isEmpty { self?.journal.commit(changes) }
          self?.ended(.failure(error), completion)
        }
      )
    )
    return call
  }

  /// Makes a worker's call that has been decided about.
  private func begin(
    _ message: ToolCall,
    _ key: String,
    _ parent: Invocation,
    _ verdict: Verdict,
    _ call: PendingCall,
    _ entry: CatalogEntry,
    _ completion: @escaping Completion
  ) {
    let step = SHA256.bounded("\(parent.step)/\(message.tool)")
    var caller = (parent.origin as? Origin)?.caller(judge)
    caller?.worker = parent.worker
    var record = parent.jobSequence.map { seq in
      CallRecord(
        key: key,
        job: seq,
        parent: parent.idempotencyKey,
        tool: message.tool,
        input: message.input.description,
        startedAt: WallTime.now
      )
    }
    weak var weakInvocation: Invocation?
    let invocation = makeInvocation(message, job: parent.job, step: step, key: key, verdict.budget, parent: parent) {
      [weak self] result in
      guard let self else { return }
      CrashPoint.hit(.beforeCallResult)
      defer { CrashPoint.hit(.afterCallResult) }
      let wasSent = weakInvocation?.wasSent ?? true
      var changes =
        Change.usage(result, of: weakInvocation) + judge.settle(key, tool: message.tool, wasSent ? result : nil)
      let result = entry.checked(result)
      changes += judge.metrics.ended(weakInvocation, result, used: changes)
      if record != nil {
        record!.end(result, isSecret: entry.tool.hasSecretOutput)
        changes.append(.endCall(record!))
        let artifacts = (try? result.get().artifacts.map(\.sha256)) ?? []  // Safety: a failure has none.
        if !artifacts.isEmpty { changes.append(.artifacts(job: record!.job, artifacts)) }
      }
      changes.append(
        judge.ended(
          message.tool,
          result,
          isSecret: entry.tool.hasSecretOutput,
          by: caller,
          job: parent.job,
          step: step
        )
      )
      if entry.isBrief {
        journal.commit(verdict.changes + changes)
        ended(result, completion)
      } else {
        journal.commit(changes) { [weak self] _ in self?.ended(result, completion) }
      }
    }
    weakInvocation = invocation
    invocation.jobSequence = parent.jobSequence
    call.invocation = invocation
    if entry.isBrief { return entry.kind.submit(invocation) }
    if let record, parent.attempt > 1, !entry.tool.hasSecretOutput {
      // An earlier attempt may have made this very call. The answer to one with a secret output is not kept, so that one
      // is made again.
      findEarlier(record, invocation, call, entry, verdict.changes, completion)
    } else {
      begin(record, invocation, call, entry, verdict.changes)
    }
  }

  private func findEarlier(
    _ record: CallRecord,
    _ invocation: Invocation,
    _ call: PendingCall,
    _ entry: CatalogEntry,
    _ decided: [Change],
    _ completion: @escaping Completion
  ) {
    let key = record.key
    journal.reader.read { database in
      try database.call(key: key)
    } then: { [weak self] result in
      guard let self else { return }
      guard case .success(let earlier?) = result else {
        return begin(record, invocation, call, entry, decided)
      }
      if let known = earlier.earlierResult {
        invocation.abandon()
        giveBack(key, earlier.tool)
        ended(.success(known), completion)
      } else if entry.terms.isIdempotent || earlier.hasFailedForSure {
        begin(record, invocation, call, entry, decided)
      } else {
        invocation.abandon()
        giveBack(key, earlier.tool)
        let error = WireError(.outcomeUnknown, "nobody knows whether an earlier call of '\(earlier.tool)' took effect")
        ended(.failure(error), completion)
      }
    }
  }

  /// What was reserved for a call that is not made. Nothing of it is on disk.
  private func giveBack(_ key: String, _ tool: String) { _ = judge.settle(key, tool: tool, nil) }

  /// - Parameter record: nil where the call in which it is made is in no journal; what was decided is written all the same.
  private func begin(
    _ record: CallRecord?,
    _ invocation: Invocation,
    _ call: PendingCall,
    _ entry: CatalogEntry,
    _ decided: [Change]
  ) {
    journal.commit((record.map { [.insertCall($0)] } ?? []) + decided) { [weak self] error in
      if let error {
        self?.giveBack(invocation.idempotencyKey, invocation.tool)
        return invocation.refuse(Jobs.storage(error))
      }
      self?.submit(invocation, call, entry)
    }
  }
}
