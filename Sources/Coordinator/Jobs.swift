internal import Engine
internal import JSON
internal import Journal
internal import Logging
internal import Plan
internal import Posix
internal import Supervision
internal import Wire

/// Every job that is not over: which of them run, who gets the next slot, and what is written before what is done.
///
/// Theory of operation. A job's machine decides; this object carries out. All writes that follow from one event are one
/// entry of the journal, and what must not happen before they are on disk (a dispatch, an answer, an event shown to a
/// watcher) happens in that entry's completion. Entries are written in order, so no job overtakes itself.
final class Jobs {
  let journal: Journal
  let supervisor: Supervisor
  let log: Logger
  let loop: EventLoop
  let settings: JobSettings
  let judge: Judge
  /// In memory, by seq.
  var active: [Int64: ActiveJob] = [:]
  /// Seq of the jobs in memory, by id.
  var ids: [String: Int64] = [:]
  /// Accepted and not in memory, by priority, in order of acceptance.
  private var queued: [[Int64]] = Array(repeating: [], count: 10)
  private var heads = Array(repeating: 0, count: 10)
  /// Queued jobs that are being read.
  private var loading: Set<Int64> = []
  private var queues: [String: FairQueue] = [:]
  private var offers: [String: ToolOffer] = [:]
  /// Slots in use, by kind of worker and by tool.
  private var kindSlots: [String: Int] = [:]
  private var toolSlots: [String: Int] = [:]
  var cache: ResultCache
  var recipes = RecipeBook()
  var watchers: [Int64: [JobWatcher]] = [:]
  /// Ids that are being accepted.
  var reserved: Set<String> = []
  var isDraining = false
  private var isPumping = false
  private(set) var ended = 0
  /// Called when nothing is under way any more.
  var onIdle: (() -> Void)?

  init(_ journal: Journal, _ supervisor: Supervisor, _ judge: Judge, log: Logger, settings: JobSettings) {
    self.journal = journal
    self.supervisor = supervisor
    self.log = log
    self.settings = settings
    self.judge = judge
    loop = supervisor.loop
    cache = ResultCache(longest: settings.cacheLifetime)
    supervisor.onCatalog = { [weak self] in self?.catalogChanged() }
    judge.approvals.onDecided = { [weak self] in self?.decided($0) }
  }

  var runningCount: Int { active.values.count { $0.machine.state == .running || $0.machine.state == .cancelling } }
  var queuedCount: Int { zip(queued, heads).reduce(0) { $0 + $1.0.count - $1.1 } + loading.count }
  var invocationCount: Int { active.values.reduce(0) { $0 + $1.invocations.count + $1.pending.count } }

  // MARK: Events

  /// - Parameter job: nil where nothing is decided about.
  func context(_ job: ActiveJob? = nil) -> Context {
    guard let job else {
      return Context(
        now: WallTime.now,
        random: .random(in: 0...1),
        offer: { [unowned self] in offer($0) },
        missing: { [unowned self] in supervisor.refusal(ofWithheld: $0) }
      )
    }
    return Context(
      now: WallTime.now,
      random: .random(in: 0...1),
      offer: { [unowned self] in offer($0) },
      missing: { [unowned self] in supervisor.refusal(ofWithheld: $0) },
      check: { [unowned self, unowned job] in mistakes(of: $0) + judge.mistakes(of: $0, job.occasion(from: 0, judge)) },
      recipe: { [unowned self] choice throws(WireError) in
        try recipes.find(choice.name).plan(with: choice.parameters)
      },
      judge: { [unowned self, unowned job] act in judge.judge(act, job.occasion(act.key, judge)) },
      judgePlan: { [unowned self, unowned job] part in
        judge.judge(part, job.occasion(from: part.steps.lowerBound, judge))
      }
    )
  }

  /// Today's offer of a tool, with what is compared when a job comes to it.
  func offer(_ tool: String) -> ToolOffer? {
    if let known = offers[tool] { return known }
    guard let entry = supervisor.catalog[tool] else { return nil }
    let offer = ToolOffer(terms: entry.terms) { [unowned self] in refusal(of: $0, tool) }
    offers[tool] = offer
    return offer
  }

