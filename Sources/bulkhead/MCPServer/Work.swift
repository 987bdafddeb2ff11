internal import ClientKit
internal import JSON
internal import Posix

/// Something that a tool has begun: a call, or a job that is followed to its end. It lives on when the request that began
/// it was answered with a question, or with word that it waits for a person, and is taken up again by a later request.
final class Work: Sendable {
  enum Subject: Sendable {
    /// A call of a tool; `input` is what would be asked about.
    case call(tool: String, input: JSON)
    case job(String)
  }

  /// What whoever attends to it has to do next.
  enum Turn: Sendable {
    case ended(ToolOutcome)
    case waits(Approval)
    /// Nothing came in time.
    case late
    /// Whoever attended to it was cancelled.
    case abandoned
  }

  private struct State {
    var task: Task<Void, Never>?
    var outcome: ToolOutcome?
    /// What waits for a person now.
    var approval: Approval?
    /// What a client was asked about that comes back for it.
    var asked: Approval?
    /// Of a call, once an approval has told it: the id under which the coordinator has it.
    var job: String?
    var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
    var nextWaiter = 0
    var listener: (@Sendable (WorkProgress) -> Void)?
    /// Whoever waited for it was told how to find it, so that it goes on without them.
    var isReleased = false
    /// Since when it has ended.
    var endedAt: ContinuousClock.Instant?
  }

  let subject: Subject
  /// Unguessable, for clients that come back to it.
  let token: String
  /// Of what was called: whoever comes back must call the same.
  let digest: String
  private let state = Guarded(State())

  init(_ subject: Subject, digest: String) {
    self.subject = subject
    self.digest = digest
    token = Self.randomToken()
  }

  /// 128 bits of the system's random numbers.
  private static func randomToken() -> String {
    (0..<2).map { _ in
      let digits = String(UInt64.random(in: 0 ... .max), radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }

  // MARK: Running

  /// Starts it; `body` gives what came of it, also when it was cancelled.
  func begin(_ body: @escaping @Sendable (Work) async -> ToolOutcome) {
    let task = Task.detached { [self] in end(await body(self)) }
    state.withLock { $0.task = task }
  }

  private func end(_ outcome: ToolOutcome) {
    change { state in
      state.outcome = outcome
      state.approval = nil
      state.endedAt = .now
      state.listener = nil
    }
  }

  func cancel() { state.withLock { $0.task }?.cancel() }

  /// Stops following a job without stopping the job.
  func release() {
    state.withLock { $0.isReleased = true }
    cancel()
  }

  var isReleased: Bool { state.withLock { $0.isReleased } }

  /// Returns when it has ended.
  func finish() async { await state.withLock { $0.task }?.value }

  var hasEnded: Bool { state.withLock { $0.outcome != nil } }
  var endedAt: ContinuousClock.Instant? { state.withLock { $0.endedAt } }
  var outcome: ToolOutcome? { state.withLock { $0.outcome } }
  var approval: Approval? { state.withLock { $0.approval } }

  /// What a client was asked about, as it was shown.
  var asked: Approval? {
    get { state.withLock { $0.asked } }
    set { state.withLock { $0.asked = newValue } }
  }

  var isCall: Bool {
    if case .call = subject { return true }
    return false
  }

  /// The id under which get_job finds it; nil: the coordinator has not told.
  var job: String? {
    if case .job(let id) = subject { return id }
    return state.withLock { $0.job }
  }

  // MARK: What waits for a person

  /// Sets what waits; nil: nothing does.
  func wait(for approval: Approval?) {
    let isSame = state.withLock { $0.approval?.key == approval?.key }
    if isSame { return }
    change { state in
      guard state.outcome == nil else { return }
      state.approval = approval
      if let approval { state.job = approval.job }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    let waiters = state.withLock { state in
      body(&state)
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.resume() }
  }

  // MARK: Attending

  /// Tells how it gets on, to one listener at a time.
  func listen(_ listener: (@Sendable (WorkProgress) -> Void)?) { state.withLock { $0.listener = listener } }

  func report(_ progress: WorkProgress) { state.withLock { $0.listener }?(progress) }

  /// What is to be done next, waiting for it at most until `deadline`. Approvals among `seen` are passed over.
  func next(besides seen: Set<String>, until deadline: ContinuousClock.Instant?) async -> Turn {
    while true {
      if Task.isCancelled { return .abandoned }
      let (outcome, approval) = state.withLock { ($0.outcome, $0.approval) }
      if let outcome { return .ended(outcome) }
      if let approval, !seen.contains(approval.key) { return .waits(approval) }
      if let deadline, ContinuousClock.now >= deadline { return .late }
      await changed(until: deadline) { $0.outcome != nil || ($0.approval.map { !seen.contains($0.key) } ?? false) }
    }
  }

  /// Returns when `approval` does not wait any more, or the task is cancelled.
  func decided(_ approval: Approval) async {
    while !Task.isCancelled, state.withLock({ $0.outcome == nil && $0.approval?.key == approval.key }) {
      await changed(until: nil) { $0.outcome != nil || $0.approval?.key != approval.key }
    }
  }

  /// Returns at the next change, at `deadline`, at a cancellation, or at once when `isThere`.
  private func changed(until deadline: ContinuousClock.Instant?, unless isThere: @Sendable (State) -> Bool) async {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    let timer = deadline.map { deadline in
      Task.detached { [weak self] in
        // Safety: only a cancelled task ends a sleep early.
        try? await ContinuousClock().sleep(until: deadline)
        self?.resume(number)
      }
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let mayGoOn = state.withLock { state in
          if isThere(state) || Task.isCancelled || deadline.map({ ContinuousClock.now >= $0 }) == true { return true }
          state.waiters[number] = continuation
          return false
        }
        if mayGoOn { continuation.resume() }
      }
    } onCancel: {
      resume(number)
    }
    timer?.cancel()
  }

  private func resume(_ number: Int) { state.withLock { $0.waiters.removeValue(forKey: number) }?.resume() }
}

/// How work gets on.
struct WorkProgress: Sendable {
  /// Steps that have ended, and how many there are, where that is known.
  var done: Double?
  var total: Double?
  var text: String
  /// Whether it is to be told at once: what is not may be left out.
  var isImportant = false
  /// For the log, too.
  var warning: String?
}

extension Approval {
  /// Another one when it has gone to somebody else or is about something else.
  var key: String { "\(id) \(hash) \(deadlineAt)" }
}
