import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `Items of a list` {
  static func steps(_ list: String, more: String = "") -> String {
    #"{"id":"a","tool":"t","for_each":{"in":\#(list)\#(more)},"input":{"v":"item:value","i":"item:index"}},"#
      + #"{"id":"b","tool":"t","input":{"x":"step:a"}}"#
  }

  @Test(arguments: [0, 1, 3, 1_000])
  func `the step runs once for each item and its output is the list of theirs in order`(_ count: Int) throws {
    let list = JSON.array((0..<count).map { .integer(Int64($0 * 10)) })
    var world = try World(Self.steps(list.description))
    try world.grant()
    // Backwards: the order of the ends does not matter.
    for item in (0..<count).reversed() {
      #expect(
        world.running[StepKey(0, item: item)]?.input == ["v": .integer(Int64(item * 10)), "i": .integer(Int64(item))]
      )
      try world.succeed("a", item, .integer(Int64(item)))
    }
    #expect(try world.row("a") == .succeeded)
    try world.grant()
    #expect(world.running[StepKey(1)]?.input == ["x": .array((0..<count).map { .integer(Int64($0)) })])
    try world.succeed("b")
    #expect(world.disk.state == .succeeded)
    #expect(world.disk.rows.count == count + 2)
  }

  @Test func `each item has a key of its own although inputs are equal`() throws {
    var world = try World(#"{"id":"a","tool":"t","for_each":[1,1,1],"input":{"v":"item:value"}}"#)
    try world.grant()
    #expect(Set(world.dispatched.map(\.idempotencyKey)).count == 3)
    #expect(world.dispatched.map { $0.idempotencyKey.hasPrefix("j/a[\($0.key.item ?? -1)]/1/") } == [true, true, true])
  }

  @Test func `no more run at a time than concurrency says`() throws {
    var world = try World(Self.steps("[0,1,2,3,4]", more: #","concurrency":2"#))
    var most = 0
    while world.disk.rows[StepKey(0)]?.state == .running {
      try world.grant()
      most = max(most, world.running.count)
      try world.succeed("a", try #require(world.running.keys.min()).item)
    }
    #expect(most == 2 && world.dispatched.count == 5)
  }

  @Test func `a list of a step's output, and none of a skipped one`() throws {
    var world = try World(#"{"id":"l","tool":"t"},"# + Self.steps(#""step:l#/items""#))
    try world.grant()
    try world.succeed("l", nil, ["items": ["x", "y"]])
    try world.finish { $0.input["v"] ?? .null }
    #expect(world.disk.rows[try world.key("a")]?.output == #"["x","y"]"#)

    world = try World(
      #"{"id":"l","tool":"t","when":{"value":1,"equals":2}},{"id":"m","tool":"t"},"#
        + #"{"id":"a","tool":"t","for_each":"step:l","depends_on":["m"]}"#
    )
    try world.finish()
    #expect(world.disk.rows[try world.key("a")]?.output == "[]")
    #expect(world.dispatched.count == 1)
  }

  @Test func `what is no list, and a list that is too long, fail the step`() throws {
    for (output, name) in [("text", "invalid_input"), (["a", "b", "c"], "limit_exceeded")] as [(JSON, String)] {
      var world = try World(#"{"id":"l","tool":"t"},"# + Self.steps(#""step:l""#, more: #","max":2"#))
      try world.grant()
      try world.succeed("l", nil, output)
      #expect(world.disk.state == .failed && world.disk.reason?["name"]?.stringValue == name)
      #expect(try world.row("a") == .failed)
    }
  }

  @Test func `an item that fails for good fails the step when the others that run have ended, and no more begin`()
    throws
  {
    var world = try World(Self.steps("[0,1,2,3,4]", more: #","concurrency":3"#))
    try world.grant()
    try world.fail("a", 1, WireError(.toolFailed, "broken", data: ["why": "x"]))
    #expect(try world.row("a") == .running)
    try world.succeed("a", 0)
    try world.grant()
    try world.fail("a", 2, WireError(.toolFailed, "also"))
    #expect(world.dispatched.count == 3)
    #expect(world.disk.state == .failed)
    #expect(
      world.disk.reason
        == ["name": "tool_failed", "message": "item 1: broken", "step": "a", "data": ["why": "x", "item": 1]]
    )
  }

  @Test(arguments: ["skip", "continue"])
  func `an item that may fail is null in the list`(_ onFailure: String) throws {
    var world = try World(
      Self.steps("[0,1,2]").replacing(#""id":"a","#, with: #""id":"a","on_failure":"\#(onFailure)","#)
    )
    try world.grant()
    try world.fail("a", 1)
    try world.finish { $0.input["i"] ?? $0.input }
    #expect(world.disk.rows[try world.key("a")]?.output == "[0,null,2]")
    #expect(try world.row("a", 1) == .failed)
    #expect(world.disk.state == .succeeded)
  }

  @Test func `items that wait for another attempt are given up when one has failed for good`() throws {
    var world = try World(
      #"{"id":"a","tool":"t","for_each":[0,1,2],"retry":{"max_attempts":2,"on":["unavailable"]},"input":{"v":"item:value"}}"#
    )
    try world.grant()
    try world.fail("a", 0, WireError(.unavailable, "later"))
    try world.fail("a", 1)
    #expect(try world.row("a", 0) == .cancelled)
    // It runs, and fails in a way that would be tried again.
    try world.fail("a", 2, WireError(.unavailable, "later"))
    #expect(world.disk.state == .failed)
    #expect(try world.row("a", 2) == .failed)
  }

  @Test func `a person's no to one item fails the step once`() throws {
    var world = try World(#"{"id":"a","tool":"u","for_each":[0,1],"input":{"v":"item:value"}}"#)
    try world.grant()
    try world.fail("a", 0, WireError(.workerLost, "killed"))
    try world.fail("a", 1, WireError(.workerLost, "killed"))
    #expect(world.disk.state == .waiting)
    try world.send(.resolve(try world.key("a", 0), .failed))
    #expect(world.disk.state == .failed, "the other one is given up")
    #expect(world.disk.rows[try world.key("a", 1)]?.error?.contains("outcome_unknown") == true)
  }

  @Test func `the list of all outputs has the limit of one output`() throws {
    var world = try World(#"{"id":"a","tool":"t","for_each":[0,1],"input":{"v":"item:value"}}"#)
    try world.grant()
    let half = JSON.string(String(repeating: "x", count: Limit.outputBytes / 2))
    try world.succeed("a", 0, half)
    try world.succeed("a", 1, half)
    #expect(world.disk.state == .failed)
    #expect(world.disk.reason?["name"] == "limit_exceeded" && world.disk.reason?["data"]?["limit"] == "output_bytes")
  }

  @Test func `a job that is cancelled leaves no step that seems to have succeeded`() throws {
    var world = try World(Self.steps("[0,1,2]", more: #","concurrency":2"#))
    try world.grant()
    try world.succeed("a", 0)
    try world.grant()
    try world.send(.cancel)
    #expect(Set(world.cancelled) == [StepKey(0, item: 1), StepKey(0, item: 2)])
    for item in 1...2 { try world.fail("a", item, WireError(.cancelled, "stopped")) }
    #expect(world.disk.state == .cancelled)
    #expect(try world.row("a") == .cancelled)
    #expect(try world.row("a", 0) == .succeeded)
    #expect(JobMachine.again(world.machine.plan, from: nil, world.disk.sortedRows) == [0, 1])
  }

  @Test func `a list that was not begun in full ends with its job`() throws {
    var world = try World(Self.steps("[0,1,2]", more: #","concurrency":1"#) + #",{"id":"c","tool":"t"}"#)
    try world.grant()
    try world.fail("c")
    try world.succeed("a", 0)
    #expect(world.disk.state == .failed)
    #expect(try world.row("a") == .cancelled)
    #expect(world.disk.rows.values.allSatisfy { $0.state.isFinal })
  }
}
