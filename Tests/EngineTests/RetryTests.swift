import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `Further attempts` {
  static let step = #"{"id":"a","tool":"t","retry":{"max_attempts":3,"backoff_ms":100,"max_backoff_ms":150}}"#

  @Test func `a failed attempt is followed by another after a growing wait, up to the last`() throws {
    var world = try World(Self.step)
    world.random = 0.5
    try world.grant()
    try world.fail("a")
    #expect(try world.phase("a") == .retrying && world.wakes.map(\.at) == [1_100])
    let row = try #require(world.disk.rows[StepKey(0)])
    #expect(row.state == .retrying && row.notBefore == 1_100 && row.error?.contains("tool_failed") == true)
    try world.wait()
    try world.grant()
    #expect(world.running[StepKey(0)]?.number == 2)
    try world.fail("a")
    #expect(world.wakes.map(\.at) == [1_250])
    try world.wait()
    try world.grant()
    try world.fail("a", nil, WireError(.toolFailed, "the third"))
    #expect(world.disk.state == .failed && world.disk.reason?["message"] == "the third")
    #expect(Set(world.dispatched.map(\.idempotencyKey)).count == 1, "every attempt has the same key")
    #expect(world.disk.kinds.count { $0 == "step.retrying" } == 2)
  }

  @Test func `a result that says what was run did not succeed is a failure with its output`() throws {
    var world = try World(#"{"id":"a","tool":"t","retry":{"max_attempts":2,"backoff_ms":1}}"#)
    for _ in 0..<2 {
      if try world.phase("a") == .retrying { try world.wait() }
      try world.grant()
      try world.end(
        StepKey(0),
        .succeeded(ToolResult(output: ["exit": 3], failure: "it exited with 3"), isCached: false)
      )
    }
    #expect(world.disk.state == .failed && world.disk.reason?["message"] == "it exited with 3")
    let error = try JSON(parsing: try #require(world.disk.rows[StepKey(0)]?.error))
    #expect(error["name"] == "tool_failed" && error["data"]?["output"] == ["exit": 3])
    #expect(world.disk.kinds.count { $0 == "step.retrying" } == 1)
  }

  @Test(arguments: [(0.0, 80), (0.5, 100), (1.0, 120)])
  func `chance moves the wait by its part`(_ random: Double, _ delay: Int64) throws {
    var world = try World(#"{"id":"a","tool":"t","retry":{"max_attempts":2,"backoff_ms":100,"jitter":0.2}}"#)
    world.random = random
    try world.grant()
    try world.fail("a")
    #expect(world.wakes.map { $0.at - world.now } == [delay])
    #expect(world.disk.events.last?.data?.contains("\"delay_ms\":\(delay)") == true)
  }

  @Test func `only the errors that are named are tried again`() throws {
    let step = #"{"id":"a","tool":"t","retry":{"max_attempts":5,"on":["deadline_exceeded","rate_limited"]}}"#
    for (name, again) in [("deadline_exceeded", true), ("rate_limited", true), ("tool_failed", false)] {
      var world = try World(step)
      try world.grant()
      try world.fail("a", nil, WireError(.init(rawValue: name), "no"))
      #expect(try world.phase("a") == (again ? .retrying : .failed), "\(name)")
    }
  }

  @Test func `without names a mistake of the caller is not tried again and a failure of the tool is`() throws {
    for (name, again) in [(WireError.Name.invalidOutput, true), (.refused, false), (.invalidInput, false)] {
      var world = try World(Self.step)
      try world.grant()
      try world.fail("a", nil, WireError(name, "no"))
      #expect(try world.phase("a") == (again ? .retrying : .failed), "\(name)")
    }
  }

  @Test func `an attempt that no worker saw does not count`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    var delays: [Int64] = []
    for _ in 1...12 {
      try world.grant()
      try world.fail("a", nil, WireError(.unavailable, "down"), wasDispatched: false)
      delays.append(try #require(world.wakes.first).at - world.now)
      try world.wait()
    }
    #expect(delays.prefix(4) == [250, 500, 1_000, 2_000] && delays.last == 30_000)
    try world.grant()
    #expect(world.running[StepKey(0)]?.number == 1)
    try world.succeed("a")
    #expect(world.disk.state == .succeeded)
  }

  @Test func `a worker that says when to come back is heard, within bounds`() throws {
    for (hint, delay) in [(5_000, 5_000), (-1, 10), (Int64.max, 30_000)] as [(Int64, Int64)] {
      var world = try World(#"{"id":"a","tool":"t"}"#)
      try world.grant()
      let error = WireError(.unavailable, "down", data: ["retry_after_ms": .integer(hint)])
      try world.fail("a", nil, error, wasDispatched: false)
      #expect(world.wakes.map { $0.at - world.now } == [delay])
    }
  }

  @Test func `an idempotent attempt whose worker died is made again, five times`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    for _ in 1...5 {
      try world.grant()
      try world.fail("a", nil, WireError(.workerLost, "killed"))
      #expect(try world.phase("a") == .retrying)
      try world.wait()
    }
    try world.grant()
    try world.fail("a", nil, WireError(.workerLost, "killed"))
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "worker_lost")
  }

  @Test func `a worker that was busy for long may still die once`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    for _ in 1...8 {
      try world.grant()
      try world.fail("a", nil, WireError(.overloaded, "full"), wasDispatched: false)
      try world.wait()
    }
    try world.grant()
    try world.fail("a", nil, WireError(.workerLost, "killed"))
    #expect(try world.phase("a") == .retrying)
  }

  @Test func `a wait that is over while the job is paused leads to no attempt before it resumes`() throws {
    var world = try World(Self.step)
    try world.grant()
    try world.fail("a")
    try world.send(.pause)
    try world.wait()
    #expect(world.ready.isEmpty && world.disk.state == .paused)
    try world.send(.resume)
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }

  @Test func `what a worker says in error is cut before it is written many times over`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    try world.grant()
    let long = String(repeating: "é", count: 1_000_000)
    try world.fail("a", nil, WireError(.toolFailed, long, data: ["trace": .string(long)]))
    #expect(world.disk.rows[StepKey(0)]?.error.map { $0.utf8.count < 10_000 } == true)
    #expect(world.disk.reason?["data"]?["omitted_bytes"]?.integerValue == 2_000_012)
    #expect(world.disk.events.allSatisfy { ($0.data?.utf8.count ?? 0) < 10_000 })
  }
}
