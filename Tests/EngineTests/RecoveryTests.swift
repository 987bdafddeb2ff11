import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `After a crash` {
  @Test func `an interrupted idempotent attempt is made again with the same key`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    try world.grant()
    try world.crash()
    #expect(world.disk.story.suffix(2) == ["job.recovered", "a interrupted"])
    try world.finish()
    #expect(world.dispatched.map(\.number) == [1, 2])
    #expect(Set(world.dispatched.map(\.idempotencyKey)).count == 1)
    #expect(world.disk.state == .succeeded)
  }

  @Test func `an interrupted attempt that is not idempotent is unknown`() throws {
    var world = try World(#"{"id":"a","tool":"u"}"#)
    try world.grant()
    try world.crash()
    #expect(try world.row("a") == .unknown)
    #expect(world.disk.state == .waiting)
    try world.crash()
    #expect(world.disk.state == .waiting && world.disk.kinds.count { $0 == "job.waiting" } == 1)
    try world.send(.resolve(StepKey(0), .succeeded(1)))
    #expect(world.disk.state == .succeeded && world.disk.result == ["outputs": ["a": 1]])
  }

  @Test func `a wait for another attempt goes on from where it was`() throws {
    var world = try World(#"{"id":"a","tool":"t","retry":{"max_attempts":2,"backoff_ms":5000,"jitter":0}}"#)
    try world.grant()
    try world.fail("a")
    world.now += 3_000
    try world.crash()
    #expect(world.wakes.map(\.at) == [6_000])
    try world.finish()
    #expect(world.dispatched.map(\.number) == [1, 2])
  }

  @Test func `a job whose waiting is over says that it runs`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    world.offers["t"] = nil
    try world.grant()
    #expect(world.disk.state == .waiting)
    world.offers["t"] = World.terms()
    try world.crash()
    #expect(world.disk.state == .running && world.disk.kinds.last == "job.running")
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }

  @Test func `a pause lasts`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t","depends_on":["a"]}"#)
    try world.grant()
    try world.send(.pause)
    try world.crash()
    try world.grant()
    #expect(world.disk.state == .paused && world.running.isEmpty)
    try world.send(.resume)
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }

  @Test func `a cancel and a deadline are carried to their end`() throws {
    for (event, state, reason) in [(Event.cancel, JobState.cancelled, nil), (.deadline, .failed, "deadline_exceeded")] {
      var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"u"}"#)
      try world.grant()
      try world.send(event)
      try world.crash()
      #expect(world.disk.state == state && world.disk.reason?["name"]?.stringValue == reason)
      #expect(try world.row("a") == .cancelled)
      #expect(try world.row("b") == .failed, "it may have taken effect")
    }
  }

  @Test func `a failed job does not begin again what it gave up`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t"},{"id":"c","tool":"t","depends_on":["b"]}"#)
    try world.grant()
    try world.fail("a", nil, WireError(.toolFailed, "broken"))
    #expect(world.disk.state == .running)
    try world.crash()
    #expect(world.disk.state == .failed && world.disk.reason?["message"] == "broken")
    #expect(world.dispatched.count == 2)
  }

  @Test func `items go on: what succeeded stays, what ran is made again, what had not begun begins`() throws {
    var world = try World(
      #"{"id":"a","tool":"t","for_each":{"in":[0,1,2,3],"concurrency":2},"input":{"v":"item:value"}}"#
    )
    try world.grant()
    try world.succeed("a", 0, "first")
    try world.grant()
    try world.crash()
    #expect(world.ready.count == 2, "no more at a time than before")
    try world.finish { $0.input["v"] ?? .null }
    #expect(world.disk.rows[StepKey(0)]?.output == #"["first",1,2,3]"#)
    #expect(world.dispatched.count == 6)
  }

  @Test func `a list that has failed stays failed, for the same reason`() throws {
    var world = try World(#"{"id":"a","tool":"u","for_each":[0,1,2],"input":{"v":"item:value"}}"#)
    try world.grant()
    try world.fail("a", 1, WireError(.toolFailed, "broken"))
    try world.crash()
    #expect(world.disk.state == .failed && world.disk.reason?["message"] == "item 1: broken")
    #expect(world.disk.reason?["data"]?["item"] == 1)
    #expect(world.dispatched.count == 3)
    #expect(world.disk.rows.values.allSatisfy { $0.state.isFinal })
  }

  @Test func `items that one failure gave up are not begun`() throws {
    var world = try World(
      #"{"id":"a","tool":"t","for_each":[0,1,2],"retry":{"max_attempts":2,"on":["unavailable"]},"input":{"v":"item:value"}}"#
    )
    try world.grant()
    try world.fail("a", 0, WireError(.unavailable, "later"))
    try world.fail("a", 1, WireError(.toolFailed, "broken"))
    try world.crash()
    #expect(world.ready.isEmpty && world.wakes.isEmpty)
    #expect(world.disk.state == .failed)
  }

  @Test func `what the journal cannot give back fails the job with that reason`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a"}}"#)
    try world.grant()
    try world.succeed("a")
    world.disk.rows[StepKey(0)]?.output = "{broken"
    try world.crash()
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "internal_error")
  }

  @Test func `a crash at every point of a run leads to the same end`() throws {
    let steps =
      #"{"id":"a","tool":"t"},{"id":"l","tool":"t","for_each":{"in":[0,1,2],"concurrency":2},"depends_on":["a"],"#
      + #""input":{"v":"item:value"}},{"id":"w","tool":"t","when":{"value":"step:a","equals":1}},"#
      + #"{"id":"s","tool":"t","on_failure":"skip","retry":{"max_attempts":2}},{"id":"x","tool":"t","depends_on":["s"]},"#
      + #"{"id":"end","tool":"t","input":{"l":"step:l","w":"step:w"}}"#
    for point in 0..<60 {
      var world = try World(steps, starts: false)
      world.holdsCommits = true
      try world.send(.start)
      var number = 0
      while !(world.machine.isFinal && world.entries.isEmpty) {
        if number == point { try world.crash() }
        number += 1
        if !world.entries.isEmpty {
          try world.commit()
        } else if !world.ready.isEmpty {
          try world.grant(1)
        } else if let key = world.running.keys.min() {
          if try world.key("s") == key {
            try world.fail("s")
          } else {
            try world.end(key, .succeeded(ToolResult(output: 1), isCached: false))
          }
        } else {
          try world.wait()
        }
      }
      #expect(world.disk.state == .succeeded && world.disk.result == ["outputs": ["end": 1]], "\(point)")
      #expect(try world.row("x") == .skipped, "\(point)")
      #expect(world.disk.rows.values.allSatisfy { $0.state.isFinal }, "\(point)")
    }
  }
}
