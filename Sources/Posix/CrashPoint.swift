internal import Glibc
internal import Synchronization

/// Places at which a test may have the process die, as if the power had failed there.
///
/// `BULKHEAD_CRASH_POINT=after_commit:3` kills the process the third time that it comes by. Unset, a point costs one
/// comparison.
package enum CrashPoint: String, Sendable, CaseIterable {
  case insideMigration = "inside_migration"
  case insideRecovery = "inside_recovery"
  case beforeAccept = "before_accept"
  case afterAccept = "after_accept"
  case beforeCommit = "before_commit"
  case insideCommit = "inside_commit"
  case afterCommit = "after_commit"
  case beforeDispatch = "before_dispatch"
  case afterDispatch = "after_dispatch"
  case beforeResult = "before_result"
  case afterResult = "after_result"
  /// The same of calls that are no step: a client's, and those made inside an invocation.
  case beforeCall = "before_call"
  case afterCall = "after_call"
  case beforeCallResult = "before_call_result"
  case afterCallResult = "after_call_result"
  /// A person's decision, on its way to the disk and back.
  case beforeDecision = "before_decision"
  case afterDecision = "after_decision"
  case insideDrain = "inside_drain"

  private struct Armed: Sendable {
    let point: CrashPoint
    let count: Int
  }

  private static let armed: Armed? = {
    guard let text = getenv("BULKHEAD_CRASH_POINT").map({ String(cString: $0) }) else { return nil }
    let parts = text.split(separator: ":", maxSplits: 1)
    guard let name = parts.first, let point = CrashPoint(rawValue: String(name)) else { return nil }
    return Armed(point: point, count: parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
  }()

  private static let passed = Atomic<Int>(0)

  package static func hit(_ point: CrashPoint) {
    guard let armed, armed.point == point else { return }
    if passed.add(1, ordering: .relaxed).newValue == armed.count { kill(getpid(), SIGKILL) }
  }
}
