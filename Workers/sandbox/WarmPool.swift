internal import CLinux
internal import Glibc
internal import Jail
internal import Posix
internal import Synchronization

/// Python processes that sit in their finished jails before code arrives, blocked on their request.
///
/// Each is started by an exec of its own, serves one request and ends: nothing of one run is in the next. The pool
/// fills after the first use, one process after another and preferably while no run is going on, so that refilling
/// does not slow the calls it is for; and it empties when nothing was asked for `idleMS`. A process that dies while it
/// waits is replaced; when several do in a row, later and later. A process whose result was taken before its end is
/// killed as soon as the answer is away, and counts until it is gone: none is started before.
final class WarmPool: Sendable {
  /// Safety: a run is in the pool, where only the holder of the lock touches it, or with the one who took it.
  private struct Waiting: @unchecked Sendable {
    let run: JailRun
  }

  private struct State {
    var idle: [Waiting] = []
    /// To be ended and reaped by the pool's thread.
    var dying: [Waiting] = []
    /// Calls that are going on, warm and cold.
    var calls = 0
    var lastUse = BootTime(nanoseconds: 0)
    var lastEnd = BootTime(nanoseconds: 0)
    /// When the thread is to look again at the latest; it is not woken by what can wait until then.
    var alarm = BootTime(nanoseconds: .max)
    var isStarted = false
    var hits = 0
    var failures = 0
    var retryAt = BootTime(nanoseconds: 0)
  }

  private let state = Mutex(State())
  private let jail: PreparedJail
  private let size: Int
  private let idleTime: Milliseconds
  /// Watches the idle runs, and `timer`.
  private let epoll: Descriptor
  private let timer: Descriptor

  /// While a call is going on, a missing process is started only after so long.
  private static let holdOff = Milliseconds(20)
  /// After a call, so that its answer is away before the processors are busy again.
  private static let pause = Milliseconds(2)
  private static let startLimitMS: Int64 = 10_000

