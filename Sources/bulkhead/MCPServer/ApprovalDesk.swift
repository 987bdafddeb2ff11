internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix

/// Keeps what the tools have begun, and looks whether any of it waits for a person.
final class ApprovalDesk: Sendable {
  private struct State {
    var works: [Work] = []
    var isLooking = false
    var isClosed = false
    var wakes: AsyncStream<Void>.Continuation?
  }

  /// How long before it looks by itself: a call that a worker makes tells nobody that it waits.
  private static let pause = Duration.seconds(2)
  /// How long an outcome is kept for whoever comes back for it, and how many.
  private static let keeps = Duration.seconds(600)
  private static let mostKept = 64
  /// What may run at a time.
  static let mostRunning = 128

  let link: CoordinatorLink
  private let state = Guarded(State())

  init(_ link: CoordinatorLink) { self.link = link }

  // MARK: Works

  /// Begins work, unless too much is under way.
  func begin(
    _ subject: Work.Subject,
    digest: String,
    _ body: @escaping @Sendable (Work) async -> ToolOutcome
  ) throws(Failure) -> Work {
    let work = Work(subject, digest: digest)
    let isTaken = state.withLock { state in
      forgetOld(&state)
      guard !state.isClosed, state.works.count(where: { !$0.hasEnded }) < Self.mostRunning else { return false }
      state.works.append(work)
      return true
    }
    guard isTaken else {
      throw Failure("overloaded", "\(Self.mostRunning) calls are under way, and that is the most", hint: "wait for one")
    }
    work.begin(body)
    look()
    return work
  }

  /// What has ended and nobody came back for.
  private func forgetOld(_ state: inout State) {
    let limit = ContinuousClock.now - Self.keeps
    state.works.removeAll { $0.endedAt.map { $0 < limit } ?? false }
    let ended = state.works.filter { $0.hasEnded }
    for work in ended.dropLast(Self.mostKept) { remove(work, &state) }
  }

  private func remove(_ work: Work, _ state: inout State) { state.works.removeAll { $0 === work } }

  /// Whoever wanted it has it.
  func remove(_ work: Work) { state.withLock { remove(work, &$0) } }

  /// What a client comes back to; nil: there is none of this token, or it is about another call.
  func work(token: String, digest: String) -> Work? {
    state.withLock { $0.works.first { $0.token == token && $0.digest == digest } }
  }

  /// The call that the coordinator has under this id.
  func call(job: String) -> Work? {
    state.withLock { state in state.works.first { $0.isCall && $0.job == job } }
  }

  /// Cancels everything and returns when all of it has ended, `patience` at most.
  func close(within patience: Duration) async {
    let works = state.withLock { state in
      state.isClosed = true
      return state.works
    }
    for work in works { work.cancel() }
    let end = Task.detached { for work in works { await work.finish() } }
    let limit = Task.detached {
      // Safety: only a cancelled task ends a sleep early.
      try? await ContinuousClock().sleep(for: patience)
      return
    }
    await firstOf(end, limit)
    limit.cancel()
  }

  // MARK: Looking

  /// It has been decided: nobody is asked about it again before the coordinator has been looked at.
  func forget(_ approval: Approval) {
    for work in state.withLock({ $0.works }) where work.approval?.key == approval.key { work.wait(for: nil) }
  }

  /// Something may wait from now on.
  func wake() { state.withLock { _ = $0.wakes?.yield() } }

  /// Looks now, for whoever comes back to something.
  func refresh() async { await lookOnce(state.withLock { state in state.works.filter { !$0.hasEnded } }) }

  private func look() {
    let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let begins = state.withLock { state in
      if state.isLooking { return false }
      state.isLooking = true
      state.wakes = continuation
      return true
    }
    guard begins else { return }
    Task.detached { [self] in
      let timer = Task.detached {
        while !Task.isCancelled {
          // Safety: only a cancelled task ends a sleep early.
          try? await ContinuousClock().sleep(for: Self.pause)
          continuation.yield()
        }
      }
      for await _ in stream {
        let running = state.withLock { state in
          let running = state.works.filter { !$0.hasEnded }
          if running.isEmpty { state.isLooking = false }
          return running
        }
        if running.isEmpty { break }
        await lookOnce(running)
      }
      timer.cancel()
    }
  }

  private func lookOnce(_ works: [Work]) async {
    guard let client = link.current else { return }
    do throws(ClientError) {
      let pending = try await client.approvals(limit: 1_000)
      var assignment = ApprovalAssignment(works)
      for approval in pending.reversed() where !assignment.take(approval) {
        guard Self.isOwnCall(approval) else { continue }
        // A call that a worker makes within one of ours.
        let report = try? await client.job(approval.job)  // Safety: without an answer it goes to the oldest call.
        assignment.take(approval, within: report?.plan)
      }
      for (work, approval) in assignment.result { work.wait(for: approval) }
    } catch {
      // A coordinator that does not answer is no matter of this: whoever waits for a call notices.
    }
  }

  static func isOwnCall(_ approval: Approval) -> Bool {
    approval.kind == "call" && approval.caller["pid"]?.integerValue == Int64(getpid())
      && approval.caller["uid"]?.integerValue == Int64(getuid())
  }
}

/// Says which work each approval is about. A call has no id that its caller chose: a call that waits is known by its tool and
/// its input, and two that are equal in both are the same to whoever decides.
struct ApprovalAssignment {
  private let works: [Work]
  private var found: [ObjectIdentifier: Approval] = [:]

  init(_ works: [Work]) { self.works = works }

  /// Each work with what it waits for; nil: for nothing.
  var result: [(Work, Approval?)] { works.map { ($0, found[ObjectIdentifier($0)]) } }

  /// Whether the approval is one of a job that is followed, or of a call that a tool made. Oldest first.
  mutating func take(_ approval: Approval) -> Bool {
    if let work = works.first(where: { $0.isJob(approval.job) }) {
      set(approval, work)
      return true
    }
    guard approval.step == "call", ApprovalDesk.isOwnCall(approval) else { return false }
    guard let work = free(approval, approval.tool, approval.input) else { return false }
    set(approval, work)
    return true
  }

  /// Takes one that a worker asked for within a call; `spec` is what that call was.
  mutating func take(_ approval: Approval, within spec: JSON?) {
    let work =
      free(approval, spec?["tool"]?.stringValue, spec?["input"]) ?? works.first { $0.isCall && found[.init($0)] == nil }
    if let work { set(approval, work) }
  }

  private mutating func set(_ approval: Approval, _ work: Work) {
    if found[ObjectIdentifier(work)] == nil { found[ObjectIdentifier(work)] = approval }
  }

  /// The call of this tool with this input that has the approval's job, else one that has none.
  private func free(_ approval: Approval, _ tool: String?, _ input: JSON?) -> Work? {
    let equal = works.filter { work in
      guard case .call(let name, let given) = work.subject, found[ObjectIdentifier(work)] == nil else { return false }
      return name == tool && given == input
    }
    return equal.first { $0.job == approval.job } ?? equal.first { $0.approval == nil }
      ?? equal.first
  }
}

extension Work {
  fileprivate func isJob(_ id: String) -> Bool {
    if case .job(id) = subject { return true }
    return false
  }
}

/// Returns when one of both has ended.
func firstOf(_ one: Task<Void, Never>, _ other: Task<Void, Never>) async {
  let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
  for task in [one, other] {
    Task.detached {
      await task.value
      continuation.yield()
    }
  }
  for await _ in stream { return }
}
