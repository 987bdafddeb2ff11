internal import Digest
internal import Engine
internal import Glibc
internal import JSON
internal import Journal
internal import Policy
internal import Posix
internal import Supervision
internal import Wire

/// Calls that are no step of a plan: a client's own, which are jobs of one step, and those that a worker makes inside an
/// invocation, which belong to its job.
///
/// A call of a pure tool has nothing to lose: it is written down when it has ended, and nobody waits for that. Every
/// other call is on disk before a worker sees it, and its result before the caller does.
final class ToolCalls {
  private let supervisor: Supervisor
  let journal: Journal
  let judge: Judge
  let loop: EventLoop
  private let defaultTimeout: Milliseconds
  private(set) var running = 0
  private(set) var answered = 0
  var isDraining = false {
    didSet { if isDraining { for call in waiting.values { call.cancel(.caller) } } }
  }
  /// Clients' calls that wait for a person: their clients do not wait through a restart.
  private var waiting: [ObjectIdentifier: PendingCall] = [:]
  /// Called when the last running call has ended.
  var onIdle: (() -> Void)?

  typealias Completion = (Result<ToolResult, WireError>) -> Void

  init(_ supervisor: Supervisor, _ journal: Journal, _ judge: Judge, defaultTimeout: Milliseconds) {
    self.supervisor = supervisor
    self.journal = journal
    self.judge = judge
    loop = supervisor.loop
    self.defaultTimeout = defaultTimeout
  }

  // MARK: A client's

  /// Starts a client's call; `completion` is called exactly once, possibly before this returns (then the result is nil).
  func call(_ message: ToolCall, caller: JSON, completion: @escaping Completion) -> PendingCall? {
    let entry: CatalogEntry
    do throws(WireError) {
      entry = try admit(message, nil)
    } catch {
      completion(.failure(error))
      return nil
    }
    let record = DirectCall(message, seq: journal.takeSeq(), caller: caller)
    let call = PendingCall()
    running += 1
    let origin = Origin(job: record.seq, id: record.id, caller: caller, task: JSONObject())
    let occasion = Occasion(
      origin: origin,
      row: StepKey(0).row(of: record.seq),
      kind: .call,
      caller: origin.caller(judge),
      isNested: false,
      reservation: record.id
    )
    let done: Completion = { [weak self] result in
      call.hasEnded = true
      self?.waiting[ObjectIdentifier(call)] = nil
      self?.judge.jobEnded(record.seq)
      self?.ended(result, completion)
    }
    decide(
      Candidate(
        act: Act(message, step: "call"),
        occasion: occasion,
        call: call,
        waiting: { [weak self] error in
          call.isOnDisk = true
          self?.waiting[ObjectIdentifier(call)] = call
          return record.wait(error)
        },
        go: { [weak self] input, verdict in
          var message = message
          message.input = input
          message.needs = message.needs.holding(verdict.programs)
          self?.begin(record.with(message), origin, verdict, call, entry, done)
        },
        stop: { [weak self] error, changes in
          guard let self else { return }
          let result = Result<ToolResult, WireError>.failure(error)
          let rows = call.isOnDisk ? record.end(result) : record.whole(result)
          journal.commit(rows + changes) { _ in done(result) }
        }
      )
    )
    return call
  }

  /// Makes a client's call that has been decided about.
  private func begin(
    _ record: DirectCall,
    _ origin: Origin,
    _ verdict: Verdict,
    _ call: PendingCall,
    _ entry: CatalogEntry,
    _ done: @escaping Completion
  ) {
    let key = "\(record.id)/call/\(journal.run)"
    // A pure tool's call is in no journal until it has ended, and so are the calls that it makes.
    let isBrief = entry.tool.isPure && !call.isOnDisk
    weak var weakInvocation: Invocation?
    let invocation = makeInvocation(record.message, job: record.id, step: "call", key: key, verdict.budget, parent: nil)
    {
      [weak self] result in
      guard let self else { return }
      CrashPoint.hit(.beforeCallResult)
      defer { CrashPoint.hit(.afterCallResult) }
      let wasSent = weakInvocation?.wasSent ?? true
      var used =
        Change.usage(result, of: weakInvocation)
        + judge.settle(record.id, tool: record.message.tool, wasSent ? result : nil)
      let result = entry.checked(result).map { record.named($0) }
      used += judge.metrics.ended(weakInvocation, result, used: used)
      let line = judge.ended(
        record.message.tool,
        result,
        isSecret: entry.tool.hasSecretOutput,
        by: origin.caller(judge),
        job: record.id,
        step: "call"
      )
      if isBrief {
        journal.commit(record.whole(result) + verdict.changes + used + [line])
        done(result)
      } else {
        journal.commit(record.end(result) + used + [line]) { _ in done(result) }
      }
    }
    weakInvocation = invocation
    invocation.jobSequence = isBrief ? nil : record.seq
    invocation.stepRow = StepKey(0).row(of: record.seq)
    invocation.origin = origin
    call.invocation = invocation
    guard !isBrief else { return entry.kind.submit(invocation) }
    let intent =
      call.isOnDisk ? record.goOn(worker: entry.kind.manifest.name) : record.begin(worker: entry.kind.manifest.name)
    journal.commit(intent + verdict.changes, refusable: !call.isOnDisk) { [weak self] error in
      guard let self else { return }
      if let error {
        invocation.abandon()
        _ = judge.settle(record.id, tool: record.message.tool, nil)
        return done(.failure(Jobs.storage(error)))
      }
      submit(invocation, call, entry)
    }
  }

