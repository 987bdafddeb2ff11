internal import Engine
internal import JSON
internal import Journal
internal import Posix
internal import Supervision
internal import Wire

/// How a call comes to be made, is refused, or waits: for a person, or for a limit to have room again.
extension ToolCalls {
  /// A call that has been admitted and not been decided about.
  struct Candidate {
    var act: Act
    var entry: CatalogEntry
    let occasion: Occasion
    let call: PendingCall
    /// What is on disk before it waits, with the reason; nil: the call lives in memory alone.
    let waiting: ((WireError) -> [Change])?
    /// It may be made, with this input and by this entry; the verdict's changes are to be written with its intent.
    let go: (JSON, Verdict, CatalogEntry) -> Void
    let stop: (WireError, [Change]) -> Void
  }

  /// What waited may have become another tool meanwhile.
  private func decideAgain(_ candidate: Candidate) {
    var candidate = candidate
    do throws(WireError) {
      candidate.entry = try stillOffered(candidate.entry, candidate.act.input)
    } catch {
      return candidate.stop(error, [])
    }
    decide(candidate)
  }

  func decide(_ candidate: Candidate) {
    let verdict = judge.judge(candidate.act, candidate.occasion)
    for warning in verdict.warnings { tell(candidate.call, "warning: \(warning)") }
    switch verdict.outcome {
    case .go(let input): candidate.go(input, verdict, candidate.entry)
    case .refused(let error): candidate.stop(error, verdict.changes)
    case .ask(let error): askFor(candidate, error, verdict.changes)
    case .later(let error, let delay): wait(candidate, error, delay)
    }
  }

  private func askFor(_ candidate: Candidate, _ error: WireError, _ changes: [Change]) {
    guard let id = error.data["approval"]?.stringValue, let number = Approvals.number(id) else {
      return candidate.stop(error, changes)
    }
    let call = candidate.call
    call.onCancel = { [weak self] in
      guard let self else { return }
      judge.approvals.stopWaiting(for: number)
      if let record = judge.approvals.pending(number) { judge.approvals.withdraw([record]) }
      candidate.stop(WireError(.cancelled, "cancelled while it waited for a person"), [])
    }
    judge.approvals.wait(for: number) { [weak self] _ in
      call.onCancel = nil
      self?.decideAgain(candidate)
    }
    let waiting = candidate.waiting?(error) ?? []
    if !(waiting + changes).isEmpty { journal.commit(waiting + changes) }
    tell(call, error.message)
  }

  private func wait(_ candidate: Candidate, _ error: WireError, _ delay: Int64) {
    let call = candidate.call
    let timer = loop.schedule(after: Milliseconds(max(delay, 10))) { [weak self] in
      call.onCancel = nil
      self?.decideAgain(candidate)
    }
    if !candidate.occasion.isNested { waiting[ObjectIdentifier(call)] = call }
    call.onCancel = { [weak self] in
      self?.loop.cancel(timer)
      candidate.stop(WireError(.cancelled, "cancelled while it waited: \(error.message)"), [])
    }
    tell(call, error.message)
  }

  /// After this round of the loop: whoever called has the call then.
  private func tell(_ call: PendingCall, _ text: String) {
    loop.deferred { call.tell(.status, text) }
  }
}
