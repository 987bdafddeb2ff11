import Glibc
import JSON
import Journal
import Plan
import Posix
import Testing
import Wire

@testable import Engine

@Suite struct `The order of steps` {
  @Test func `a step starts when all that it depends on is done, and not before`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t"},{"id":"c","tool":"t","input":{"x":"step:a"},"depends_on":["b"]}"#
    )
    #expect(world.ready == [StepKey(0), StepKey(1)])
    try world.grant()
    try world.succeed("a", nil, 7)
    #expect(world.ready.isEmpty)
    try world.succeed("b")
    try world.grant()
    #expect(world.running[StepKey(2)]?.input == ["x": 7])
    try world.succeed("c", nil, "end")
    #expect(world.isFinished && world.disk.state == .succeeded)
    #expect(world.disk.result == ["outputs": ["c": "end"]])
    #expect(
      world.disk.story == [
        "job.started", "a started", "b started", "a succeeded", "b succeeded", "c started", "c succeeded",
        "job.succeeded",
      ]
    )
  }

  @Test func `an attempt carries what its step says`() throws {
    var world = try World(
      #"{"id":"a","tool":"t","input":{"n":1.50},"timeout_ms":1234,"needs":{"read":["/x"]},"limits":{"wall_ms":9}}"#
    )
    try world.grant()
    let attempt = try #require(world.running[StepKey(0)])
    #expect(attempt.tool == "t" && attempt.step == "a" && attempt.number == 1 && attempt.isIdempotent)
    #expect(attempt.timeoutMS == 1234 && attempt.needs?.read == ["/x"] && attempt.limits?.wallMS == 9)
    let parts = attempt.idempotencyKey.split(separator: "/")
    #expect(parts.dropLast() == ["j", "a", "1"] && parts.last?.utf8.count == 32)
    let row = try #require(world.disk.rows[StepKey(0)])
    #expect(row.input == #"{"n":1.50}"# && row.worker == "w" && row.startedAt == 1_000)
  }

  @Test func `the idempotency key depends on the value of the input, not on its spelling`() throws {
    func key(_ input: String, id: String = "a") throws -> String {
      var world = try World(#"{"id":"\#(id)","tool":"t","input":\#(input)}"#)
      try world.grant()
      return try #require(world.running[StepKey(0)]).idempotencyKey
    }
    let first = try key(#"{"a":1,"b":2}"#)
    #expect(try key(#"{"b":2.0,"a":1e0}"#) == first)
    #expect(try key(#"{"a":1,"b":3}"#) != first)
    #expect(try key(#"{"a":1,"b":2}"#, id: "b") != first)
  }

  @Test func `an input that its tool refuses fails the step without an attempt by a worker`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    world.refusals["t"] = WireError(.invalidInput, "bad")
    try world.grant()
    #expect(world.dispatched.isEmpty && world.disk.state == .failed)
    #expect(world.disk.reason?["name"] == "invalid_input" && world.disk.reason?["step"] == "a")
    #expect(try world.row("a") == .failed)
  }

  @Test func `a reference that finds nothing fails the step and names the reference`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a#/gone"}}"#)
    try world.grant()
    try world.succeed("a", nil, ["there": 1])
    try world.grant()
    #expect(world.disk.state == .failed)
    #expect(world.disk.reason?["data"]?["pointer"] == "/gone")
    #expect(world.disk.reason?["data"]?["path"] == "/steps/1/input/x")
  }

  @Test func `what comes too late or twice has no effect`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t","depends_on":["a"]}"#)
    try world.send(.granted(StepKey(1)))
    try world.send(.ended(StepKey(0), .succeeded(ToolResult(output: 1), isCached: false)))
    try world.send(.due(StepKey(0)))
    try world.send(.resolve(StepKey(0), .retry))
    try world.send(.granted(StepKey(99)))
    try world.send(.granted(StepKey(0, item: 3)))
    try world.send(.start)
    #expect(world.disk.kinds == ["job.started"])
    try world.grant()
    try world.send(.granted(StepKey(0)))
    #expect(world.dispatched.count == 1)
    try world.succeed("a")
    try world.send(.ended(StepKey(0), .failed(WireError(.toolFailed, "late"), wasDispatched: true)))
    #expect(try world.row("a") == .succeeded)
    try world.finish()
    for event: Event in [.start, .cancel, .pause, .resume, .deadline, .catalogChanged] { try world.send(event) }
    #expect(world.disk.kinds.last == "job.succeeded")
  }

  @Test func `an output is let go when nobody reads it any more`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a"}},{"id":"c","tool":"t","input":{"x":"step:a"}}"#
    )
    try world.grant()
    try world.succeed("a", nil, "much")
    try world.grant()
    try world.succeed("b")
    #expect(world.machine.steps[0].output == "much")
    try world.succeed("c")
    #expect(world.machine.steps[0].output == nil)
  }
}

