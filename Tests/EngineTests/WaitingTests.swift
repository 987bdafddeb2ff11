import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `An unknown outcome` {
  private static func lost(_ more: String = "") throws -> World {
    var world = try World(#"{"id":"a","tool":"u"\#(more)},{"id":"b","tool":"t","input":{"x":"step:a"}}"#)
    try world.grant()
    try world.fail("a", nil, WireError(.workerLost, "killed"))
    return world
  }

  @Test func `waits for a person, and the job says so`() throws {
    let world = try Self.lost()
    #expect(try world.row("a") == .unknown)
    #expect(world.disk.state == .waiting)
    #expect(world.disk.reason?["step"] == "a" && world.disk.reason?["name"] == "outcome_unknown")
    #expect(world.disk.story == ["job.started", "a started", "a unknown", "job.waiting"])
    #expect(world.machine.isUnknown(StepKey(0)))
  }

  @Test func `resolved as succeeded, its output is what the person says`() throws {
    var world = try Self.lost()
    try world.send(.resolve(StepKey(0), .succeeded("done")))
    #expect(world.disk.state == .running && world.disk.reason == nil)
    try world.finish { $0.input }
    #expect(world.disk.result == ["outputs": ["b": ["x": "done"]]])
    #expect(world.dispatched.count == 2)
  }

  @Test func `resolved as failed, it fails`() throws {
    var world = try Self.lost()
    try world.send(.resolve(StepKey(0), .failed))
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "outcome_unknown")
  }

  @Test func `resolved as skipped, what depends on it is skipped`() throws {
    var world = try Self.lost()
    try world.send(.resolve(StepKey(0), .skip))
    #expect(try world.row("a") == .skipped)
    #expect(try world.row("b") == .skipped)
    #expect(world.disk.state == .succeeded)
    #expect(JobMachine.again(world.machine.plan, from: nil, world.disk.sortedRows) == [0, 1])
  }

  @Test func `resolved to be tried again, it is, with the same key`() throws {
    var world = try Self.lost()
    try world.send(.resolve(StepKey(0), .retry))
    try world.finish()
    #expect(world.disk.state == .succeeded)
    #expect(world.dispatched.map(\.number) == [1, 2, 1])
    #expect(world.dispatched[0].idempotencyKey == world.dispatched[1].idempotencyKey)
  }

  @Test func `an item is resolved alone`() throws {
    for (resolution, output) in [(Resolution.succeeded("x"), #"["x",1]"#), (.skip, "[null,1]")] {
      var world = try World(#"{"id":"a","tool":"u","for_each":[0,1],"input":{"v":"item:value"}}"#)
      try world.grant()
      try world.fail("a", 0, WireError(.workerLost, "killed"))
      #expect(world.disk.state == .running, "the other one runs")
      try world.succeed("a", 1, 1)
      #expect(world.disk.reason?["item"] == 0)
      try world.send(.resolve(try world.key("a", 0), resolution))
      #expect(world.disk.rows[StepKey(0)]?.output == output)
    }
  }

  @Test func `the plan may decide`() throws {
    #expect(try Self.lost(#","on_unknown":"fail""#).disk.reason?["name"] == "outcome_unknown")
    var world = try Self.lost(#","on_unknown":"retry""#)
    #expect(try world.row("a") == .retrying)
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }

  @Test func `what the step says counts more than what the tool says`() throws {
    var world = try World(#"{"id":"a","tool":"u","idempotent":true}"#)
    try world.grant()
    try world.fail("a", nil, WireError(.workerLost, "killed"))
    #expect(try world.row("a") == .retrying)
    world = try World(#"{"id":"a","tool":"t","idempotent":false}"#)
    try world.grant()
    try world.fail("a", nil, WireError(.workerLost, "killed"))
    #expect(try world.row("a") == .unknown)
  }

  @Test func `only what is unknown can be resolved`() throws {
    var world = try World(#"{"id":"a","tool":"u"}"#)
    try world.grant()
    for resolution in [Resolution.failed, .retry, .skip, .succeeded(1)] {
      try world.send(.resolve(StepKey(0), resolution))
      try world.send(.resolve(StepKey(5), resolution))
    }
    #expect(world.disk.kinds == ["job.started", "step.started"])
  }
}

@Suite struct `A tool that is gone or changed` {
  @Test func `a missing tool is waited for, and the step goes on when it is back`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"u"}"#)
    world.offers["t"] = nil
    try world.grant()
    #expect(try world.row("a") == .waiting)
    #expect(world.disk.state == .running, "the other one runs")
    try world.succeed("b")
    #expect(world.disk.state == .waiting)
    #expect(world.disk.reason?["name"] == "unknown_tool" && world.disk.reason?["step"] == "a")
    try world.send(.catalogChanged)
    try world.grant()
    #expect(world.disk.state == .waiting, "it is still missing")
    world.offers["t"] = World.terms()
    try world.send(.catalogChanged)
    #expect(world.disk.state == .running && world.disk.kinds.last == "job.running")
    try world.finish()
    #expect(world.disk.state == .succeeded)
    #expect(world.dispatched.last?.number == 1)
  }

  @Test func `a missing tool fails a step that does not want to wait`() throws {
    var world = try World(#"{"id":"a","tool":"t","on_missing_tool":"fail"}"#)
    world.offers["t"] = nil
    try world.grant()
    #expect(world.disk.state == .failed && world.disk.reason?["name"] == "unknown_tool")
  }

  @Test func `a changed tool waits for a person, whose resume accepts it as it is now`() throws {
    let changes: [(ToolTerms, String)] = [
      (World.terms(schema: "other"), "its input schema has changed"),
      (World.terms(worker: "x"), "worker 'x' offers it now instead of 'w'"),
      (World.terms(idempotent: false), "it no longer says that it is idempotent"),
    ]
    for (terms, why) in changes {
      var world = try World(#"{"id":"a","tool":"t"}"#)
      world.offers["t"] = terms
      try world.grant()
      #expect(world.disk.state == .waiting && world.disk.reason?["name"] == "tool_changed")
      #expect(world.disk.reason?["message"]?.stringValue?.contains(why) == true)
      try world.send(.catalogChanged)
      #expect(world.ready.isEmpty, "a catalog's change is no person's word")
      try world.send(.resume)
      #expect(world.disk.kinds.contains("job.terms_accepted"))
      let spec = try JobSpec(try #require(world.disk.spec))
      #expect(spec.tools["t"] == terms, "what was agreed anew is on disk")
      try world.finish()
      #expect(world.disk.state == .succeeded)
    }
  }

  @Test func `a newer version with the same schema is the same tool`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    world.offers["t"] = ToolTerms(worker: "w", version: "2", schema: "s", isIdempotent: true, isPure: true)
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }

  @Test func `what was accepted is remembered after a crash`() throws {
    var world = try World(#"{"id":"a","tool":"t"},{"id":"b","tool":"t","depends_on":["a"]}"#)
    world.offers["t"] = World.terms(schema: "other")
    try world.grant()
    try world.send(.resume)
    try world.grant()
    try world.succeed("a")
    try world.crash()
    try world.finish()
    #expect(world.disk.state == .succeeded)
  }
}
