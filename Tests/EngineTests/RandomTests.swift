import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

/// Small numbers from a seed, the same on every machine.
struct Dice: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func roll(_ sides: Int) -> Int { Int(next() % UInt64(sides)) }
  mutating func one(in sides: Int) -> Bool { roll(sides) == 0 }
}

private func hash(_ bytes: some Sequence<UInt8>) -> UInt64 {
  bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
}

/// A plan of every feature at random; `tool` is that of all steps.
private func randomPlan(_ dice: inout Dice, tool: String, prefix: String = "s") throws -> Plan {
  var isList: [Bool] = []
  let steps = (0..<1 + dice.roll(9)).map { index -> JSON in
    var step: JSONObject = ["id": .string("\(prefix)\(index)"), "tool": .string(tool)]
    var input: JSONObject = ["n": .integer(Int64(dice.roll(3)))]
    for other in 0..<index where dice.one(in: 3) {
      if dice.one(in: 3) {
        step["depends_on"] = .array((step["depends_on"]?.arrayValue ?? []) + [.string("\(prefix)\(other)")])
      } else {
        input["r\(other)"] = .string("step:\(prefix)\(other)")
      }
    }
    if index > 0, dice.one(in: 3) {
      let other = dice.roll(index)
      let place = isList[other] ? "#/0/v" : "#/v"
      step["when"] = [
        "value": .string("step:\(prefix)\(other)\(place)"), "exists": true, "lt": .integer(Int64(1 + dice.roll(3))),
      ]
    }
    isList.append(dice.one(in: 4))
    if isList[index] {
      let other = index > 0 && !isList[index - 1] && dice.one(in: 2) ? index - 1 : nil
      let list: JSON =
        other.map { .string("step:\(prefix)\($0)#/list") } ?? .array((0..<dice.roll(5)).map { .integer(Int64($0)) })
      step["for_each"] = dice.one(in: 2) ? ["in": list, "concurrency": .integer(Int64(1 + dice.roll(3)))] : list
      input["item"] = "item:value"
    }
    step["on_failure"] = .string(["fail", "skip", "continue"][dice.roll(3)])
    if dice.one(in: 2) { step["retry"] = ["max_attempts": .integer(Int64(1 + dice.roll(3))), "backoff_ms": 10] }
    step["input"] = .object(input)
    return .object(step)
  }
  var plan: JSONObject = ["steps": .array(steps)]
  if dice.one(in: 2) { plan["final_synthesis"] = ["prompt_template": "{{steps}}"] }
  return try Plan(decoding: .object(plan))
}

/// What a deterministic tool answers: the same for the same work.
private func answer(_ attempt: Attempt) -> Outcome {
  if attempt.tool == Stage.planning.tool { return planned(attempt) }
  let code = hash(attempt.input.canonical() + Array(attempt.step.utf8))
  if code % 7 == 0 { return .failed(WireError(.toolFailed, "as always"), wasDispatched: true) }
  let list = JSON.array((0..<Int64(code % 4)).map { .integer($0) })
  return .succeeded(ToolResult(output: ["v": .integer(Int64(code % 4)), "list": list]), isCached: false)
}

/// Another plan for each attempt at one.
private func planned(_ attempt: Attempt) -> Outcome {
  var dice = Dice(state: hash(attempt.input.canonical() + Array(attempt.step.utf8)))
  let plan = try? randomPlan(&dice, tool: "t", prefix: "x-\(attempt.step)-")
  let by: JSON = ["kind": "large_model", "provider": "p", "model": "m"]
  return .succeeded(
    ToolResult(output: ["decision": "plan", "plan": plan?.source ?? .null, "by": by, "tries": 1]),
    isCached: false
  )
}

