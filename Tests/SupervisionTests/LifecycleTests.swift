import Testing
import Wire

@testable import Supervision

private typealias Machine = WorkerLifecycle

/// Every state with every event. What a row does not list must change nothing.
@Suite struct LifecycleTests {
  private enum Event: String, CaseIterable {
    case start, spawned, spawnFailed, initialized, answered, fault, exitedClean, exitedFailed, drain, drained, stop,
      kill,
      timer

    var event: Machine.Event {
      switch self {
      case .start: .start
      case .spawned: .spawned
      case .spawnFailed: .spawnFailed("no such file")
      case .initialized: .initialized
      case .answered: .answered
      case .fault: .fault(WireError(.emptyFrame, "frame of 0 bytes"))
      case .exitedClean: .exited(.clean)
      case .exitedFailed: .exited(.failed)
      case .drain: .drain
      case .drained: .drained
      case .stop: .stop
      case .kill: .kill
      case .timer: .timer
      }
    }
  }

  private static let ask: [Machine.Effect] = [.ask, .arm(.grace)]
  private static func restart(_ reason: String, in wait: Int64 = 5000) -> [Machine.Effect] {
    [.arm(.restart(milliseconds: wait)), .announceGone(reason)]
  }
  private static func gone(_ reason: String) -> [Machine.Effect] { [.disarm, .announceGone(reason)] }

  /// The events that lead to a state, and what each further event makes of it.
  private static let table: [(state: Machine.State, path: [Event], rows: [Event: (Machine.State, [Machine.Effect])])] =
    [
      (.down, [], [.start: (.starting, [.disarm, .spawn])]),
      (
        .starting, [.start],
        [
          .spawned: (.initializing, [.sendInitialize, .arm(.start)]),
          .spawnFailed: (.waiting(isThrottled: true), restart("no such file")),
          .stop: (.stopping(.killed, isWanted: false), [.disarm]),
          .drain: (.stopping(.killed, isWanted: false), [.disarm]),
          .kill: (.stopping(.killed, isWanted: false), [.disarm]),
        ]
      ),
      (
        .initializing, [.start, .spawned],
        [
          .initialized: (.ready, [.disarm, .announceReady]),
          .timer: (.stopping(.killed, isWanted: true), [.disarm, .kill]),
          .fault: (.stopping(.killed, isWanted: true), [.disarm, .kill]),
          .stop: (.stopping(.asked, isWanted: false), ask),
          .drain: (.stopping(.asked, isWanted: false), ask),
          .kill: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .exitedClean: (.waiting(isThrottled: true), restart("the process ended")),
          .exitedFailed: (.waiting(isThrottled: true), restart("the process ended")),
        ]
      ),
      (
        .ready, [.start, .spawned, .initialized],
        [
          .answered: (.ready, []),
          .drain: (.draining, [.sendDrain, .arm(.drain)]),
          .fault: (.stopping(.killed, isWanted: true), [.disarm, .kill]),
          .stop: (.stopping(.asked, isWanted: false), ask),
          .kill: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .exitedClean: (.waiting(isThrottled: true), restart("the process ended")),
          .exitedFailed: (.waiting(isThrottled: true), restart("the process ended")),
        ]
      ),
      (
        .ready, [.start, .spawned, .initialized, .answered],
        [
          .answered: (.ready, []),
          .drain: (.draining, [.sendDrain, .arm(.drain)]),
          .fault: (.stopping(.killed, isWanted: true), [.disarm, .kill]),
          .stop: (.stopping(.asked, isWanted: false), ask),
          .kill: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .exitedClean: (.waiting(isThrottled: false), restart("the process ended", in: 100)),
          .exitedFailed: (.waiting(isThrottled: false), restart("the process ended", in: 100)),
        ]
      ),
      (
        .draining, [.start, .spawned, .initialized, .drain],
        [
          .answered: (.draining, []),
          .drained: (.stopping(.asked, isWanted: false), ask),
          .timer: (.stopping(.asked, isWanted: false), ask),
          .stop: (.stopping(.asked, isWanted: false), ask),
          .fault: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .kill: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .exitedClean: (.down, gone("the process ended while draining")),
          .exitedFailed: (.down, gone("the process ended while draining")),
        ]
      ),
      (
        .stopping(.asked, isWanted: false), [.start, .spawned, .initialized, .stop],
        [
          .timer: (.stopping(.terminated, isWanted: false), [.terminate, .arm(.grace)]),
          .kill: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .exitedClean: (.down, gone("the process was asked to end")),
          .exitedFailed: (.down, gone("the process was asked to end")),
          // Only a process that was asked to end before it existed can still be reported as started.
          .spawned: (.stopping(.asked, isWanted: false), [.kill]),
          .spawnFailed: (.down, [.announceGone("no such file")]),
        ]
      ),
      (
        .stopping(.terminated, isWanted: false), [.start, .spawned, .initialized, .stop, .timer],
        [
          .timer: (.stopping(.killed, isWanted: false), [.kill]),
          .kill: (.stopping(.killed, isWanted: false), [.disarm, .kill]),
          .exitedClean: (.down, gone("the process was asked to end")),
          .exitedFailed: (.down, gone("the process was asked to end")),
          .spawned: (.stopping(.terminated, isWanted: false), [.kill]),
          .spawnFailed: (.down, [.announceGone("no such file")]),
        ]
      ),
      (
        .stopping(.killed, isWanted: false), [.start, .stop],
        [
          .spawned: (.stopping(.killed, isWanted: false), [.kill]),
          .spawnFailed: (.down, [.announceGone("no such file")]),
          .exitedClean: (.down, gone("the process was asked to end")),
          .exitedFailed: (.down, gone("the process was asked to end")),
        ]
      ),
      (
        .stopping(.killed, isWanted: true), [.start, .spawned, .initialized, .fault],
        [
          .stop: (.stopping(.killed, isWanted: false), []),
          .drain: (.stopping(.killed, isWanted: false), []),
          .kill: (.stopping(.killed, isWanted: false), []),
          .exitedClean: (.waiting(isThrottled: true), restart("frame of 0 bytes")),
          .exitedFailed: (.waiting(isThrottled: true), restart("frame of 0 bytes")),
        ]
      ),
      (
        .waiting(isThrottled: true), [.start, .spawned, .exitedFailed],
        [
          .timer: (.starting, [.disarm, .spawn]),
          .start: (.starting, [.disarm, .spawn]),
          .stop: (.down, [.disarm]),
          .drain: (.down, [.disarm]),
          .kill: (.down, [.disarm]),
        ]
      ),
    ]

