package import JSON
package import Journal
package import Plan
package import Wire

/// One job's life as a pure function of what happens to it: no clock, no I/O. `protocol/states.md` draws it.
///
/// Theory of operation. Every unit (a step, or an item of a `for_each`) has a phase; counters say how many are in each,
/// so that no event costs more than the steps it touches. A handler changes phases and gathers effects; `settle` at its
/// end tells what that means for the job.
package struct JobMachine {
  package let seq: Int64
  package let id: String
  /// Of a job that began with a request, what it has grown to.
  package internal(set) var plan: Plan
  /// What was agreed about each tool of the plan.
  package internal(set) var tools: [String: ToolTerms]
  package internal(set) var state: JobState
  package internal(set) var generation: Int64
  package internal(set) var reason: JSON?
  /// Where the job began with a request.
  package internal(set) var assignment: Assignment?
  private let recipe: RecipeChoice?
  package let budget: Budget?

  var steps: [StepStatus]
  var counts = [Int](repeating: 0, count: Unit.Phase.allCases.count)
  /// Steps that have not ended.
  var unfinished: Int
  var lastEvent: Int64
  var isPaused = false
  /// First steps of the parts of the plan by which it grew in this generation.
  var parts: [Int]
  /// What nobody has let begin yet, in order; as long as there is anything, nothing begins.
  var undecided: [Range<Int>] = []
  /// Why the first of it does not begin.
  var held: Hold?
  /// Whether this generation has begun; until then its steps are what others left behind.
  var hasBegun: Bool
  var ending: Ending?
  var effects: [Effect] = []
  /// Bytes of outputs that the result shows.
  var shownBytes = 0
  /// Steps that were found ready in this round.
  var pendingReady: [Int] = []
  /// Why a `for_each` failed, until its last item has ended.
  var itemErrors: [Int: WireError] = [:]
  /// What units wait for.
  var waits: [StepKey: WireError] = [:]
  /// Steps whose output the end names.
  var named: Set<Int>
  /// Failed steps that another plan may take the place of, and why they failed.
  var failures: [Int] = []
  var failureErrors: [Int: WireError] = [:]
  /// Why the result was found not to answer the request.
  var unverified: [String]?

  struct Hold {
    let first: Int
    let error: WireError
  }

  enum Ending {
    case failure(step: Int, WireError)
    case cancelled
    case deadline
  }

  package init(
    seq: Int64,
    id: String,
    plan: Plan,
    tools: [String: ToolTerms],
    state: JobState = .queued,
    generation: Int64 = 1,
    reason: JSON? = nil,
    lastEvent: Int64 = 0,
    assignment: Assignment? = nil,
    recipe: RecipeChoice? = nil,
    budget: Budget? = nil,
    parts: [Int] = [],
    hasBegun: Bool = false
  ) {
    self.seq = seq
    self.id = id
    self.plan = plan
    self.tools = tools
    self.state = state
    self.generation = generation
    self.reason = reason
    self.lastEvent = lastEvent
    self.assignment = assignment
    self.recipe = recipe
    self.budget = budget
    self.parts = parts
    self.hasBegun = hasBegun
    isPaused = state == .paused
    unfinished = plan.steps.count
    steps = plan.steps.indices.map { index in
      StepStatus(missing: plan.graph.dependencies[index].count, readers: plan.graph.dependents[index].count)
    }
    named = Self.named(plan)
  }

  static func named(_ plan: Plan) -> Set<Int> {
    let references = (plan.finalSynthesis?.promptTemplate.references ?? []) + plan.checks.flatMap(\.references)
    return Set(references.compactMap { if case .step(let step) = $0.source { step } else { nil } })
  }

  /// What the job is to be read back with.
  package var spec: JobSpec {
    JobSpec(plan: plan, tools: tools, assignment: assignment, recipe: recipe, budget: budget, parts: parts)
  }

  package var isFinal: Bool { state.isFinal }

  /// Whether the unit still wants the slot that it asked for.
  package func isReady(_ key: StepKey) -> Bool { unit(key)?.phase == .ready && ending == nil && !isStopped }

  /// Whether nothing begins for the time being.
  var isStopped: Bool { isPaused || held != nil }

  /// Whether nobody knows what became of the unit's last attempt.
  package func isUnknown(_ key: StepKey) -> Bool { unit(key)?.phase == .unknown }

  /// Whether some unit waits for its tool or for a person.
  package var isWaiting: Bool { counts[Unit.Phase.waiting.rawValue] > 0 || held != nil }

  // MARK: Events

  /// Takes in what happened; events that come too late, or twice, have no effect.
  package mutating func handle(_ event: Event, _ context: Context) -> [Effect] {
    guard !isFinal else { return [] }
    switch event {
    case .start: start(context)
    case .granted(let key): granted(key, context)
    case .ended(let key, let outcome): ended(key, outcome, context)
    case .due(let key): due(key, context)
    case .catalogChanged: wakeWaiting(evenForPersons: false)
    case .pause: pause(context)
    case .resume: resume(context)
    case .cancel: stop(.cancelled, context)
    case .deadline: stop(.deadline, context)
    case .resolve(let key, let resolution): resolve(key, resolution, context)
    case .decided(let key?): if unit(key)?.phase == .waiting, ending == nil { queue(key) }
    case .policyChanged:
      if held != nil { decide(context) }
      wakeWaiting(evenForPersons: true)
    case .decided(nil): if held != nil { decide(context) }
    }
    settle(context)
    return take()
  }

  mutating func take() -> [Effect] {
    defer { effects = [] }
    return effects
  }

  private mutating func start(_ context: Context) {
    guard state == .queued else { return }
    state = .running
    hasBegun = true
    var update = JobUpdate(seq: seq, state: .running, generation: generation)
    update.startedAt = context.now
    write(.updateJob(update))
    record("job.started", context)
    hold([0..<plan.steps.count], context)
    for step in plan.graph.order where steps[step].missing == 0 && steps[step].unit.phase == .idle {
      becomeReady(step, context)
    }
  }

  private mutating func pause(_ context: Context) {
    guard !isPaused, ending == nil else { return }
    isPaused = true
    forEachUnit { machine, key, unit in
      if unit.phase == .ready { machine.emit(.withdraw(key, tool: machine.plan.steps[key.step].tool)) }
    }
    record("job.paused", context)
    enter(.paused, nil)
  }

  private mutating func resume(_ context: Context) {
    // What waits because a tool changed goes on with the tool as it is now.
    if counts[Unit.Phase.waiting.rawValue] > 0 {
      refreeze(context)
      wakeWaiting(evenForPersons: true)
    }
    guard isPaused else { return }
    isPaused = false
    record("job.resumed", context)
    if !hasBegun {
      state = .queued
      return start(context)
    }
    enter(.running, nil)
    offerReady()
  }

  /// Has what could begin while nothing might wait for slots.
  mutating func offerReady() {
    guard !isStopped else { return }
    forEachUnit { machine, key, unit in
      if unit.phase == .ready { machine.emit(.ready(key, tool: machine.plan.steps[key.step].tool)) }
    }
  }

  private mutating func refreeze(_ context: Context) {
    var changed: [JSON] = []
    for (name, terms) in tools {
      guard let today = context.offer(name)?.terms, terms.difference(today) != nil else { continue }
      tools[name] = today
      changed.append(.string(name))
    }
    guard !changed.isEmpty else { return }
    record("job.terms_accepted", context, data: ["tools": .array(changed)])
    var update = JobUpdate(seq: seq, state: state, generation: generation)
    update.reason = reason?.description
    update.spec = spec.text
    write(.updateJob(update))
  }

  mutating func wakeWaiting(evenForPersons: Bool) {
    guard counts[Unit.Phase.waiting.rawValue] > 0, ending == nil else { return }
    forEachUnit { machine, key, unit in
      if unit.phase == .waiting, evenForPersons || !unit.needsPerson { machine.queue(key) }
    }
  }

  // MARK: Units

  func unit(_ key: StepKey) -> Unit? {
    guard steps.indices.contains(key.step) else { return nil }
    guard let item = key.item else { return steps[key.step].items == nil ? steps[key.step].unit : nil }
    guard let units = steps[key.step].items?.units, units.indices.contains(item) else { return nil }
    return units[item]
  }

  /// Calls `body` for every unit that is under way; it may change them.
  mutating func forEachUnit(_ body: (inout JobMachine, StepKey, Unit) -> Void) {
    for step in steps.indices {
      if let items = steps[step].items {
        guard !steps[step].unit.phase.isFinal else { continue }
        for item in 0..<items.next { body(&self, StepKey(step, item: item), items.units[item]) }
      } else {
        body(&self, StepKey(step), steps[step].unit)
      }
    }
  }

  mutating func move(_ key: StepKey, to phase: Unit.Phase) {
    change(key) { unit in unit.phase = phase }
  }

  mutating func change(_ key: StepKey, _ body: (inout Unit) -> Void) {
    let before: Unit.Phase
    let after: Unit.Phase
    if let item = key.item {
      guard steps[key.step].items != nil else { return }
      before = steps[key.step].items!.units[item].phase
      body(&steps[key.step].items!.units[item])
      after = steps[key.step].items!.units[item].phase
    } else {
      before = steps[key.step].unit.phase
      body(&steps[key.step].unit)
      after = steps[key.step].unit.phase
    }
    counts[before.rawValue] -= 1
    counts[after.rawValue] += 1
  }

  /// Has the unit wait for a slot, or for the end of a pause.
  mutating func queue(_ key: StepKey) {
    change(key) { unit in
      unit.phase = .ready
      unit.needsPerson = false
    }
    if !isStopped { emit(.ready(key, tool: plan.steps[key.step].tool)) }
  }

  // MARK: Effects

  mutating func emit(_ effect: Effect) { effects.append(effect) }
  mutating func write(_ change: Change) { effects.append(.write(change)) }

  mutating func record(
    _ kind: StaticString,
    _ context: Context,
    step: StepKey? = nil,
    data: @autoclosure () -> JSON? = nil
  ) {
    lastEvent += 1
    write(
      .event(
        EventRecord(
          job: seq,
          number: lastEvent,
          at: context.now,
          kind: kind.description,
          step: step.map { plan.steps[$0.step].id },
          item: step?.item.map(Int64.init),
          data: data()?.description
        )
      )
    )
  }

  /// Another state of the job that has not ended.
  mutating func enter(_ next: JobState, _ reason: JSON?) {
    guard state != next || self.reason != reason else { return }
    state = next
    self.reason = reason
    var update = JobUpdate(seq: seq, state: next, generation: generation)
    update.reason = reason?.description
    write(.updateJob(update))
  }
}