extension World {
  /// Lets chance choose what happens next, until the job is over on disk. `act` may do something of its own instead.
  fileprivate mutating func live(
    _ dice: inout Dice,
    crashes: Int,
    _ act: (inout World, inout Dice) throws -> Bool = { _, _ in false }
  ) throws {
    holdsCommits = true
    var crashes = crashes
    var turns = 0
    if disk.state == .queued, entries.isEmpty { try send(.start) }
    while !disk.state.isFinal || !entries.isEmpty {
      turns += 1
      try #require(turns < 20_000, "it does not come to an end")
      if crashes > 0, dice.one(in: 15) {
        crashes -= 1
        try crash()
        continue
      }
      if try act(&self, &dice) { continue }
      var choices: [Int] = []
      if !entries.isEmpty { choices += [0, 0] }
      if !ready.isEmpty { choices += [1, 1] }
      if !running.isEmpty { choices.append(2) }
      if !wakes.isEmpty { choices.append(3) }
      try #require(!choices.isEmpty, "stuck in \(machine.state): \(disk.story)")
      switch choices[dice.roll(choices.count)] {
      case 0: try commit()
      case 1:
        ready.swapAt(0, dice.roll(ready.count))
        try grant(1)
      case 2:
        let key = running.keys.sorted()[dice.roll(running.count)]
        let attempt = try #require(running[key])
        let isStopped = cancelled.contains(key) && dice.one(in: 2)
        let stopped = Outcome.failed(WireError(.cancelled, "stopped"), wasDispatched: true)
        try end(key, isStopped ? stopped : answer(attempt))
      default:
        let wake = wakes.remove(at: dice.roll(wakes.count))
        now = max(now, wake.at)
        try send(.due(wake.key))
      }
    }
    #expect(disk.rows.values.allSatisfy { $0.state.isFinal }, "a job that is over has no open step: \(disk.story)")
  }
}

@Suite struct `Random plans` {
  @Test(arguments: 0..<24)
  func `end the same whatever the order and however often the coordinator dies`(_ block: Int) throws {
    for number in 0..<12 {
      var dice = Dice(state: UInt64(block * 1_000 + number))
      let plan = try randomPlan(&dice, tool: "t")
      var calm = World(plan)
      try calm.live(&dice, crashes: 0)
      for crashes in [0, 1, 5] {
        var world = World(plan)
        try world.live(&dice, crashes: crashes)
        #expect(world.disk.state == calm.disk.state, "seed \(block * 1_000 + number)")
        #expect(world.disk.result == calm.disk.result, "seed \(block * 1_000 + number)")
        guard calm.disk.state == .succeeded else { continue }
        let states = { (world: World) in world.disk.sortedRows.map { "\($0.key) \($0.state) \($0.output ?? "")" } }
        #expect(states(world) == states(calm), "seed \(block * 1_000 + number)")
      }
    }
  }

  @Test(arguments: 0..<12)
  func `end the same however long people take to say yes`(_ block: Int) throws {
    /// What a journal would remember of it.
    final class Said {
      var yes: Set<StepKey> = []
      var plan = false
    }
    for number in 0..<12 {
      let seed = UInt64(2_000_000 + block * 1_000 + number)
      var dice = Dice(state: seed)
      let plan = try randomPlan(&dice, tool: "t")
      var calm = World(plan)
      try calm.live(&dice, crashes: 0)
      var world = World(plan)
      let said = Said()
      let asks = WireError(.approvalRequired, "ask")
      world.judge = { said.yes.contains($0.key) ? Verdict(.go($0.input)) : Verdict(.ask(asks)) }
      world.judgePlan = { _ in said.plan ? Verdict(.go(.null)) : Verdict(.ask(asks)) }
      try world.live(&dice, crashes: 4) { world, dice in
        guard world.entries.isEmpty, dice.one(in: 2) || world.ready.isEmpty && world.running.isEmpty else {
          return false
        }
        if world.machine.held != nil {
          said.plan = true
          try world.send(.decided(nil))
          return true
        }
        let waiting = world.disk.rows.values.filter { $0.state == .waiting }.map(\.key).sorted()
        guard !waiting.isEmpty else { return false }
        let key = waiting[dice.roll(waiting.count)]
        said.yes.insert(key)
        try world.send(.decided(key))
        return true
      }
      #expect(world.disk.state == calm.disk.state, "seed \(seed)")
      #expect(world.disk.result == calm.disk.result, "seed \(seed)")
      #expect(world.dispatched.allSatisfy { said.yes.contains($0.key) }, "nothing ran unasked")
    }
  }

