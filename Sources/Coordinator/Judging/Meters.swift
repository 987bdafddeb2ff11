internal import JSON
internal import Journal
internal import Policy
internal import Posix
internal import Wire

/// What limits count: reserved before anything is done, settled when it is known what it took, and kept in the journal,
/// so that neither a crash nor a clock that steps back gives anybody more.
///
/// Time here never goes back: from the latest that was ever counted it runs with the clock that no one sets.
final class Meters {
  struct Key: Hashable {
    /// Name of the limit, what it counts and for how long: a limit that is changed in these counts anew.
    let rule: String
    /// Whose: `""` everyone's, `uid:1000`, or `job:7`.
    let scope: String
  }

  /// What one act may take.
  struct Amounts: Equatable {
    var tasks: Int64 = 0
    var executions: Int64 = 0
    var costNanoUSD: Int64 = 0
    var tokens: Int64 = 0
    var cpuMS: Int64 = 0
    var wallMS: Int64 = 0

    mutating func raise(to other: Amounts) {
      costNanoUSD = max(costNanoUSD, other.costNanoUSD)
      tokens = max(tokens, other.tokens)
      cpuMS = max(cpuMS, other.cpuMS)
      wallMS = max(wallMS, other.wallMS)
    }

    func of(_ measure: LimitRule.Measure) -> Int64 {
      switch measure {
      case .tasks: tasks
      case .executions: executions
      case .concurrentJobs: 0
      case .usd: costNanoUSD
      case .tokens: tokens
      case .cpu: cpuMS
      case .wall: wallMS
      }
    }
  }

  struct Overrun {
    let rule: LimitRule
    let used: Int64
    /// Milliseconds until there is room; nil: nobody knows, or never.
    let freeInMS: Int64?
  }

  /// Who asks, and for what.
  struct Draw {
    let uid: UInt32
    let job: Int64
    /// nil: for the job as a whole.
    let tool: String?
    /// Whether it is the beginning of something that somebody asked for: a job, or a client's call.
    var isTask = false
    /// Whether its worker can reach what is paid for.
    let mayCost: Bool
    /// Whether the time is not counted already, with that of the call in which it is made.
    let isOutermost: Bool
    let budget: Budget?
  }

  private struct Reservation {
    let key: Key
    let part: Int64
    let measure: LimitRule.Measure
    let amount: Int64
  }

  var rules: [LimitRule] = []
  private var meters: [Key: Meter] = [:]
  private var reservations: [String: (taken: [Reservation], since: BootTime)] = [:]
  /// The most that an execution of a tool has taken so far: what the next one is expected to take.
  private var greatest: [String: Amounts] = [:]
  private var base: Int64
  private let since: BootTime

  /// - Parameter records: what the journal knows, in any order.
  init(now: Int64 = WallTime.now, boot: BootTime = .now) {
    base = now
    since = boot
  }

  func load(_ records: [MeterRecord]) {
    for record in records { base = max(base, record.part) }
    let now = self.now
    for record in records {
      let key = Key(rule: record.rule, scope: record.scope)
      var meter = meters[key] ?? Meter(Self.period(record.partMS))
      guard meter.partMS == record.partMS else { continue }
      meter.add(record.amount, at: record.part)
      meter.advance(to: now)
      meters[key] = meter
    }
  }

  /// Of a job that comes into memory.
  func adopt(_ records: [MeterRecord], job: Int64) {
    guard !records.isEmpty, !meters.keys.contains(where: { $0.scope == "job:\(job)" }) else { return }
    load(records)
  }

  private static func period(_ partMS: Int64) -> LimitRule.Period? {
    LimitRule.Period.allCases.first { $0.milliseconds.map { $0 / Meter.parts } == partMS }
  }

  var now: Int64 { base + BootTime.now.milliseconds(since: since) }

  /// Of a job: what was counted for it is forgotten with it.
  func forget(job: Int64) { meters = meters.filter { $0.key.scope != "job:\(job)" } }

  /// Whether this generation of a job was let in before, maybe before the last start.
  func wasAdmitted(_ job: Int64, _ generation: Int64) -> Bool {
    meters[Key(rule: "admitted/\(generation)", scope: "job:\(job)")] != nil
  }

  func admit(_ job: Int64, _ generation: Int64) -> Change {
    let key = Key(rule: "admitted/\(generation)", scope: "job:\(job)")
    var meter = Meter(nil)
    meter.add(1, at: 0)
    meters[key] = meter
    return change(key, 0, 0, 1)
  }

  /// Somebody retried, resumed, resolved or edited: what the job does from then on is their doing, too. It is kept with
  /// what is counted for the job, for as long as the job is.
  func note(hand uid: UInt32, in job: Int64) -> Change? {
    guard !hasHand(uid, in: job) else { return nil }
    let key = Self.hand(uid, in: job)
    var meter = Meter(nil)
    meter.add(1, at: 0)
    meters[key] = meter
    return change(key, 0, 0, 1)
  }

  func hasHand(_ uid: UInt32, in job: Int64) -> Bool { meters[Self.hand(uid, in: job)] != nil }

  private static func hand(_ uid: UInt32, in job: Int64) -> Key { Key(rule: "hands/\(uid)", scope: "job:\(job)") }

  // MARK: Before

