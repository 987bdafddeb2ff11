import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

/// Everything around one job's machine: a clock, the tools, a disk, and attempts that end when the test says so.
///
/// Writes are on disk at once unless `holdsCommits`: then each event's entry waits for `commit`, and a crash loses those
/// that wait.
struct World {
  var machine: JobMachine
  /// What the job was accepted with.
  let accepted: JobSpec
  var disk = Disk()
  var now: Int64 = 1_000
  var random = 0.5
  var offers: [String: ToolTerms] = ["t": World.terms(), "u": World.terms(idempotent: false)]
  /// Refuses inputs of a tool.
  var refusals: [String: WireError] = [:]
  var holdsCommits = false
  /// What is said about an attempt, and about a plan from a step on.
  var judge: (Act) -> Verdict = { Verdict(.go($0.input)) }
  var judgePlan: (PlanPart) -> Verdict = { _ in Verdict(.go(.null)) }
  /// Wants a slot, in order.
  var ready: [StepKey] = []
  /// Dispatched and not answered.
  var running: [StepKey: Attempt] = [:]
  var wakes: [(at: Int64, key: StepKey)] = []
  var cancelled: [StepKey] = []
  var dispatched: [Attempt] = []
  var isFinished = false

  struct Entry {
    var changes: [Change] = []
    var dispatches: [Attempt] = []
    var isFinished = false
  }
  var entries: [Entry] = []
  /// Whose success is on disk.
  var done: Set<StepKey> = []
  /// Cancelled before their intent was on disk.
  var doomed: Set<StepKey> = []

  static func terms(idempotent: Bool = true, schema: String = "s", worker: String = "w") -> ToolTerms {
    ToolTerms(worker: worker, version: "1", schema: schema, isIdempotent: idempotent, isPure: false)
  }

  init(
    _ plan: Plan,
    state: JobState = .queued,
    assignment: Assignment? = nil,
    more: [String: ToolTerms] = [:]
  ) {
    offers.merge(more) { $1 }
    let offers = offers
    accepted = JobSpec(plan: plan, tools: offers, assignment: assignment)
    machine = JobMachine(
      seq: 7,
      id: "j",
      plan: plan,
      tools: offers,
      state: state,
      lastEvent: 1,
      assignment: assignment
    )
    disk.state = state
  }