  @Test(arguments: 0..<12)
  func `of requests run nothing that was not shown to somebody who let it begin`(_ block: Int) throws {
    /// What people have seen and said, as a journal would remember it.
    final class Book {
      var generation: Int64 = 1
      var asked = ""
      var shown: [String] = []
      var yes: Set<String> = []
      var seen: Set<String> = []
    }
    for number in 0..<6 {
      let seed = UInt64(4_000_000 + block * 1_000 + number)
      var dice = Dice(state: seed)
      let assignment = Assignment(request: TaskRequest("do it"), route: Route(TaskRequest("do it")))
      let planner = [Stage.planning.tool: World.terms(worker: "planner")]
      var world = World(try Plan(decoding: assignment.firstPlan), assignment: assignment, more: planner)
      let book = Book()
      world.judgePlan = { part in
        let steps = part.steps.compactMap { part.plan.source["steps"]?[$0]?.description }
        book.asked = "\(book.generation) \(steps)"
        book.shown = steps.map { "\(book.generation) \($0)" }
        return Verdict(book.yes.contains(book.asked) ? .go(.null) : .ask(WireError(.approvalRequired, "ask")))
      }
      world.judge = { act in
        #expect(book.seen.contains("\(act.generation) \(act.written)"), "\(act.step) ran unasked, seed \(seed)")
        return Verdict(.go(act.input))
      }
      for generation in 1...3 {
        book.generation = Int64(generation)
        if generation > 1 { try world.retry(pauses: dice.one(in: 2)) }
        var pauses = 3
        try world.live(&dice, crashes: 4) { world, dice in
          if world.machine.state == .paused, dice.one(in: 3) {
            try world.send(.resume)
          } else if world.machine.held != nil, world.machine.state != .paused, dice.one(in: 3) {
            book.yes.insert(book.asked)
            book.seen.formUnion(book.shown)
            try world.send(.decided(nil))
          } else if pauses > 0, world.machine.state != .paused, !world.machine.isFinal, dice.one(in: 12) {
            pauses -= 1
            try world.send(.pause)
          } else {
            return world.entries.isEmpty && world.ready.isEmpty && world.running.isEmpty && world.wakes.isEmpty
          }
          return true
        }
        guard world.disk.state == .failed else { break }
      }
    }
  }

  @Test(arguments: 0..<12)
  func `of tools that are not idempotent are never made again unasked`(_ block: Int) throws {
    for number in 0..<12 {
      var dice = Dice(state: UInt64(1_000_000 + block * 1_000 + number))
      let plan = try randomPlan(&dice, tool: "u")
      guard plan.steps.allSatisfy({ $0.retry.maxAttempts == 1 }) else { continue }
      var world = World(plan)
      var asked: [StepKey: Int] = [:]
      try world.live(&dice, crashes: 6) { world, dice in
        guard world.machine.state == .waiting || dice.one(in: 4) else { return false }
        let keys = world.disk.rows.keys.sorted().filter { world.machine.isUnknown($0) }
        guard let key = keys.randomElement(using: &dice) else { return false }
        switch dice.roll(4) {
        case 0:
          asked[key, default: 0] += 1
          try world.send(.resolve(key, .retry))
        case 1: try world.send(.resolve(key, .succeeded(["v": 1, "list": []])))
        case 2: try world.send(.resolve(key, .skip))
        default: try world.send(.resolve(key, .failed))
        }
        return true
      }
      for (key, count) in Dictionary(grouping: world.dispatched, by: \.key).mapValues(\.count) {
        #expect(count <= 1 + asked[key, default: 0], "\(key), seed \(block * 1_000 + number)")
      }
    }
  }

  @Test(arguments: 0..<12)
  func `come to an end under pauses, cancels, deadlines and tools that come and go`(_ block: Int) throws {
    for number in 0..<12 {
      var dice = Dice(state: UInt64(2_000_000 + block * 1_000 + number))
      let plan = try randomPlan(&dice, tool: "t")
      var world = World(plan)
      var acts = 12
      try world.live(&dice, crashes: 4) { world, dice in
        let isHeld = world.machine.state == .paused || world.machine.state == .waiting
        if acts == 0 {
          // In the end nothing is held back any more.
          guard isHeld || world.offers["t"] != World.terms() else { return false }
          world.offers["t"] = World.terms()
          try world.send(.catalogChanged)
          try world.send(.resume)
          return isHeld
        }
        guard isHeld || dice.one(in: 6) else { return false }
        acts -= 1
        switch dice.roll(7) {
        case 0: try world.send(.pause)
        case 1, 2: try world.send(.resume)
        case 3: if dice.one(in: 3) { try world.send(.cancel) }
        case 4: if dice.one(in: 4) { try world.send(.deadline) }
        case 5:
          world.offers["t"] = dice.one(in: 2) ? nil : World.terms(schema: "changed")
          try world.send(.catalogChanged)
        default:
          world.offers["t"] = World.terms()
          try world.send(.catalogChanged)
        }
        return true
      }
    }
  }
}