  // MARK: A worker's

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
        go: { [weak self, weak parent] input, verdict in
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
      // Of a call that is in no journal, what was decided and used is counted all the same.
      if entry.tool.isPure || record == nil {
        journal.commit(verdict.changes + changes)
        ended(result, completion)
      } else {
        journal.commit(changes) { [weak self] _ in self?.ended(result, completion) }
      }
    }
    weakInvocation = invocation
    invocation.jobSequence = parent.jobSequence
    call.invocation = invocation
    guard let record, !entry.tool.isPure else { return entry.kind.submit(invocation) }
    if parent.attempt > 1, !entry.tool.hasSecretOutput {
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

  /// What was reserved for a call that is not made.
  private func giveBack(_ key: String, _ tool: String) {
    let changes = judge.settle(key, tool: tool, nil)
    if !changes.isEmpty { journal.commit(changes) }
  }

  private func begin(
    _ record: CallRecord,
    _ invocation: Invocation,
    _ call: PendingCall,
    _ entry: CatalogEntry,
    _ decided: [Change]
  ) {
    journal.commit([.insertCall(record)] + decided) { [weak self] error in
      if let error { return invocation.refuse(Jobs.storage(error)) }
      self?.submit(invocation, call, entry)
    }
  }

  private func submit(_ invocation: Invocation, _ call: PendingCall, _ entry: CatalogEntry) {
    if call.isCancelled || invocation.isCancelled {
      return invocation.refuse(WireError(.cancelled, "cancelled before it ran"))
    }
    CrashPoint.hit(.beforeCall)
    entry.kind.submit(invocation)
    CrashPoint.hit(.afterCall)
  }

  private func makeInvocation(
    _ message: ToolCall,
    job: String,
    step: String,
    key: String,
    _ budget: Budget,
    parent: Invocation?,
    completion: @escaping Completion
  ) -> Invocation {
    var timeout = message.timeoutMS.map { Milliseconds($0) } ?? defaultTimeout
    if let parent { timeout = min(timeout, Milliseconds(parent.deadline.milliseconds(since: .now))) }
    if let wall = budget.wallMS { timeout = min(timeout, Milliseconds(wall)) }
    return Invocation(
      tool: message.tool,
      input: message.input,
      job: job,
      step: step,
      attempt: parent?.attempt ?? 1,
      idempotencyKey: key,
      deadline: .now + timeout,
      needs: message.needs,
      limits: message.limits.within(budget),
      budget: budget,
      parent: parent,
      completion: completion
    )
  }

  private func ended(_ result: Result<ToolResult, WireError>, _ completion: Completion) {
    running -= 1
    answered += 1
    completion(result)
    if running == 0 { onIdle?() }
  }

  private func admit(_ message: ToolCall, _ parent: Invocation?) throws(WireError) -> CatalogEntry {
    // A call that runs may still make the calls it needs to end.
    if isDraining, parent == nil { throw WireError(.draining, "the coordinator accepts no new work") }
    if let parent, parent.depth >= Limit.nesting {
      throw WireError(
        .nestingExceeded,
        "call of tool \(quoted(message.tool)) is nested \(parent.depth + 1) deep; the limit is \(Limit.nesting)",
        data: ["limit": "nesting", "value": .integer(Int64(parent.depth + 1))]
      )
    }
    guard let entry = supervisor.catalog[message.tool] else { throw unknown(message.tool) }
    if let refusal = entry.refusal(ofCaller: parent?.worker) { throw refusal }
    if let parent, supervisor.catalog[parent.tool]?.tool.isPure == true, !entry.tool.isPure {
      throw WireError(
        .refused,
        "tool \(quoted(parent.tool)) says that it is pure: it may not call \(quoted(message.tool)), which is not"
      )
    }
    if let size = message.input.bytes(over: Limit.inputBytes) {
      throw .limitExceeded(
        "input_bytes",
        "input of tool '\(message.tool)'",
        value: size,
        limit: Limit.inputBytes
      )
    }
    if let refusal = entry.refusal(ofInput: message.input) { throw refusal }
    return entry
  }

  private func unknown(_ tool: String) -> WireError {
    if let kind = supervisor.kindPromising(tool) {
      return kind.unavailable
    }
    let nearest = nearest(to: tool, among: Array(supervisor.catalog.keys))
    return WireError(
      .unknownTool,
      "no worker offers tool \(quoted(tool))" + (nearest.map { " (did you mean '\($0)'?)" } ?? ""),
      data: nearest.map { ["nearest": .string($0)] } ?? JSONObject()
    )
  }
}

/// A call on its way, which its caller may stop at any time.
final class PendingCall {
  var invocation: Invocation? {
    didSet { if let onProgress { invocation?.onProgress = onProgress } }
  }
  private(set) var isCancelled = false
  /// Whether the journal has it though nothing has begun.
  var isOnDisk = false
  /// Called when it is stopped while it waits.
  var onCancel: (() -> Void)?

  func cancel(_ reason: Cancel.Reason) {
    isCancelled = true
    if let onCancel {
      self.onCancel = nil
      return onCancel()
    }
    invocation?.cancel(reason)
  }

  fileprivate(set) var hasEnded = false

  var onProgress: ((Progress.Kind, String, Double?) -> Void)? {
    didSet { invocation?.onProgress = onProgress }
  }

  /// Says something of the call itself.
  func tell(_ kind: Progress.Kind, _ text: String) { onProgress?(kind, text, nil) }
}

extension Act {
  init(_ message: ToolCall, step: String) {
    self.init(
      key: StepKey(0),
      step: step,
      tool: message.tool,
      input: message.input,
      needs: message.needs,
      limits: message.limits
    )
  }
}