  private func refusal(of input: JSON, _ tool: String) -> WireError? {
    if let size = input.bytes(over: Limit.inputBytes) {
      return .limitExceeded("input_bytes", "input of tool '\(tool)'", value: size, limit: Limit.inputBytes)
    }
    let entry = supervisor.catalog[tool]
    return entry?.refusal(ofCaller: nil) ?? entry?.refusal(ofInput: input)
  }

  func handle(_ event: Event, _ job: ActiveJob) { apply(job.machine.handle(event, context(job)), job) }

  /// A person, or a deadline, has decided about a job or a step of it.
  private func decided(_ approval: ApprovalRecord) {
    guard let job = active[approval.job] else { return }
    handle(.decided(approval.kind == .plan ? nil : StepKey(row: approval.step)), job)
  }

  /// What waits is asked about again.
  func policyChanged() {
    for job in active.values where job.machine.isWaiting { handle(.policyChanged, job) }
  }

  private func catalogChanged() {
    offers = [:]
    for job in active.values where job.machine.isWaiting { handle(.catalogChanged, job) }
    pump()
  }

  /// Carries out what a machine wants; `then` is called when its writes, and `more` with them, are on disk, or could not
  /// be written.
  func apply(
    _ effects: [Effect],
    _ job: ActiveJob,
    with more: [Change] = [],
    then: ((JournalError?) -> Void)? = nil
  ) {
    var changes = more
    var dispatches: [Attempt] = []
    var cancelled: [Invocation] = []
    var isFinished = false
    for effect in effects {
      switch effect {
      case .write(let change): changes.append(change)
      case .ready(let key, let tool):
        queues[tool, default: FairQueue()].add(key, job: job.machine.seq, priority: job.priority)
      case .withdraw: break  // Whoever takes it from the queue sees that it is not meant any more.
      case .dispatch(let attempt):
        dispatches.append(attempt)
        job.pending[attempt.key] = true
      case .cancel(let key):
        if let invocation = job.invocations[key] { cancelled.append(invocation) }
        if job.pending[key] != nil { job.pending[key] = false }
      case .wake(let key, let delay):
        loop.schedule(after: Milliseconds(delay)) { [weak self, weak job] in
          guard let self, let job, !isDraining else { return }
          handle(.due(key), job)
        }
      case .finished: isFinished = true
      }
    }
    if changes.isEmpty {
      then?(nil)
    } else {
      job.uncommitted += 1
      journal.commit(changes) { [weak self] error in
        job.uncommitted -= 1
        self?.committed(changes, dispatches, isFinished, job, error)
        then?(error)
      }
    }
    // What still waits for a worker ends within this call, and what follows from that is to be written behind the above.
    for invocation in cancelled { invocation.cancel(.caller) }
    pump()
    // A job that waits or is paused leaves its place to another.
    if job.machine.state != .running { activate() }
  }

  private func committed(
    _ changes: [Change],
    _ dispatches: [Attempt],
    _ isFinished: Bool,
    _ job: ActiveJob,
    _ error: JournalError?
  ) {
    if let error {
      // The journal was closed, or we made a mistake; other trouble is waited out by the journal. What is not written
      // does not happen: the job stays as it is on disk, where the next start finds it.
      if error.kind != .closed {
        log.error("a job's step cannot be written", ["job": .string(job.machine.id), "reason": .string(error.message)])
      }
      for attempt in dispatches {
        job.pending[attempt.key] = nil
        giveBack(attempt.key, job)
        _ = judge.settle(job.reservation(attempt.key), tool: attempt.tool, nil)
      }
      return
    }
    show(changes, job)
    for attempt in dispatches { dispatch(attempt, job) }
    if isFinished { finish(job) } else if isDraining, isIdle { onIdle?() }
  }

  private func show(_ changes: [Change], _ job: ActiveJob) {
    guard let watchers = watchers[job.machine.seq] else { return }
    for case .event(let event) in changes { for watcher in watchers { watcher.follow(event) } }
  }

  private func finish(_ job: ActiveJob) {
    let seq = job.machine.seq
    active[seq] = nil
    ids[job.machine.id] = nil
    judge.jobEnded(seq)
    if let deadline = job.deadline { loop.cancel(deadline) }
    ended += 1
    for watcher in watchers.removeValue(forKey: seq) ?? [] { watcher.jobEnded() }
    log.info(
      "job ended",
      ["job": .string(job.machine.id), "state": .string(job.machine.state.rawValue)]
    )
    activate()
    if isIdle { onIdle?() }
  }

