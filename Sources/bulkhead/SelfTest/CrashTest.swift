internal import Glibc
internal import JSON
internal import Posix
internal import Wire

/// Kills a coordinator, its workers and what runs in their jails, over and over, while it has plenty to do, and then
/// compares what it promised with what happened.
///
/// Theory of operation. One thread: a loop carries the connection, and what is to be done next (submit, call, pause, kill)
/// is decided between its rounds, by a generator with a seed. The coordinator's lives are rounds: each begins with a start
/// and ends with a death, after which nothing may be left of it and its journal is examined. When all deaths are died, the
/// coordinator gets the time to end what it accepted; then `CrashVerdict` judges.
final class CrashTest {
  struct Options {
    var seed: UInt64
    var kills = 50
    var wantsPoints = false
    /// Jobs that are kept open at a time.
    var load = 12
    /// For what is accepted to end, once nothing is killed any more.
    var patience: Int64 = 120_000
  }

  struct Tally {
    var coordinatorKills = 0
    var workerKills = 0
    var pointKills = 0
    var pointsMissed: [String] = []
    var controls = 0
    var resolutions = 0
    /// Decisions that were made again, since their answer was lost with the coordinator.
    var repeatedDecisions = 0
    var slowestTakedownMS: Int64 = 0
    var slowestRestartMS: Int64 = 0
  }

  let options: Options
  let stand: Stand
  let loop: EventLoop
  let note: (String) -> Void
  private let start = BootTime.now
  private var lastNote = BootTime.now
  var random: SeededRandom
  var workload: Workload
  var ledger = CrashLedger()
  var tally = Tally()
  var link: CrashLink?
  var callsUnderWay = 0
  /// Submissions on their way.
  var submitting: Set<String> = []
  var isListing = false
  var lastListing = BootTime.now
  var followRequests: [RequestID: String] = [:]
  var isLookingAtApprovals = false

  init(_ options: Options, _ stand: Stand, note: @escaping (String) -> Void) throws(Failure) {
    self.options = options
    self.stand = stand
    self.note = note
    random = SeededRandom(seed: options.seed)
    workload = Workload(seed: options.seed ^ 0x5EED, hasSandbox: stand.hasSandbox)
    do throws(PosixError) { loop = try EventLoop() } catch { throw Failure("no_start", "\(error)") }
  }

  var elapsedMS: Int64 { BootTime.now.milliseconds(since: start) }

  /// Runs everything; the verdict is in `ledger.problems`.
  func run() throws(Failure) -> CrashVerdict.Counts {
    if options.wantsPoints { try killAtPoints() }
    try killAtRandom()
    try finish()
    let counts = try CrashVerdict(self).judge()
    try end()
    return counts
  }

  // MARK: Lives

  /// Starts the coordinator and connects; false when it died before that (at a crash point).
  func begin(crashPoint: String? = nil) throws(Failure) -> Bool {
    try stand.start(crashPoint: crashPoint)
    let since = BootTime.now
    while true {
      if let exit = stand.exit() {
        if crashPoint != nil, exit == .signal(SIGKILL) { return false }
        throw Failure(
          "no_start",
          "the coordinator \(exit) at start \(stand.starts)",
          details: logTail(stand.log, from: 0)
        )
      }
      link = link?.isOpen == true ? link : CrashLink(stand.socket, on: loop)
      if link?.isReady == true { break }
      if BootTime.now.milliseconds(since: since) > 30_000 {
        throw Failure(
          "no_start",
          "the coordinator does not answer within 30 s of its start",
          details: logTail(stand.log, from: 0)
        )
      }
      rounds(2)
    }
    tally.slowestRestartMS = max(tally.slowestRestartMS, BootTime.now.milliseconds(since: since))
    connected()
    return true
  }

  /// After a death: nothing may be left of it, and the journal must be sound.
  func bury(_ how: String) throws(Failure) {
    guard stand.exit(within: 10_000) != nil else { throw Failure("no_end", "the killed coordinator does not end") }
    rounds(0)
    link?.close()
    link = nil
    let when = "start \(stand.starts), \(how)"
    let (left, after) = stand.orphans()
    tally.slowestTakedownMS = max(tally.slowestTakedownMS, after)
    for process in left {
      ledger.report("process \(process.pid) '\(process.name)' was left behind", when: when)
    }
    for problem in try stand.examineJournal() + stand.examineAudit() { ledger.report(problem, when: when) }
  }

