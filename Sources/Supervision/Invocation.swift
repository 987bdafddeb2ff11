package import JSON
package import Posix
package import Wire

/// One call of a tool on its way through a worker. Lives on the coordinator's loop.
package final class Invocation {
  package enum State {
    case queued, running, ended
  }

  package let tool: String
  package let input: JSON
  package let job: String
  package let step: String
  package let attempt: Int64
  package let idempotencyKey: String
  /// Moved on by the time for which it stood still.
  package internal(set) var deadline: BootTime
  package let needs: Needs?
  package let limits: ResourceLimits?
  /// What was reserved for it.
  package let budget: Budget
  package let traceparent: String?
  /// The invocation in which this call was made, if a worker made it.
  package weak let parent: Invocation?
  /// 0 for a call from outside.
  package let depth: Int

  package internal(set) var state = State.queued
  /// Calls made in this one that have not ended.
  private(set) var children: [Invocation] = []
  weak var kind: WorkerKind?
  weak var instance: WorkerInstance?
  var requestID: RequestID?
  /// When a worker got it.
  package internal(set) var startedAt: BootTime?
  /// The deadline while it waits or runs, the grace period after that.
  var timer: LoopTimer?
  var cancelReason: Cancel.Reason?

  /// Whether it was stopped before a worker's queue had it.
  package private(set) var isCancelled = false
  private var equalCalls: [String: Int] = [:]
  /// The journal's number of the job.
  package var jobSequence: Int64?
  /// The journal's id of the step to which this call belongs, however deep it was made: what it used is counted there.
  package var stepRow: Int64?

  /// For how many calls within it somebody is waited for, and since when the first of them.
  var holds = 0
  var heldSince: BootTime?
  /// Milliseconds for which its deadline stood still before.
  var heldBefore: Int64 = 0

  /// What its owner wants to find again in the calls that are made within.
  package var origin: AnyObject?

  /// Told of output while the invocation runs.
  package var onProgress: ((Progress.Kind, String, Double?) -> Void)?
  private var completion: ((Result<ToolResult, WireError>) -> Void)?

  package init(
    tool: String,
    input: JSON,
    job: String,
    step: String = "call",
    attempt: Int64 = 1,
    idempotencyKey: String,
    deadline: BootTime,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    budget: Budget = Budget(),
    traceparent: String? = nil,
    parent: Invocation? = nil,
    completion: @escaping (Result<ToolResult, WireError>) -> Void
  ) {
    self.tool = tool
    self.input = input
    self.job = job
    self.step = step
    self.attempt = attempt
    self.idempotencyKey = idempotencyKey
    self.deadline = deadline
    self.needs = needs
    self.limits = limits
    self.budget = budget
    self.traceparent = traceparent
    self.parent = parent
    depth = parent.map { $0.depth + 1 } ?? 0
    self.completion = completion
    stepRow = parent?.stepRow
    origin = parent?.origin
    parent?.children.append(self)
  }

  /// The kind of worker that runs it; nil before it was handed to one.
  package var worker: String? { kind?.manifest.name }

  /// Whether it was handed to a worker, which may have seen it.
  package var wasSent: Bool { requestID != nil }

  /// Ends an invocation that no worker was given.
  package func refuse(_ error: WireError) {
    if let kind { kind.ended(self, .failure(error)) } else { end(.failure(error)) }
  }

  /// Drops an invocation that no worker was given; its completion is not called.
  package func abandon() {
    completion = nil
    state = .ended
    parent?.children.removeAll { $0 === self }
  }

  /// How many calls with this content were made in this invocation before: tells equal calls apart, whatever order they
  /// come in.
  package func ordinal(of call: String) -> Int {
    defer { equalCalls[call, default: 0] += 1 }
    return equalCalls[call, default: 0]
  }

  /// Ends the invocation; only the first call has an effect.
  func end(_ result: Result<ToolResult, WireError>) {
    guard let completion else { return }
    self.completion = nil
    state = .ended
    parent?.children.removeAll { $0 === self }
    completion(result)
  }

  /// Stops this invocation and every call that was made in it.
  package func cancel(_ reason: Cancel.Reason) {
    isCancelled = true
    for child in children { child.cancel(reason) }
    kind?.cancel(self, reason)
  }

  var message: ToolInvoke {
    ToolInvoke(
      tool: tool,
      input: input,
      job: job,
      step: step,
      attempt: attempt,
      idempotencyKey: idempotencyKey,
      timeoutMS: remainingMS,
      traceparent: traceparent,
      needs: needs,
      limits: limits,
      budget: budget.isEmpty ? nil : budget
    )
  }
}

extension Invocation {
  /// Whether this and every call made in it can end, given the kinds whose slots come free.
  func canEnd(_ serving: Set<ObjectIdentifier>) -> Bool {
    children.allSatisfy { child in
      switch child.state {
      case .ended: true
      case .running: child.canEnd(serving)
      case .queued: child.kind.map { serving.contains(ObjectIdentifier($0)) } ?? true
      }
    }
  }
}

extension Supervisor {
  /// Whether a slot of `kind` is free or comes free by itself. A nested call is refused when it would wait for a slot
  /// that its own callers hold, so that calls within calls cannot deadlock: found as the least fixed point of "a kind
  /// serves when one of its running invocations can end" and "an invocation can end when all its calls can".
  func willServe(_ kind: WorkerKind) -> Bool {
    var serving: Set<ObjectIdentifier> = []
    while !kind.willServe(serving) {
      let more = allKinds.filter { !serving.contains(ObjectIdentifier($0)) && $0 !== kind && $0.willServe(serving) }
      if more.isEmpty { return false }
      serving.formUnion(more.map { ObjectIdentifier($0) })
    }
    return true
  }
}