  /// Nothing is under way that a drain would wait for.
  var isIdle: Bool { active.values.allSatisfy { $0.invocations.isEmpty && $0.pending.isEmpty && $0.uncommitted == 0 } }

  // MARK: Slots

  /// Grants free slots to the units that wait for them, in fair order.
  func pump() {
    guard !isPumping, !isDraining else { return }
    isPumping = true
    defer { isPumping = false }
    var progressed = true
    while progressed {
      progressed = false
      for tool in queues.keys.sorted() {
        while let (seq, key) = next(tool) {
          guard let job = active[seq], job.machine.isReady(key) else { continue }
          progressed = true
          take(tool, for: key, job)
          handle(.granted(key), job)
          // Only an attempt keeps the slot.
          if job.pending[key] == nil { giveBack(key, job) }
        }
      }
    }
  }

  private func next(_ tool: String) -> (Int64, StepKey)? {
    guard queues[tool] != nil, hasRoom(tool) else { return nil }
    guard let next = queues[tool]!.next() else {
      queues[tool] = nil
      return nil
    }
    return (next.job, next.unit)
  }

  private func hasRoom(_ tool: String) -> Bool {
    guard let kind = supervisor.catalog[tool]?.kind else {
      // A kind that starts may offer it in a moment; otherwise the job is told that nobody does.
      return !supervisor.kinds.values.contains { $0.isStarting }
    }
    if let limit = settings.toolConcurrency[tool], toolSlots[tool, default: 0] >= limit { return false }
    return kindSlots[kind.manifest.name, default: 0] < kind.capacity
  }

  private func take(_ tool: String, for key: StepKey, _ job: ActiveJob) {
    guard let kind = supervisor.catalog[tool]?.kind.manifest.name else { return }
    kindSlots[kind, default: 0] += 1
    toolSlots[tool, default: 0] += 1
    job.slots[key] = ActiveJob.Slot(kind: kind, tool: tool)
  }

  func giveBack(_ key: StepKey, _ job: ActiveJob) {
    guard let slot = job.slots.removeValue(forKey: key) else { return }
    kindSlots[slot.kind, default: 1] -= 1
    toolSlots[slot.tool, default: 1] -= 1
  }

  // MARK: From the queue

  func enqueue(_ seq: Int64, priority: Int64) {
    queued[Int(priority)].append(seq)
    activate()
  }

  /// Brings queued jobs into memory while there is room, the most urgent first.
  func activate() {
    guard !isDraining else { return }
    while runningCount + loading.count < settings.activeJobs, let seq = takeQueued() { load(seq) }
  }

  private func takeQueued() -> Int64? {
    for priority in queued.indices.reversed() where heads[priority] < queued[priority].count {
      let seq = queued[priority][heads[priority]]
      heads[priority] += 1
      if heads[priority] > 256, heads[priority] * 2 > queued[priority].count {
        queued[priority].removeFirst(heads[priority])
        heads[priority] = 0
      }
      return seq
    }
    return nil
  }

  func isWaitingToRun(_ seq: Int64) -> Bool {
    loading.contains(seq) || zip(queued, heads).contains { $0.0.dropFirst($0.1).contains(seq) }
  }

  /// Takes a job out of the queue that is to be changed by hand.
  func withdrawQueued(_ seq: Int64) {
    loading.remove(seq)
    for priority in queued.indices {
      guard let position = queued[priority].dropFirst(heads[priority]).firstIndex(of: seq) else { continue }
      queued[priority].remove(at: position)
    }
  }

  private func load(_ seq: Int64) {
    loading.insert(seq)
    journal.reader.read { database in
      try StoredJob(seq, database)
    } then: { [weak self] result in
      // Somebody who changes it by hand may have taken it over meanwhile.
      guard let self, loading.remove(seq) != nil else { return }
      switch result {
      case .success(let stored): open(stored)
      case .failure(let error):
        log.error("a job cannot be read", ["sequence": .integer(seq), "reason": .string(error.message)])
      }
    }
  }
}
