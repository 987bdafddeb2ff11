internal import Wire

/// The life of one worker instance, as drawn in `protocol/states.md`. Pure: events in, effects out; no clock, no I/O.
struct WorkerLifecycle: Equatable {
  /// How hard the process is being asked to end.
  enum Teardown: Int, Equatable {
    /// `shutdown` was sent.
    case asked
    /// SIGTERM was sent.
    case terminated
    /// SIGKILL was sent; only the exit is waited for.
    case killed
  }

  enum State: Equatable {
    /// No process, and none wanted.
    case down
    /// The process is being started.
    case starting
    /// Waiting for the answer to `initialize`.
    case initializing
    case ready
    /// Takes nothing new; finishes what it has.
    case draining
    /// Being ended. `isWanted`: another one is to follow.
    case stopping(Teardown, isWanted: Bool)
    /// Waiting to start again. `isThrottled`: the last process ended before its first job was done.
    case waiting(isThrottled: Bool)
  }

  enum Event {
    case start
    case spawned
    case spawnFailed(String)
    case initialized
    /// An invocation was answered.
    case answered
    /// It broke the protocol, hung, or closed its output: it has to go now.
    case fault(WireError)
    case exited(ProcessFate)
    case drain
    case drained
    case stop
    /// End it without asking first.
    case kill
    case timer
  }

  /// The part of an exit that matters here.
  enum ProcessFate: Equatable {
    case clean
    case failed
  }

  enum Timer: Equatable {
    /// For the answer to `initialize`.
    case start
    case drain
    case grace
    case restart(milliseconds: Int64)
  }

  enum Effect: Equatable {
    case spawn
    case sendInitialize
    /// The instance takes invocations from now on.
    case announceReady
    case sendDrain
    /// Teardown: ask, then SIGTERM, then SIGKILL for the whole session.
    case ask, terminate, kill
    case arm(Timer)
    case disarm
    /// The process is gone or never came: fail what it had, for this reason.
    case announceGone(String)
  }

  private(set) var state = State.down
  private var backoff = Backoff()
  private var hasAnswered = false
  private var fault: String?
  private let restart: WorkerManifest.Restart

  init(_ restart: WorkerManifest.Restart) { self.restart = restart }

  /// Whether an exit now would be what was asked for.
  var isEndWanted: Bool {
    switch state {
    case .draining: true
    case .stopping(_, isWanted: false): fault == nil
    default: false
    }
  }

  /// `livedMS` is how long the process has been running, `jitter` a random number in −1 … 1; asked for only after an exit.
  mutating func handle(
    _ event: Event,
    livedMS: @autoclosure () -> Int64 = 0,
    jitter: @autoclosure () -> Double = 0
  ) -> [Effect] {
    switch (state, event) {
    case (.down, .start), (.waiting, .timer), (.waiting, .start):
      state = .starting
      hasAnswered = false
      fault = nil
      return [.disarm, .spawn]
    case (.starting, .spawned):
      state = .initializing
      return [.sendInitialize, .arm(.start)]
    case (.starting, .spawnFailed(let why)): return rest(.failed, why, livedMS: 0, jitter: jitter())
    case (.starting, .stop), (.starting, .drain), (.starting, .kill):
      // The spawn is under way and cannot be called back; what it yields is ended at once.
      state = .stopping(.killed, isWanted: false)
      return [.disarm]
    case (.stopping(_, isWanted: false), .spawned): return [.kill]
    case (.stopping(_, isWanted: false), .spawnFailed(let why)):
      state = .down
      return [.announceGone(why)]

    case (.initializing, .initialized):
      state = .ready
      return [.disarm, .announceReady]
    case (.initializing, .timer): return end(because: "no answer to 'initialize' in time", isWanted: true)

    case (.ready, .answered), (.draining, .answered):
      hasAnswered = true
      return []
    case (.ready, .drain):
      state = .draining
      return [.sendDrain, .arm(.drain)]
    case (.draining, .drained), (.draining, .timer):
      state = .stopping(.asked, isWanted: false)
      return [.ask, .arm(.grace)]

    case (.initializing, .fault(let error)), (.ready, .fault(let error)):
      return end(because: error.message, isWanted: true)
    case (.draining, .fault(let error)): return end(because: error.message, isWanted: false)
    case (.initializing, .kill), (.ready, .kill), (.draining, .kill), (.stopping(.asked, _), .kill),
      (.stopping(.terminated, _), .kill):
      state = .stopping(.killed, isWanted: false)
      return [.disarm, .kill]
    case (.initializing, .stop), (.initializing, .drain), (.ready, .stop), (.draining, .stop):
      state = .stopping(.asked, isWanted: false)
      return [.ask, .arm(.grace)]

    case (.stopping(.asked, let isWanted), .timer):
      state = .stopping(.terminated, isWanted: isWanted)
      return [.terminate, .arm(.grace)]
    case (.stopping(.terminated, let isWanted), .timer):
      state = .stopping(.killed, isWanted: isWanted)
      return [.kill]
    case (.stopping(let teardown, _), .stop), (.stopping(let teardown, _), .drain), (.stopping(let teardown, _), .kill):
      state = .stopping(teardown, isWanted: false)
      return []

    case (.waiting, .stop), (.waiting, .drain), (.waiting, .kill):
      state = .down
      return [.disarm]

    case (.initializing, .exited(let fate)), (.ready, .exited(let fate)):
      return rest(fate, fault ?? "the process ended", livedMS: livedMS(), jitter: jitter())
    case (.draining, .exited):
      state = .down
      return [.disarm, .announceGone("the process ended while draining")]
    case (.stopping(_, isWanted: true), .exited):
      return rest(.failed, fault ?? "the process was ended", livedMS: livedMS(), jitter: jitter())
    case (.stopping(_, isWanted: false), .exited):
      state = .down
      return [.disarm, .announceGone(fault ?? "the process was asked to end")]

    default:
      // Late events of a life that is over, e.g. a fault after the kill.
      return []
    }
  }

  /// Ends a process that misbehaved. There is nothing to wait for: it is not trusted to end by itself.
  private mutating func end(because reason: String, isWanted: Bool) -> [Effect] {
    fault = reason
    state = .stopping(.killed, isWanted: isWanted)
    return [.disarm, .kill]
  }

  /// After a process is gone although it was wanted.
  private mutating func rest(_ fate: ProcessFate, _ reason: String, livedMS: Int64, jitter: Double) -> [Effect] {
    let isWanted = restart.policy == .always || restart.policy == .onFailure && fate == .failed
    guard isWanted else {
      state = .down
      return [.disarm, .announceGone(reason)]
    }
    if livedMS >= restart.resetMS { backoff.reset() }
    let wasUseful = hasAnswered || livedMS >= restart.resetMS
    let wait = backoff.next(restart, wasUseful: wasUseful, jitter: jitter)
    state = .waiting(isThrottled: !wasUseful)
    // Armed before anybody hears of it: who then stops the instance disarms the timer too.
    return [.arm(.restart(milliseconds: wait)), .announceGone(reason)]
  }
}