  /// The limits that hold for a draw, those of the job's own budget among them.
  private func limits(_ draw: Draw) -> [LimitRule] {
    var found = rules.filter { rule in
      rule.of != .concurrentJobs && (rule.of == .tasks ? draw.isTask : draw.tool != nil)
        && (rule.tool == nil || rule.tool == draw.tool) && (rule.of != .wall || draw.isOutermost)
    }
    guard draw.tool != nil, let budget = draw.budget else { return found }
    let own: [(String, LimitRule.Measure, Int64?)] = [
      ("budget/cost", .usd, budget.costNanoUSD), ("budget/tokens", .tokens, budget.tokens),
      ("budget/cpu", .cpu, budget.cpuMS), ("budget/wall", .wall, budget.wallMS),
    ]
    for case (let name, let measure, let most?) in own where measure != .wall || draw.isOutermost {
      found.append(LimitRule(name: name, of: measure, atMost: most, per: .job, over: .fail))
    }
    return found
  }

  private func key(_ rule: LimitRule, _ draw: Draw) -> Key {
    let name = "\(rule.name)/\(rule.of.rawValue)/\(rule.per?.rawValue ?? "")"
    if rule.per == .job { return Key(rule: name, scope: "job:\(draw.job)") }
    return Key(rule: name, scope: rule.sharing == .caller ? "uid:\(draw.uid)" : "")
  }

  /// What an act is held to have taken until it is known: as much as the greatest of its tool so far, of a tool that
  /// nobody has seen yet a twentieth of the limit, and more if there is plenty: a quarter of what is left. Never nothing:
  /// what took nothing so far may begin to, and so may all that run beside it.
  private func share(_ rule: LimitRule, _ draw: Draw, left: Int64) -> Int64 {
    switch rule.of {
    case .tasks, .executions: return 1
    case .concurrentJobs: return 0
    case .usd where !draw.mayCost, .tokens where !draw.mayCost: return 0
    case .usd, .tokens, .cpu, .wall:
      let known = draw.tool.flatMap { greatest[$0]?.of(rule.of) }
      return max(known ?? rule.atMost / 20, left / 4, 1)
    }
  }

  /// The first limit that has no room.
  func overrun(_ draw: Draw) -> Overrun? {
    let now = self.now
    for rule in limits(draw) {
      let key = key(rule, draw)
      var meter = meters[key] ?? Meter(rule.per)
      meter.advance(to: now)
      meters[key] = meter
      let least = min(share(rule, draw, left: 0), max(rule.atMost, 1))
      guard meter.total + least > rule.atMost else { continue }
      let free = meter.freeAt(least, under: rule.atMost, now: now).map { max($0 - now, 10) }
      return Overrun(rule: rule, used: meter.total, freeInMS: free)
    }
    return nil
  }

  /// Takes what an act may need off every limit; what it may use up at most is in the answer. `overrun` was asked before.
  func reserve(_ id: String, _ draw: Draw) -> (changes: [Change], budget: Budget) {
    var changes: [Change] = []
    var budget = Budget()
    var taken = reservations[id]?.taken ?? []
    let now = self.now
    for rule in limits(draw) {
      let key = key(rule, draw)
      var meter = meters[key] ?? Meter(rule.per)
      let left = max(rule.atMost - meter.total, 0)
      let amount = min(share(rule, draw, left: left), max(left, 1))
      let part = meter.part(at: now)
      meter.add(amount, at: part)
      meters[key] = meter
      if amount > 0 { changes.append(change(key, meter.partMS, part, amount)) }
      taken.append(Reservation(key: key, part: part, measure: rule.of, amount: amount))
      // What can cost nothing itself may have calls made that can, and each of those is held to what is left by then.
      budget.lower(rule.of, to: amount > 0 ? amount : left)
    }
    if !taken.isEmpty { reservations[id] = (taken, .now) }
    return (changes, budget)
  }

  // MARK: After

  /// Puts what was really used in the place of what was reserved; nil: nothing happened. `heldMS` of the elapsed time are
  /// nobody's.
  func settle(_ id: String, tool: String?, _ used: Amounts?, heldMS: Int64 = 0) -> [Change] {
    guard let (taken, since) = reservations.removeValue(forKey: id) else { return [] }
    var used = used
    used?.wallMS = max(0, BootTime.now.milliseconds(since: since) - heldMS)
    if let tool, let used { greatest[tool, default: Amounts()].raise(to: used) }
    return taken.compactMap { reservation in
      // What was begun has been done once, however it ended.
      let isCount = reservation.measure == .executions || reservation.measure == .tasks
      let actual = used.map { isCount ? reservation.amount : $0.of(reservation.measure) } ?? 0
      let delta = actual - reservation.amount
      guard delta != 0, var meter = meters[reservation.key] else { return nil }
      meter.add(delta, at: reservation.part)
      meters[reservation.key] = meter
      return change(reservation.key, meter.partMS, reservation.part, delta)
    }
  }

  private func change(_ key: Key, _ partMS: Int64, _ part: Int64, _ amount: Int64) -> Change {
    .meter(MeterRecord(rule: key.rule, scope: key.scope, partMS: partMS, part: part, amount: amount))
  }
}

extension Budget {
  fileprivate mutating func lower(_ measure: LimitRule.Measure, to amount: Int64) {
    switch measure {
    case .usd: costNanoUSD = min(costNanoUSD ?? .max, amount)
    case .tokens: tokens = min(tokens ?? .max, amount)
    case .cpu: cpuMS = min(cpuMS ?? .max, max(amount, 1))
    case .wall: wallMS = min(wallMS ?? .max, max(amount, 1))
    case .tasks, .executions, .concurrentJobs: break
    }
  }
}