@Suite(.serialized) struct `Large plans` {
  /// Processor time of this thread in seconds.
  private static func time(_ body: () throws -> Void) rethrows -> Double {
    func now() -> Double {
      var time = timespec()
      clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
      return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
    let start = now()
    try body()
    return now() - start
  }

  private static func chain(_ count: Int) throws -> Plan {
    let steps = (0..<count).map { i -> JSON in
      i == 0
        ? ["id": "s0", "tool": "t", "input": ["n": 0]]
        : ["id": .string("s\(i)"), "tool": "t", "input": ["n": .string("step:s\(i - 1)")]]
    }
    return try Plan(decoding: ["steps": .array(steps)])
  }

  private static func fan(_ count: Int) throws -> Plan {
    let steps = (0..<count).map { i -> JSON in ["id": .string("s\(i)"), "tool": "t"] }
    let last: JSON = ["id": "end", "tool": "t", "depends_on": .array((0..<count - 1).map { .string("s\($0)") })]
    return try Plan(decoding: ["steps": .array(steps.dropLast() + [last])])
  }

  private static func run(_ plan: Plan) throws -> World {
    var world = World(plan)
    try world.send(.start)
    while !world.machine.isFinal {
      try world.grant()
      for key in world.running.keys.sorted() {
        let input = try #require(world.running[key]).input["n"]?.integerValue ?? 0
        try world.end(key, .succeeded(ToolResult(output: .integer(input + 1)), isCached: false))
      }
    }
    return world
  }

  @Test func `a chain of ten thousand steps runs, in time that grows with its length alone`() throws {
    let short = try Self.chain(2_500)
    let long = try Self.chain(10_000)
    let first = try Self.time { _ = try Self.run(short) }
    var world: World?
    let second = try Self.time { world = try Self.run(long) }
    #expect(world?.disk.result == ["outputs": ["s9999": 10_000]])
    #expect(second < 10 * first, "\(second) s for four times as much as took \(first) s")
  }

  @Test func `a fan of ten thousand steps runs, in time that grows with its width alone`() throws {
    let narrow = try Self.fan(2_500)
    let wide = try Self.fan(10_000)
    let first = try Self.time { _ = try Self.run(narrow) }
    var world: World?
    let second = try Self.time { world = try Self.run(wide) }
    #expect(world?.disk.state == .succeeded && world?.dispatched.count == 10_000)
    #expect(second < 10 * first, "\(second) s for four times as much as took \(first) s")
  }

  @Test func `ten thousand skipped steps need no deep stack`() throws {
    let steps = (0..<10_000).map { i -> JSON in
      i == 0
        ? ["id": "s0", "tool": "t", "when": ["value": 1, "equals": 2]]
        : ["id": .string("s\(i)"), "tool": "t", "depends_on": [.string("s\(i - 1)")]]
    }
    let plan = try Plan(decoding: ["steps": .array(steps)])
    let box = Guarded<JobState?>(nil)
    JoinableThread("skips", stackBytes: 128 << 10) {
      var machine = JobMachine(seq: 1, id: "j", plan: plan, tools: ["t": World.terms()])
      _ = machine.handle(.start, Context(now: 0, random: 0) { _ in nil })
      let state = machine.state
      box.withLock { $0 = state }
    }.join()
    #expect(box.withLock { $0 } == .succeeded)
  }

  @Test func `taking up and running again what a long chain left is linear too`() throws {
    func seconds(_ count: Int) throws -> Double {
      let plan = try Self.chain(count)
      var world = try Self.run(plan)
      world.disk.state = .running
      world.disk.endedAt = nil
      return try Self.time {
        #expect(JobMachine.again(plan, from: 0, world.disk.sortedRows).count == count)
        try world.crash()
        #expect(world.machine.state == .succeeded)
      }
    }
    let first = try seconds(2_500)
    let second = try seconds(10_000)
    #expect(second < 10 * first, "\(second) s for four times as much as took \(first) s")
  }
}