  /// A job of the plan with these steps, started.
  init(_ steps: String, synthesis: String? = nil, starts: Bool = true) throws {
    let final = synthesis.map { #","final_synthesis":{"prompt_template":\#(JSON.string($0))}"# } ?? ""
    self.init(try Plan(decoding: try JSON(parsing: "{\"steps\":[\(steps)]\(final)}")))
    if starts { try send(.start) }
  }

  /// Plans that recipes make, by name.
  var recipes: [String: JSON] = [:]

  var context: Context {
    let (offers, refusals, recipes) = (offers, refusals, recipes)
    return Context(
      now: now,
      random: random,
      offer: { name in offers[name].map { terms in ToolOffer(terms: terms) { _ in refusals[name] } } },
      check: { plan in
        plan.steps.enumerated().filter { offers[$1.tool] == nil }.map {
          PlanMistake(path: "/steps/\($0)/tool", name: "unknown_tool", message: "no worker offers '\($1.tool)'")
        }
      },
      recipe: { choice throws(WireError) in
        guard let plan = recipes[choice.name] else { throw WireError(.notFound, "there is no such recipe") }
        return plan
      },
      judge: judge,
      judgePlan: judgePlan
    )
  }

  func key(_ step: String, _ item: Int? = nil) throws -> StepKey {
    StepKey(try #require(machine.plan.index(of: step)), item: item)
  }

  // MARK: Events

  mutating func send(_ event: Event) throws {
    let effects = machine.handle(event, context)
    try take(effects)
    try checkCounters()
  }

  mutating func take(_ effects: [Effect]) throws {
    var entry = Entry()
    for effect in effects {
      switch effect {
      case .write(let change): entry.changes.append(change)
      case .ready(let key, _): ready.append(key)
      case .withdraw(let key, _): ready.removeAll { $0 == key }
      case .dispatch(let attempt): entry.dispatches.append(attempt)
      case .cancel(let key):
        cancelled.append(key)
        if running[key] == nil { doomed.insert(key) }
      case .wake(let key, let delay): wakes.append((now + delay, key))
      case .finished: entry.isFinished = true
      }
    }
    guard !entry.changes.isEmpty else {
      try #require(entry.dispatches.isEmpty && !entry.isFinished, "what follows from nothing written")
      return
    }
    entries.append(entry)
    if !holdsCommits { try commit() }
  }

  /// Puts the oldest entry on disk and does what was to follow.
  mutating func commit() throws {
    while !entries.isEmpty {
      let entry = entries.removeFirst()
      for change in entry.changes {
        try disk.apply(change)
        if case .endStep(_, let end) = change, end.state == .succeeded { done.insert(end.key) }
        if case .clearSteps(_, let steps) = change { done = done.filter { !steps.contains($0.step) } }
      }
      for attempt in entry.dispatches {
        let row = try #require(disk.rows[attempt.key])
        #expect(!done.contains(attempt.key), "\(attempt.key) succeeded before and is dispatched again")
        #expect(row.state == .running && row.attempt == attempt.number, "the intent is on disk before the dispatch")
        #expect(row.idempotencyKey == attempt.idempotencyKey)
        if doomed.remove(attempt.key) != nil {
          try send(.ended(attempt.key, .failed(WireError(.cancelled, "cancelled before it ran"), wasDispatched: false)))
        } else {
          dispatched.append(attempt)
          running[attempt.key] = attempt
        }
      }
      if entry.isFinished { isFinished = true }
      if holdsCommits { return }
    }
  }

  /// Grants the slots that are asked for, the first `count` of them.
  mutating func grant(_ count: Int = .max) throws {
    var left = count
    while left > 0, !ready.isEmpty {
      left -= 1
      let key = ready.removeFirst()
      if machine.isReady(key) { try send(.granted(key)) }
    }
  }

  mutating func succeed(_ step: String, _ item: Int? = nil, _ output: JSON = .null, artifacts: [Artifact] = []) throws {
    try end(try key(step, item), .succeeded(ToolResult(output: output, artifacts: artifacts), isCached: false))
  }

  mutating func fail(
    _ step: String,
    _ item: Int? = nil,
    _ error: WireError = WireError(.toolFailed, "no"),
    wasDispatched: Bool = true
  ) throws {
    try end(try key(step, item), .failed(error, wasDispatched: wasDispatched))
  }

  mutating func end(_ key: StepKey, _ outcome: Outcome) throws {
    try #require(running.removeValue(forKey: key) != nil, "\(key) does not run")
    try send(.ended(key, outcome))
  }

  /// Goes to the next time at which something is due.
  mutating func wait() throws {
    let next = try #require(wakes.min { $0.at < $1.at })
    wakes.removeAll { $0.at == next.at && $0.key == next.key }
    now = max(now, next.at)
    try send(.due(next.key))
  }

  /// Grants everything and has each attempt succeed with `output`, until nothing moves any more.
  mutating func finish(_ output: (Attempt) -> JSON = { _ in .null }) throws {
    while true {
      try grant()
      if let attempt = running.values.min(by: { $0.key < $1.key }) {
        try end(attempt.key, .succeeded(ToolResult(output: output(attempt)), isCached: false))
      } else if !wakes.isEmpty, !machine.isFinal {
        try wait()
      } else if ready.isEmpty {
        return
      }
    }
  }

  /// The process dies and another one takes up what is on disk.
  mutating func crash() throws {
    entries = []
    doomed = []
    ready = []
    running = [:]
    wakes = []
    cancelled = []
    guard !disk.state.isFinal else { return }
    let spec = try disk.spec.map { try JobSpec($0) } ?? accepted
    machine = JobMachine(
      seq: 7,
      id: "j",
      plan: spec.plan,
      tools: spec.tools,
      state: disk.state,
      generation: disk.generation,
      reason: disk.reason,
      lastEvent: disk.events.last?.number ?? 1,
      assignment: spec.assignment,
      parts: spec.parts,
      hasBegun: disk.startedAt != nil
    )
    try take(machine.recover(disk.sortedRows, context))
    try checkCounters()
    if machine.state == .queued { try send(.start) }
  }

  /// Another generation of the job, which ended; it begins when that is on disk, unless somebody pauses it before.
  mutating func retry(from: String? = nil, pauses: Bool = false) throws {
    let spec = try disk.spec.map { try JobSpec($0) } ?? accepted
    machine = JobMachine(
      seq: 7,
      id: "j",
      plan: spec.plan,
      tools: spec.tools,
      state: disk.state,
      generation: disk.generation,
      lastEvent: disk.events.last?.number ?? 1,
      assignment: spec.assignment,
      parts: spec.parts,
      hasBegun: disk.startedAt != nil
    )
    (ready, wakes, isFinished) = ([], [], false)
    let rows = disk.sortedRows
    let replaced = spec.assignment?.replaced ?? []
    let start = from.flatMap { spec.plan.index(of: $0) }
    let again = JobMachine.again(spec.plan, from: start, rows, replaced: replaced)
    try take(machine.reopen(rows, again: again, from: from, context))
    if pauses { try send(.pause) }
    while !entries.isEmpty { try commit() }
    if machine.state == .queued { try send(.start) }
  }

  // MARK: What must always hold

  func phase(_ step: String, _ item: Int? = nil) throws -> Unit.Phase {
    try #require(machine.unit(try key(step, item))).phase
  }

  func row(_ step: String, _ item: Int? = nil) throws -> StepState? { disk.rows[try key(step, item)]?.state }

  /// The counters are those that counting gives, and a job that is not over says what it waits for.
  func checkCounters(at location: SourceLocation = #_sourceLocation) throws {
    // Looking at everything after every event is for small plans.
    guard machine.steps.count <= 64 else { return }
    var counted = [Int](repeating: 0, count: Unit.Phase.allCases.count)
    for step in machine.steps {
      for unit in [step.unit] + (step.items?.units ?? []) where unit.phase != .idle {
        counted[unit.phase.rawValue] += 1
      }
      if let items = step.items {
        #expect(items.open == items.units.prefix(items.next).count { !$0.phase.isFinal }, sourceLocation: location)
        #expect(items.done == items.units.count { $0.phase.isFinal }, sourceLocation: location)
      }
    }
    for phase in Unit.Phase.allCases where phase != .idle {
      #expect(machine.count(phase) == counted[phase.rawValue], "\(phase)", sourceLocation: location)
    }
    #expect(machine.counts.reduce(0, +) == 0, sourceLocation: location)
    guard !machine.isFinal, machine.state != .queued, machine.state != .paused else { return }
    let moves = machine.count(.ready) + machine.count(.running) + machine.count(.retrying)
    #expect(moves > 0 || (machine.state == .waiting && machine.reason != nil), "stuck", sourceLocation: location)
  }
}