  private func killAtRandom() throws(Failure) {
    var kills = 0
    while kills < options.kills {
      _ = try begin()
      var dies = false
      while !dies, kills < options.kills {
        // Often early, when all is taken up again; sometimes late.
        let delay = random.chance(25) ? Int64.random(in: 0...15, using: &random) : .random(in: 10...260, using: &random)
        if work(for: delay, until: { [stand] in stand.hasEnded }) { break }
        kills += 1
        dies = random.chance(65)
        if dies {
          tally.coordinatorKills += 1
          stand.kill()
        } else if killOneBelow() {
          tally.workerKills += 1
        } else {
          kills -= 1
        }
        progress("\(kills) of \(options.kills) kills")
      }
      if !dies, kills < options.kills {
        ledger.report("start \(stand.starts): the coordinator ended by itself")
      }
      if !dies { stand.kill() }
      try bury("kill \(kills)")
    }
  }

  /// Kills a worker, a jail's first process, or what runs in a jail.
  private func killOneBelow() -> Bool {
    let victims = ProcessTable.descendants().filter { $0.pid != stand.pid && !$0.isZombie }
    guard let victim = victims.randomElement(using: &random) else { return false }
    return Glibc.kill(victim.pid, SIGKILL) == 0
  }

  /// The last life: everything that was accepted comes to its end.
  private func finish() throws(Failure) {
    _ = try begin()
    progress("waiting for \(ledger.openCount) jobs to end", force: true)
    isFinishing = true
    let ended = work(for: options.patience) { [self] in
      ledger.openCount == 0 && ledger.unanswered.isEmpty && submitting.isEmpty && callsUnderWay == 0
        && ledger.followers.values.allSatisfy(\.wasToldTheEnd)
    }
    if !ended {
      for (id, job) in ledger.jobs where job.isOpen {
        ledger.report("job '\(id)' has not ended within \(options.patience / 1000) s")
      }
      for (id, follower) in ledger.followers where !follower.wasToldTheEnd {
        ledger.report("the follower of job '\(id)' was not told of its end")
      }
    }
  }
  var isFinishing = false

  /// An orderly end: it answers, exits with code 0 and leaves nothing.
  private func end() throws(Failure) {
    link?.send(Shutdown()) { _ in }
    _ = work(for: 40_000, idle: true) { [stand] in stand.hasEnded }
    let exit = stand.exit(within: 5_000)
    if exit != .code(0) {
      ledger.report("asked to shut down, the coordinator \(exit.map { "\($0)" } ?? "did not end")")
    }
    if exit == nil { stand.kill() }
    for process in stand.orphans().left {
      ledger.report("process \(process.pid) '\(process.name)' outlived the shutdown")
    }
    for problem in try stand.examineJournal() + stand.examineAudit() { ledger.report(problem, when: "at the end") }
  }

  // MARK: Time

  /// Keeps the coordinator busy for so many milliseconds, or until `done`; whether it was done.
  @discardableResult
  func work(for milliseconds: Int64, idle: Bool = false, until done: () -> Bool) -> Bool {
    let end = BootTime.now + Milliseconds(milliseconds)
    while !done() {
      if BootTime.now >= end { return false }
      if !idle { act() }
      rounds(2)
    }
    return true
  }

  /// Runs the loop for so many milliseconds.
  func rounds(_ milliseconds: Int64) {
    loop.schedule(after: Milliseconds(milliseconds)) { [loop] in loop.stop() }
    loop.run()
  }

  func progress(_ what: String, force: Bool = false) {
    guard force || BootTime.now.milliseconds(since: lastNote) > 2_000 else { return }
    lastNote = .now
    note("\(elapsedMS / 1000) s: \(what); \(ledger.accepted.count) jobs accepted, \(ledger.openCount) open")
  }
}
