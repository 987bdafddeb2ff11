internal import Posix

/// Time in which a person is waited for is not an invocation's: while a call that was made in it waits for one, its
/// deadline stands still, and so do those of the invocations around it. The approval has a deadline of its own.
extension Invocation {
  /// Milliseconds until its deadline; while that stands still always the same.
  package var remainingMS: Int64 { deadline.milliseconds(since: heldSince ?? .now) }

  /// Milliseconds for which its deadline has stood still.
  package var heldMS: Int64 { heldBefore + (heldSince.map { BootTime.now.milliseconds(since: $0) } ?? 0) }

  /// Its worker's own idea of what remains is behind from then on.
  package var wasHeld: Bool { heldSince != nil || heldBefore > 0 }

  /// Stops the deadlines of this invocation and of those in which it was made; each goes on when it was let go as often.
  package func holdDeadline() {
    for invocation in sequence(first: self, next: \.parent) {
      invocation.holds += 1
      guard invocation.holds == 1 else { continue }
      invocation.heldSince = .now
      invocation.kind?.disarmDeadline(invocation)
    }
  }

  package func releaseDeadline() {
    for invocation in sequence(first: self, next: \.parent) where invocation.holds > 0 {
      invocation.holds -= 1
      guard invocation.holds == 0, let since = invocation.heldSince else { continue }
      let held = BootTime.now.milliseconds(since: since)
      invocation.heldSince = nil
      // What stood still at all is told of, however short.
      invocation.heldBefore += max(held, 1)
      invocation.deadline = invocation.deadline + Milliseconds(held)
      invocation.kind?.armDeadline(invocation)
    }
  }
}
