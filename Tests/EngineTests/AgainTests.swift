import JSON
import Journal
import Plan
import Testing
import Wire

@testable import Engine

@Suite struct `Another generation` {
  static let steps =
    #"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a"}},{"id":"c","tool":"t","input":{"x":"step:b"}},"#
    + #"{"id":"d","tool":"t"}"#

  /// The job as it ended, opened again.
  private static func again(_ world: World, from: String? = nil) throws -> World {
    let plan = world.machine.plan
    var next = world
    next.machine = JobMachine(
      seq: 7,
      id: "j",
      plan: plan,
      tools: world.machine.tools,
      state: world.disk.state,
      generation: world.disk.generation,
      lastEvent: world.disk.events.last?.number ?? 1
    )
    next.dispatched = []
    next.isFinished = false
    let rows = world.disk.sortedRows
    let start = try from.map { try #require(plan.index(of: $0)) }
    let effects = try next.machine.reopen(
      rows,
      again: JobMachine.again(plan, from: start, rows),
      from: from,
      next.context
    )
    try next.take(effects)
    #expect(next.disk.state == .queued && next.disk.clearedDeadline)
    try next.send(.start)
    return next
  }

  @Test func `runs what did not succeed, with another key`() throws {
    var world = try World(Self.steps)
    try world.grant()
    try world.succeed("a", nil, 1)
    try world.grant()
    try world.fail("b")
    try world.succeed("d", nil, 4)
    #expect(world.disk.state == .failed)
    let key = try #require(world.dispatched.first { $0.step == "b" }).idempotencyKey
    var next = try Self.again(world)
    try next.finish { $0.input }
    #expect(next.dispatched.map(\.step) == ["b", "c"])
    #expect(next.dispatched[0].idempotencyKey != key && next.dispatched[0].idempotencyKey.contains("/b/2/"))
    #expect(next.disk.result == ["outputs": ["c": ["x": ["x": 1]], "d": 4]])
    #expect(next.disk.generation == 2 && next.disk.rows[StepKey(1)]?.generation == 2)
  }

  @Test func `from a step on runs that and all that depends on it`() throws {
    var world = try World(Self.steps)
    try world.finish { .string($0.step) }
    var next = try Self.again(world, from: "b")
    try next.finish { $0.input }
    #expect(next.dispatched.map(\.step) == ["b", "c"])
    #expect(next.disk.result?["outputs"]?["d"] == "d")
  }

  @Test func `from a step on also runs what failed elsewhere`() throws {
    var world = try World(Self.steps)
    try world.grant()
    try world.succeed("a", nil, 1)
    try world.fail("d")
    #expect(world.disk.state == .failed)
    var next = try Self.again(world, from: "c")
    try next.finish { .string($0.step) }
    #expect(Set(next.dispatched.map(\.step)) == ["b", "c", "d"])
    #expect(next.disk.state == .succeeded)
  }

  @Test func `a crash in it keeps to it`() throws {
    var world = try World(Self.steps)
    try world.finish { .string($0.step) }
    var next = try Self.again(world, from: "b")
    try next.grant()
    try next.crash()
    try next.finish { $0.input }
    #expect(next.dispatched.map(\.step) == ["b", "b", "c"])
    #expect(next.disk.generation == 2 && next.disk.state == .succeeded)
  }

  @Test func `agrees with the tools as they are now`() throws {
    var world = try World(Self.steps)
    try world.grant()
    try world.fail("a")
    try world.succeed("d")
    world.offers["t"] = World.terms(schema: "new")
    var next = try Self.again(world)
    #expect(try JobSpec(try #require(next.disk.spec)).tools["t"]?.schema == "new")
    try next.crash()
    try next.finish()
    #expect(next.disk.state == .succeeded)
  }

  @Test func `a step skipped by condition needs no other run, one skipped by failure does`() throws {
    var world = try World(
      #"{"id":"a","tool":"t","when":{"value":1,"equals":2}},{"id":"b","tool":"t","on_failure":"skip"},"#
        + #"{"id":"c","tool":"t","depends_on":["b"]}"#
    )
    try world.grant()
    try world.fail("b")
    #expect(world.disk.state == .succeeded)
    #expect(JobMachine.again(world.machine.plan, from: nil, world.disk.sortedRows) == [1, 2])
  }
}

@Suite struct `A fork` {
  @Test func `takes over what other steps produced, with their artifacts`() throws {
    var world = try World(`Another generation`.steps)
    try world.grant()
    let digest = String(repeating: "b", count: 64)
    try world.succeed("a", nil, 1, artifacts: [Artifact(sha256: digest, bytes: 1, mediaType: "a/b", name: "n")])
    try world.finish { $0.input }
    let plan = world.machine.plan
    let again = JobMachine.again(plan, from: 1, world.disk.sortedRows)
    #expect(again == [1, 2])
    var fork = World(plan)
    try fork.take(fork.machine.adopt(world.disk.sortedRows.filter { !again.contains($0.key.step) }))
    #expect(fork.disk.artifacts == [digest])
    try fork.send(.start)
    try fork.finish { $0.input }
    #expect(fork.dispatched.map(\.step) == ["b", "c"])
    #expect(fork.disk.result == world.disk.result)
  }
}
