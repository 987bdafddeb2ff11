internal import Digest
internal import Engine
internal import Glibc
internal import JSON
internal import Journal
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
  private let journal: Journal
  private let defaultTimeout: Milliseconds
  private(set) var running = 0
  private(set) var answered = 0
  var isDraining = false
  /// Called when the last running call has ended.
  var onIdle: (() -> Void)?

  typealias Completion = (Result<ToolResult, WireError>) -> Void

  init(_ supervisor: Supervisor, _ journal: Journal, defaultTimeout: Milliseconds) {
    self.supervisor = supervisor
    self.journal = journal
    self.defaultTimeout = defaultTimeout
  }

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
    weak var weakInvocation: Invocation?
    let invocation = makeInvocation(
      message,
      job: record.id,
      step: "call",
      key: "\(record.id)/call/\(journal.run)",
      parent: nil
    ) { [weak self] result in
      guard let self else { return }
      CrashPoint.hit(.beforeCallResult)
      defer { CrashPoint.hit(.afterCallResult) }
      let usage = Change.usage(result, of: weakInvocation)
      let result = entry.checked(result).map { record.named($0) }
      if entry.tool.isPure {
        journal.commit(record.whole(result) + usage)
        ended(result, completion)
      } else {
        journal.commit(record.end(result) + usage) { [weak self] _ in self?.ended(result, completion) }
      }
    }
    weakInvocation = invocation
    // A pure tool's call is in no journal until it has ended, and so are the calls that it makes.
    invocation.jobSequence = entry.tool.isPure ? nil : record.seq
    invocation.stepRow = StepKey(0).row(of: record.seq)
    call.invocation = invocation
    guard !entry.tool.isPure else {
      entry.kind.submit(invocation)
      return call
    }
    journal.commit(record.begin(worker: entry.kind.manifest.name), refusable: true) { [weak self] error in
      guard let self else { return }
      if let error {
        invocation.abandon()
        return ended(.failure(Jobs.storage(error)), completion)
      }
      submit(invocation, call, entry)
    }
    return call
  }

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
    let input = SHA256.digest(Array("\(message.tool)\n".utf8) + message.input.canonical()).prefix(32)
    let key = SHA256.bounded("\(parent.idempotencyKey)/\(parent.ordinal(of: String(input)))/\(input)")
    let step = SHA256.bounded("\(parent.step)/\(message.tool)")
    guard let seq = parent.jobSequence else {
      weak var weakInvocation: Invocation?
      let invocation = makeInvocation(message, job: parent.job, step: step, key: key, parent: parent) {
        [weak self] result in
        // What it used is counted all the same.
        let usage = Change.usage(result, of: weakInvocation)
        if !usage.isEmpty { self?.journal.commit(usage) }
        self?.ended(entry.checked(result), completion)
      }
      weakInvocation = invocation
      call.invocation = invocation
      entry.kind.submit(invocation)
      return call
    }
    var record = CallRecord(
      key: key,
      job: seq,
      parent: parent.idempotencyKey,
      tool: message.tool,
      input: message.input.description,
      startedAt: WallTime.now
    )
    weak var weakInvocation: Invocation?
    let invocation = makeInvocation(message, job: parent.job, step: step, key: key, parent: parent) {
      [weak self] result in
      guard let self else { return }
      CrashPoint.hit(.beforeCallResult)
      defer { CrashPoint.hit(.afterCallResult) }
      let usage = Change.usage(result, of: weakInvocation)
      let result = entry.checked(result)
      record.end(result, isSecret: entry.tool.hasSecretOutput)
      let artifacts = (try? result.get().artifacts.map(\.sha256)) ?? []  // Safety: a failure has none.
      var changes: [Change] = [.endCall(record)] + usage
      if !artifacts.isEmpty { changes.append(.artifacts(job: seq, artifacts)) }
      if entry.tool.isPure {
        journal.commit(changes)
        ended(result, completion)
      } else {
        journal.commit(changes) { [weak self] _ in self?.ended(result, completion) }
      }
    }
    weakInvocation = invocation
    invocation.jobSequence = seq
    call.invocation = invocation
    if entry.tool.isPure {
      entry.kind.submit(invocation)
    } else if parent.attempt > 1, !entry.tool.hasSecretOutput {
      // An earlier attempt may have made this very call. The answer to one with a secret output is not kept, so that one
      // is made again.
      findEarlier(record, invocation, call, entry, completion)
    } else {
      begin(record, invocation, call, entry)
    }
    return call
  }

  private func findEarlier(
    _ record: CallRecord,
    _ invocation: Invocation,
    _ call: PendingCall,
    _ entry: CatalogEntry,
    _ completion: @escaping Completion
  ) {
    let key = record.key
    journal.reader.read { database in
      try database.call(key: key)
    } then: { [weak self] result in
      guard let self else { return }
      guard case .success(let earlier?) = result else { return begin(record, invocation, call, entry) }
      if let known = earlier.earlierResult {
        invocation.abandon()
        ended(.success(known), completion)
      } else if entry.terms.isIdempotent || earlier.hasFailedForSure {
        begin(record, invocation, call, entry)
      } else {
        invocation.abandon()
        let error = WireError(.outcomeUnknown, "nobody knows whether an earlier call of '\(earlier.tool)' took effect")
        ended(.failure(error), completion)
      }
    }
  }

  private func begin(_ record: CallRecord, _ invocation: Invocation, _ call: PendingCall, _ entry: CatalogEntry) {
    journal.commit([.insertCall(record)]) { [weak self] error in
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
    parent: Invocation?,
    completion: @escaping Completion
  ) -> Invocation {
    var timeout = message.timeoutMS.map { Milliseconds($0) } ?? defaultTimeout
    if let parent { timeout = min(timeout, Milliseconds(parent.deadline.milliseconds(since: .now))) }
    return Invocation(
      tool: message.tool,
      input: message.input,
      job: job,
      step: step,
      attempt: parent?.attempt ?? 1,
      idempotencyKey: key,
      deadline: .now + timeout,
      needs: message.needs,
      limits: message.limits,
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
  fileprivate(set) var invocation: Invocation?
  private(set) var isCancelled = false

  func cancel(_ reason: Cancel.Reason) {
    isCancelled = true
    invocation?.cancel(reason)
  }

  var hasEnded: Bool { invocation?.state == .ended }

  var onProgress: ((Progress.Kind, String, Double?) -> Void)? {
    get { invocation?.onProgress }
    set { invocation?.onProgress = newValue }
  }
}
