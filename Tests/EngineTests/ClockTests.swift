import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `A wall clock that is set` {
  static let step = #"{"id":"a","tool":"t","retry":{"max_attempts":3,"backoff_ms":100,"max_backoff_ms":5000}}"#

  @Test func `back by a day, it makes a retry after a restart wait no longer than the longest wait`() throws {
    var world = try World(Self.step)
    try world.grant()
    try world.fail("a")
    world.now -= 86_400_000
    try world.crash()
    let wake = try #require(world.wakes.last)
    #expect(wake.at - world.now == JobMachine.longestSetback, "it waited for a day otherwise")
    world.now = wake.at
    try world.send(.due(wake.key))
    try world.grant()
    try world.succeed("a")
    #expect(world.disk.state == .succeeded)
  }

  @Test func `forward by a day, it lets a retry after a restart begin at once`() throws {
    var world = try World(Self.step)
    try world.grant()
    try world.fail("a")
    world.now += 86_400_000
    try world.crash()
    #expect(world.wakes.last.map { $0.at - world.now } == 0)
  }

  @Test func `back by a day while a job runs, it changes nothing but the times that are written down`() throws {
    var world = try World(Self.step)
    try world.grant()
    world.now -= 86_400_000
    try world.fail("a")
    #expect(world.wakes.last.map { $0.at - world.now } == 100)
    try world.wait()
    try world.grant()
    try world.succeed("a")
    #expect(world.disk.state == .succeeded)
    #expect(
      world.disk.events.map(\.number) == Array(1...Int64(world.disk.events.count))
        || world.disk.events.first?.number == 2
    )
  }
}

@Suite struct `A deadline of an attempt` {
  @Test func `is no reason to run again what is not idempotent`() throws {
    let late = WireError(.deadlineExceeded, "worker 'w-1' did not stop within 10 ms of its deadline and is ended")
    var world = try World(#"{"id":"a","tool":"u","retry":{"max_attempts":3}}"#)
    try world.grant()
    try world.fail("a", nil, late)
    #expect(try world.phase("a") == .unknown && world.disk.state == .waiting)

    world = try World(#"{"id":"a","tool":"u","on_unknown":"fail","retry":{"max_attempts":3}}"#)
    try world.grant()
    try world.fail("a", nil, late)
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "outcome_unknown")
  }

  @Test(arguments: [
    (#"{"id":"a","tool":"t","retry":{"max_attempts":3}}"#, "idempotent"),
    (#"{"id":"a","tool":"u","retry":{"max_attempts":3,"on":["deadline_exceeded"]}}"#, "asked for by name"),
    (#"{"id":"a","tool":"u","idempotent":true,"retry":{"max_attempts":3}}"#, "said to be idempotent"),
  ])
  func `is one for what may run again`(_ step: String, _ why: Comment) throws {
    var world = try World(step)
    try world.grant()
    try world.fail("a", nil, WireError(.deadlineExceeded, "late"))
    #expect(try world.phase("a") == .retrying, why)
  }
}
