internal import CLinux
internal import Glibc
internal import Synchronization

/// What a watched descriptor can be ready for.
package struct Readiness: OptionSet, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let readable = Readiness(rawValue: UInt32(EPOLLIN.rawValue))
  package static let writable = Readiness(rawValue: UInt32(EPOLLOUT.rawValue))
  /// The other side has closed, or the descriptor is in error; reported whether asked for or not.
  package static let hangUp = Readiness(rawValue: UInt32(EPOLLHUP.rawValue) | UInt32(EPOLLERR.rawValue))
}

/// Told on the loop's thread when a descriptor is ready. Level-triggered: told again until the cause is gone.
package protocol ReadinessHandler: AnyObject {
  func ready(_ readiness: Readiness)
}

/// One thread that waits for descriptors, timers and work from elsewhere, and runs each handler to its end.
///
/// Whatever lives on a loop needs no locks: it is touched on that thread only. Objects that live there are not
/// `Sendable`, so the compiler keeps them from leaving; other threads reach the loop through `submit` alone.
///
/// Safety: `inbox` is guarded by its mutex; every other stored property is touched only on the thread that calls `run`
/// (and, before `run`, on the thread that made the loop).
package final class EventLoop: @unchecked Sendable {
  private struct Inbox {
    var work: [@Sendable () -> Void] = []
    var isWoken = false
    var mustStop = false
  }

  private struct Watch {
    let handler: any ReadinessHandler
    /// Tells this watch from an earlier one of the same descriptor number.
    let generation: UInt32
  }

  private let epoll: Descriptor
  private let wake: Descriptor
  private let inbox = Mutex(Inbox())
  /// The thread inside `run`; a thread compares it only with itself.
  private let owner = Atomic<UInt>(0)
  private var watches: [Int32: Watch] = [:]
  private var generation: UInt32 = 0
  private var timers = TimerQueue()
  private var deferred: [() -> Void] = []
  private var isStopped = false
  /// Whether an event came since the loop last slept.
  private var lingers = false
  private let readBuffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

  package init() throws(PosixError) {
    epoll = Descriptor(owning: try posix("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    wake = Descriptor(
      owning: try posix("eventfd") { eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) }
    )
    try control(EPOLL_CTL_ADD, wake.raw, .readable, generation: 0)
  }

  deinit { readBuffer.deallocate() }

  // MARK: From any thread

  /// Runs `work` on the loop's thread, in the order of submission.
  package func submit(_ work: @escaping @Sendable () -> Void) { post { $0.work.append(work) } }

  /// Ends `run` once what was submitted before has run. When no `run` is under way, ends the next one.
  package func stop() { post { $0.mustStop = true } }

  /// Runs `work` now when called on the loop's own thread, else submits it.
  package func perform(_ work: @escaping @Sendable () -> Void) {
    if isCurrent { work() } else { submit(work) }
  }

  /// Whether the caller is on the thread that runs this loop.
  package var isCurrent: Bool { owner.load(ordering: .relaxed) == UInt(pthread_self()) }

  private func post(_ change: (inout sending Inbox) -> Void) {
    let mustWake = inbox.withLock { inbox in
      change(&inbox)
      defer { inbox.isWoken = true }
      return !inbox.isWoken
    }
    if mustWake {
      var one: UInt64 = 1
      // Fails only when the counter is full, and then the loop is awake already.
      _ = write(wake.raw, &one, 8)
    }
  }

  // MARK: On the loop's thread

  /// Waits and dispatches until `stop`. May be called again afterwards.
  package func run() {
    isStopped = false
    owner.store(UInt(pthread_self()), ordering: .relaxed)
    defer { owner.store(0, ordering: .relaxed) }
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    while !isStopped {
      runDeferred()
      if isStopped { break }
      let count = events.withUnsafeMutableBufferPointer { wait(into: $0.baseAddress!, 64) }
      if count > 0 {
        for i in 0..<Int(count) { dispatch(events[i]) }
      } else if count < 0 {
        precondition(errno == EINTR, "epoll_wait: \(errnoMessage(errno))")
      }
      if !timers.isEmpty { for timer in timers.takeDue(now: .now) { timer.fire() } }
    }
    // An answer that the last handler gave still leaves.
    runDeferred()
  }

  /// Looks again for a short while after the last event before it sleeps. The answer to what was just sent often comes
  /// within microseconds, while waking a sleeping processor takes tens of them in a virtual machine (measured: echo
  /// round trip 55 µs without, 8 µs with). Yielding lets a peer on the same processor run meanwhile.
  private func wait(into events: UnsafeMutablePointer<epoll_event>, _ capacity: Int32) -> Int32 {
    // Work that was deferred by deferred work waits for one look at the descriptors, so that it cannot starve them.
    if !deferred.isEmpty { return epoll_wait(epoll.raw, events, capacity, 0) }
    if lingers {
      let end = BootTime.now.nanoseconds + Self.lingerNanoseconds
      repeat {
        let count = epoll_wait(epoll.raw, events, capacity, 0)
        if count != 0 { return count }
        sched_yield()
      } while BootTime.now.nanoseconds < end
      lingers = false
    }
    let count = epoll_wait(epoll.raw, events, capacity, timers.millisecondsToNext(now: .now))
    lingers = count > 0
    return count
  }

  private static let lingerNanoseconds: Int64 = 50_000

  private func dispatch(_ event: epoll_event) {
    let descriptor = Int32(truncatingIfNeeded: event.data.u64)
    if descriptor == wake.raw {
      drainInbox()
    } else if let watch = watches[descriptor], watch.generation == UInt32(event.data.u64 >> 32) {
      watch.handler.ready(Readiness(rawValue: event.events))
    }
    // Otherwise a handler earlier in this round stopped watching it, or closed it and watches another one that got its
    // number.
  }

  private func drainInbox() {
    var counter: UInt64 = 0
    _ = read(wake.raw, &counter, 8)
    let taken = inbox.withLock { inbox in
      let taken = inbox
      inbox = Inbox()
      return taken
    }
    for item in taken.work { item() }
    if taken.mustStop { isStopped = true }
  }

  /// Runs `work` after the current handler has returned, before the loop sleeps.
  package func deferred(_ work: @escaping () -> Void) { deferred.append(work) }

  private func runDeferred() {
    if deferred.isEmpty { return }
    let work = deferred
    deferred = []
    for item in work { item() }
  }

  /// Space that every reader on this loop may use until it returns, so that idle connections hold none.
  package func withReadBuffer<R>(_ body: (UnsafeMutableRawBufferPointer) -> R) -> R { body(readBuffer) }

  /// Starts telling `handler` about `descriptor`, which must stay open until `unwatch`.
  package func watch(_ descriptor: Int32, for interest: Readiness, handler: any ReadinessHandler) throws(PosixError) {
    generation &+= 1
    try control(EPOLL_CTL_ADD, descriptor, interest, generation: generation)
    watches[descriptor] = Watch(handler: handler, generation: generation)
  }

  /// A hang-up is told even of an empty interest, again and again: `unwatch` what must be silent.
  package func change(_ descriptor: Int32, to interest: Readiness) throws(PosixError) {
    guard let watch = watches[descriptor] else { throw PosixError("epoll_ctl", "\(descriptor)", errno: ENOENT) }
    try control(EPOLL_CTL_MOD, descriptor, interest, generation: watch.generation)
  }

  package func unwatch(_ descriptor: Int32) {
    guard watches.removeValue(forKey: descriptor) != nil else { return }
    var unused = epoll_event()
    epoll_ctl(epoll.raw, EPOLL_CTL_DEL, descriptor, &unused)
  }

  private func control(
    _ operation: Int32,
    _ descriptor: Int32,
    _ interest: Readiness,
    generation: UInt32
  ) throws(PosixError) {
    var event = epoll_event()
    event.events = interest.rawValue
    event.data.u64 = UInt64(generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    try posix("epoll_ctl") { epoll_ctl(epoll.raw, operation, descriptor, &event) }
  }

  /// Calls `body` once, `delay` from now, unless the timer is cancelled first.
  @discardableResult
  package func schedule(after delay: Milliseconds, _ body: @escaping () -> Void) -> LoopTimer {
    timers.add(at: .now + delay, body)
  }

  package func cancel(_ timer: LoopTimer) { timers.remove(timer) }
}

/// Swift tasks can prefer the loop: their parts then run on its thread, in order, between its events.
extension EventLoop: TaskExecutor {
  package func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let executor = asUnownedTaskExecutor()
    if isCurrent {
      deferred { job.runSynchronously(on: executor) }
    } else {
      submit { job.runSynchronously(on: executor) }
    }
  }
}
