internal import CJailCalls
internal import Glibc
internal import Posix

/// Answers refused system calls from outside the jail and remembers which they were. Deny-only: no call is ever let
/// through from here, since what its arguments point to may change after it was looked at.
struct DenialListener: ~Copyable {
  let descriptor: Descriptor
  private(set) var denials: [Int32: JailDenial] = [:]
  private(set) var isTruncated = false
  private var answered = 0

  /// Kinds of calls that are kept.
  private static let limit = 64
  /// After so many answers in a run, one per millisecond: a program that floods costs itself.
  private static let free = 512

  init(owning descriptor: Int32) { self.descriptor = Descriptor(owning: descriptor) }

  /// Whether the next answer waits for the next millisecond.
  var isThrottled: Bool { answered >= Self.free }

  /// Answers one call. False when none is waiting or the jail is gone.
  mutating func answerOne() -> Bool {
    var notification = bh_call_notification()
    guard bh_call_next_notification(descriptor.raw, &notification) == 0 else { return false }
    answered += 1
    let a = notification.arguments
    if denials[notification.number] != nil {
      denials[notification.number]?.count += 1
    } else if denials.count < Self.limit {
      denials[notification.number] = JailDenial(
        name: SeccompCompiler.name(of: notification.number, token: notification.arch)
          ?? "syscall \(notification.number)",
        number: notification.number,
        errno: EPERM,
        arguments: [a.0, a.1, a.2, a.3, a.4, a.5],
        count: 1
      )
    } else {
      isTruncated = true
    }
    // A caller that was killed meanwhile is not there to be answered.
    _ = bh_call_refuse(descriptor.raw, notification.id, EPERM)
    return true
  }

  var sorted: [JailDenial] { denials.values.sorted { $0.number < $1.number } }
}