  @Test(arguments: Self.table.indices)
  func `each event in a state has its effects, and every other one has none`(_ index: Int) {
    let (state, path, rows) = Self.table[index]
    for event in Event.allCases {
      var machine = Machine(WorkerManifest.Restart())
      for step in path { _ = machine.handle(step.event) }
      #expect(machine.state == state)
      let effects = machine.handle(event.event)
      let expected = rows[event] ?? (state, [])
      #expect(machine.state == expected.0, "\(state) on \(event)")
      #expect(effects == expected.1, "\(state) on \(event)")
    }
  }

  @Test func `policies decide about what follows an exit`() {
    for (policy, clean, failed) in [
      (WorkerManifest.Restart.Policy.always, true, true), (.onFailure, false, true), (.never, false, false),
    ] {
      for (exit, isFollowed) in [(Event.exitedClean, clean), (.exitedFailed, failed), (.fault, failed)] {
        var restart = WorkerManifest.Restart()
        restart.policy = policy
        var machine = Machine(restart)
        for step in [Event.start, .spawned, .initialized, .answered] { _ = machine.handle(step.event) }
        _ = machine.handle(exit.event)
        // A fault ends in a kill, however the process then ends.
        if exit == .fault { _ = machine.handle(.exited(.clean)) }
        #expect(machine.state == (isFollowed ? .waiting(isThrottled: false) : .down), "\(policy) after \(exit)")
      }
    }
  }

  @Test func `a throttled life is forgotten after a useful one`() {
    var machine = Machine(WorkerManifest.Restart())
    func live(_ events: [Event], for lived: Int64) -> [Machine.Effect] {
      for event in events { _ = machine.handle(event.event) }
      return machine.handle(.exited(.failed), livedMS: lived)
    }
    #expect(live([.start, .spawned], for: 0).first == .arm(.restart(milliseconds: 5000)))
    #expect(live([.timer, .spawned], for: 0).first == .arm(.restart(milliseconds: 10_000)))
    #expect(live([.timer, .spawned, .initialized, .answered], for: 59_999).first == .arm(.restart(milliseconds: 400)))
    #expect(live([.timer, .spawned, .initialized, .answered], for: 60_000).first == .arm(.restart(milliseconds: 100)))
    #expect(live([.timer, .spawned, .initialized], for: 60_000).first == .arm(.restart(milliseconds: 100)))
  }
}

@Suite struct BackoffTests {
  private var restart: WorkerManifest.Restart {
    var restart = WorkerManifest.Restart()
    restart.backoffMS = 100
    restart.maxBackoffMS = 1_000
    restart.throttleMS = 300
    return restart
  }

  @Test func `waits double up to the cap`() {
    var backoff = Backoff()
    let waits = (0..<6).map { _ in backoff.next(restart, wasUseful: true, jitter: 0) }
    #expect(waits == [100, 200, 400, 800, 1_000, 1_000])
    backoff.reset()
    #expect(backoff.next(restart, wasUseful: true, jitter: 0) == 100)
  }

  @Test func `a useless life waits from the throttle on`() {
    var backoff = Backoff()
    let waits = (0..<4).map { _ in backoff.next(restart, wasUseful: false, jitter: 0) }
    #expect(waits == [300, 600, 1_000, 1_000])
  }

  @Test func `jitter moves a wait by a quarter at most`() {
    for (jitter, wait) in [(-1.0, 75), (-0.5, 87), (0, 100), (1, 125)] as [(Double, Int64)] {
      var backoff = Backoff()
      #expect(backoff.next(restart, wasUseful: true, jitter: jitter) == wait)
    }
  }

  @Test func `a throttle above the cap is kept, and the largest values do not overflow`() {
    var large = WorkerManifest.Restart()
    large.backoffMS = 3_600_000
    large.maxBackoffMS = 1
    large.throttleMS = 3_600_000
    var backoff = Backoff()
    for _ in 0..<100 {
      #expect(backoff.next(large, wasUseful: false, jitter: 1) == 4_500_000)
      #expect(backoff.next(large, wasUseful: true, jitter: -1) == 2_700_000)
    }
    var small = WorkerManifest.Restart()
    small.backoffMS = 1
    backoff.reset()
    #expect(backoff.next(small, wasUseful: true, jitter: -1) == 1, "never without a wait")
  }
}