  init(_ jail: PreparedJail, size: Int, idleMS: Int64) throws(PosixError) {
    self.jail = jail
    self.size = size
    idleTime = Milliseconds(idleMS)
    epoll = Descriptor(owning: try posix("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
    timer = Descriptor(
      owning: try posix("timerfd_create") {
        timerfd_create(CLOCK_BOOTTIME, Int32(TFD_CLOEXEC) | Int32(TFD_NONBLOCK))
      }
    )
    try watch(timer.raw)
  }

  /// A process with `request` on its way to it, its limits counting; nil when none waits. Every call is followed by one
  /// of `ended`, whatever came of it.
  func begin(_ request: [UInt8], given: [String: [UInt8]], wallMilliseconds: UInt64) -> JailRun? {
    state.withLock { state in
      state.calls += 1
      state.lastUse = .now
      wakeThread(&state, at: state.lastUse + Self.holdOff)
      if !state.isStarted {
        state.isStarted = true
        startThread("warm") { self.work() }
      }
    }
    while let waiting = state.withLock({ takeFirst(&$0) }) {
      let used = Exchange.usedWhenReady(waiting.run.reply.bytes) ?? 0
      if waiting.run.begin(
        request,
        given: given,
        wallMilliseconds: wallMilliseconds,
        waitedMicroseconds: used
      ) {
        return waiting.run
      }
      // It died since anybody looked; the request never reached it.
      state.withLock { $0.dying.append(waiting) }
    }
    return nil
  }

  /// `run` is what `begin` gave.
  func ended(_ run: JailRun?) {
    let left = run.flatMap { $0.isLeftBehind ? Waiting(run: $0) : nil }
    state.withLock { state in
      state.calls -= 1
      state.lastEnd = .now
      if let left { state.dying.append(left) }
      wakeThread(&state, at: state.lastEnd + Self.pause)
    }
  }

  /// By a timer, and not at once: a thread that wakes now competes with the answer for the processor.
  private func wakeThread(_ state: inout State, at time: BootTime) {
    guard time < state.alarm else { return }
    state.alarm = time
    var value = itimerspec()
    value.it_value.tv_sec = Int(time.nanoseconds / 1_000_000_000)
    value.it_value.tv_nsec = Int(time.nanoseconds % 1_000_000_000)
    timerfd_settime(timer.raw, Int32(TFD_TIMER_ABSTIME), &value, nil)
  }

  private func takeFirst(_ state: inout State) -> Waiting? {
    guard !state.idle.isEmpty else { return nil }
    let waiting = state.idle.removeFirst()
    unwatch(waiting.run.pollDescriptor)
    state.hits += 1
    return waiting
  }

  // MARK: The pool's thread

  private enum Step {
    case start
    case end([Waiting])
    case wait(Int64)
  }

  private func work() {
    while true {
      switch state.withLock({ next(&$0) }) {
      case .start: add(start())
      case .end(let waiting): for item in waiting { end(item.run) }
      case .wait(let ms): wait(ms)
      }
    }
  }

  private func next(_ state: inout State) -> Step {
    let dying = takeDying(&state)
    if !dying.isEmpty { return .end(dying) }
    let now = BootTime.now
    let expiry = state.lastUse + idleTime
    if expiry < now, state.calls == 0 {
      defer { state.idle = [] }
      for item in state.idle { unwatch(item.run.pollDescriptor) }
      return state.idle.isEmpty ? .wait(-1) : .end(state.idle)
    }
    if state.idle.count < size {
      let due = max(state.retryAt, state.calls == 0 ? state.lastEnd + Self.pause : state.lastUse + Self.holdOff)
      if due <= now { return .start }
      return .wait(due.milliseconds(since: now) + 1)
    }
    return .wait(expiry.milliseconds(since: now) + 1)
  }

  private func takeDying(_ state: inout State) -> [Waiting] {
    var count: UInt64 = 0
    if read(timer.raw, &count, 8) > 0 { state.alarm = BootTime(nanoseconds: .max) }
    defer { state.dying = [] }
    return state.dying
  }

  private func start() -> JailRun? {
    do {
      let run = try JailRun(jail, replyLimit: Exchange.replyLimit)
      let end = BootTime.now + Milliseconds(Self.startLimitMS)
      while run.advance() == nil {
        if Exchange.usedWhenReady(run.reply.bytes) != nil {
          run.endsWithReply(Exchange.announcedExit)
          return run
        }
        let left = end.milliseconds(since: .now)
        if left == 0 {
          self.end(run)
          return nil
        }
        var waiting = [run.pollDescriptor, timer.raw].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        poll(&waiting, 2, Int32(clamping: left))
        // A run whose result is out is ended now, however long this takes.
        for item in state.withLock({ takeDying(&$0) }) { self.end(item.run) }
      }
      note("a warm interpreter ended before it was ready: \(run.result.reason.rawValue)")
    } catch {
      note("cannot start a warm interpreter: \(error)")
    }
    return nil
  }

  private func add(_ run: JailRun?) {
    guard let run else {
      return state.withLock { state in
        state.failures = min(state.failures + 1, 10)
        state.retryAt = .now + Milliseconds(50 << Int64(state.failures))
      }
    }
    let waiting = Waiting(run: run)
    state.withLock { state in
      state.failures = 0
      do {
        try watch(waiting.run.pollDescriptor)
        state.idle.append(waiting)
      } catch {
        state.dying.append(waiting)
      }
    }
  }

  private func wait(_ ms: Int64) {
    var events = [epoll_event](repeating: epoll_event(), count: 8)
    let count = epoll_wait(epoll.raw, &events, 8, Int32(clamping: ms))
    guard count > 0 else { return }
    if events.prefix(Int(count)).allSatisfy({ $0.data.u64 == UInt64(timer.raw) }) { return }
    state.withLock { state in
      // Something happened to a process that should only wait.
      state.idle.removeAll { waiting in
        guard waiting.run.advance() != nil else { return false }
        unwatch(waiting.run.pollDescriptor)
        note("a warm interpreter ended while it waited: \(waiting.run.result.reason.rawValue)")
        return true
      }
    }
  }

  /// Kills a run and reaps it.
  private func end(_ run: JailRun) {
    if run.isLeftBehind { return run.retire() }
    run.cancel()
    while run.advance() == nil {
      var waiting = pollfd(fd: run.pollDescriptor, events: Int16(POLLIN), revents: 0)
      poll(&waiting, 1, -1)
    }
  }

  // MARK: Descriptors

  private func watch(_ raw: Int32) throws(PosixError) {
    var event = epoll_event()
    event.events = Readiness.readable.rawValue
    event.data.u64 = UInt64(raw)
    try posix("epoll_ctl") { epoll_ctl(epoll.raw, EPOLL_CTL_ADD, raw, &event) }
  }

  private func unwatch(_ raw: Int32) {
    var unused = epoll_event()
    epoll_ctl(epoll.raw, EPOLL_CTL_DEL, raw, &unused)
  }

  private func note(_ text: String) {
    let line = "sandbox: \(text)\n"
    _ = write(STDERR_FILENO, line, line.utf8.count)
  }
}
