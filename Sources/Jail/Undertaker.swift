internal import CLinux
internal import Glibc
internal import Posix
internal import Synchronization

/// Reaps launchers whose run has its result already, or was given up: on one thread, so that nobody waits for it.
enum Undertaker {
  private static let isStarted = Mutex(false)
  private static let epoll: Int32 = epoll_create1(Int32(EPOLL_CLOEXEC))

  /// Control groups to remove when the launcher with this descriptor has ended.
  private static let groups = Mutex<[Int32: String]>([:])

  static func adopt(_ pidfd: consuming Descriptor, controlGroup: String? = nil) {
    let raw = pidfd.release()
    if let controlGroup { groups.withLock { $0[raw] = controlGroup } }
    let starts = isStarted.withLock { isStarted in
      defer { isStarted = true }
      return !isStarted
    }
    var event = epoll_event()
    event.events = Readiness.readable.rawValue
    event.data.u64 = UInt64(raw)
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, raw, &event) == 0 else {
      // No memory for a watch: wait for it here. It is ending, its status socket is closed.
      return bury(raw, waiting: true)
    }
    if starts { startThread("undertaker") { work() } }
  }

  private static func work() {
    var event = epoll_event()
    while true {
      guard epoll_wait(epoll, &event, 1, -1) == 1 else { continue }
      let raw = Int32(truncatingIfNeeded: event.data.u64)
      // Closing alone may leave the entry: a process being started elsewhere can hold a copy for a moment.
      epoll_ctl(epoll, EPOLL_CTL_DEL, raw, &event)
      bury(raw, waiting: false)
    }
  }

  private static func bury(_ raw: Int32, waiting: Bool) {
    if waiting {
      var ended = pollfd(fd: raw, events: Int16(POLLIN), revents: 0)
      while poll(&ended, 1, -1) < 0 {}
    }
    let pidfd = Descriptor(owning: raw)
    do {
      _ = try ChildProcess.reap(pidfd: pidfd.raw)
    } catch {
      // Somebody else reaped our child, which is as well.
    }
    if let group = groups.withLock({ $0.removeValue(forKey: raw) }) { ControlGroup.dissolve(group) }
  }
}
