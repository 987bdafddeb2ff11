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
  var running = 0
  private(set) var answered = 0
  var isDraining = false {
    didSet { if isDraining { for call in waiting.values { call.cancel(.caller) } } }
  }
  /// Clients' calls that wait for a person or for room: their clients do not wait through a restart.
  var waiting: [ObjectIdentifier: PendingCall] = [:]
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
        entry: entry,
        occasion: occasion,
        call: call,
        waiting: { [weak self] error in
          call.isOnDisk = true
          self?.waiting[ObjectIdentifier(call)] = call
          return record.wait(error)
        },
        go: { [weak self] input, verdict, entry in
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
    // Such a call is in no journal until it has ended, and so are the calls that it makes.
    let isBrief = entry.isBrief && !call.isOnDisk
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

  func submit(_ invocation: Invocation, _ call: PendingCall, _ entry: CatalogEntry) {
    if call.isCancelled || invocation.isCancelled {
      return invocation.refuse(WireError(.cancelled, "cancelled before it ran"))
    }
    CrashPoint.hit(.beforeCall)
    entry.kind.submit(invocation)
    CrashPoint.hit(.afterCall)
  }

  func makeInvocation(
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

  func ended(_ result: Result<ToolResult, WireError>, _ completion: Completion) {
    running -= 1
    answered += 1
    completion(result)
    if running == 0 { onIdle?() }
  }

  func admit(_ message: ToolCall, _ parent: Invocation?) throws(WireError) -> CatalogEntry {
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
    try check(message, entry, parent)
    return entry
  }

  private func check(_ message: ToolCall, _ entry: CatalogEntry, _ parent: Invocation?) throws(WireError) {
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
  }

  /// The tool as it is offered now: while a call waited for a person, it may have become another one.
  func stillOffered(_ entry: CatalogEntry, _ input: JSON) throws(WireError) -> CatalogEntry {
    let name = entry.tool.name
    guard let now = supervisor.catalog[name] else { throw unknown(name) }
    if now.kind === entry.kind, now.tool == entry.tool { return now }
    guard now.kind.manifest.name == entry.kind.manifest.name, now.schemaDigest == entry.schemaDigest else {
      throw WireError(
        .toolChanged,
        "tool '\(name)' is not the one for which the call was decided about any more; call it again",
        data: ["tool": .string(name), "worker": .string(now.kind.manifest.name)]
      )
    }
    if let refusal = now.refusal(ofInput: input) { throw refusal }
    return now
  }

  private func unknown(_ tool: String) -> WireError {
    if let kind = supervisor.kindPromising(tool) { return kind.unavailable }
    if let withheld = supervisor.refusal(ofWithheld: tool) { return withheld }
    let nearest = nearest(to: tool, among: Array(supervisor.catalog.keys))
    return WireError(
      .unknownTool,
      "no worker offers tool \(quoted(tool))" + (nearest.map { " (did you mean '\($0)'?)" } ?? ""),
      data: nearest.map { ["nearest": .string($0)] } ?? JSONObject()
    )
  }
}
