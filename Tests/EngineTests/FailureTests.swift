import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `When a step does not succeed` {
  static func steps(_ onFailure: String) -> String {
    #"{"id":"a","tool":"t","on_failure":"\#(onFailure)"},{"id":"b","tool":"t","input":{"x":"step:a"}},"#
      + #"{"id":"c","tool":"t","depends_on":["b"]},{"id":"other","tool":"t"}"#
  }

  @Test func `fail ends the job after what runs has ended by itself`() throws {
    var world = try World(Self.steps("fail"))
    try world.grant()
    try world.fail("a", nil, WireError(.toolFailed, "broken", data: ["why": 1]))
    #expect(world.disk.state == .running && world.cancelled.isEmpty, "the other one may end")
    try world.succeed("other", nil, 1)
    #expect(world.isFinished && world.disk.state == .failed)
    #expect(
      world.disk.reason == ["name": "tool_failed", "message": "broken", "step": "a", "data": ["why": 1]]
    )
    #expect(try world.row("other") == .succeeded)
    #expect(try world.row("b") == nil && world.dispatched.count == 2)
  }

  @Test func `fail gives up what has not begun or waits for another attempt`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t","retry":{"max_attempts":2}},{"id":"c","tool":"t"}"#
    )
    try world.grant(2)
    try world.fail("b")
    try world.fail("a")
    #expect(world.isFinished && world.ready.isEmpty)
    #expect(try world.row("b") == .cancelled)
    #expect(try world.row("c") == nil)
  }

  @Test func `skip skips the step with everything that depends on it`() throws {
    var world = try World(Self.steps("skip"))
    try world.grant()
    try world.fail("a")
    try world.succeed("other", nil, 1)
    #expect(world.disk.state == .succeeded)
    #expect(try world.row("a") == .failed)
    for step in ["b", "c"] {
      #expect(try world.row(step) == .skipped)
      #expect(world.disk.rows[try world.key(step)]?.error == #"{"name":"skipped","cause":"failure"}"#)
    }
    #expect(world.disk.result == ["outputs": ["other": 1]])
  }

  @Test func `one failed dependency skips a step even if the others succeeded`() throws {
    var world = try World(
      #"{"id":"a","tool":"t","on_failure":"skip"},{"id":"b","tool":"t"},{"id":"c","tool":"t","depends_on":["a","b"]}"#
    )
    try world.grant()
    try world.fail("a")
    try world.succeed("b")
    #expect(try world.row("c") == .skipped)
    #expect(world.disk.state == .succeeded)
  }

  @Test func `continue lets the others see null`() throws {
    var world = try World(Self.steps("continue"))
    try world.grant()
    try world.fail("a")
    try world.grant()
    #expect(world.running[StepKey(1)]?.input == ["x": .null])
    try world.finish()
    #expect(world.disk.state == .succeeded)
    #expect(world.disk.result == ["outputs": ["c": .null, "other": .null]])
  }
}

@Suite struct `Conditions` {
  static let off = #""when":{"value":1,"equals":2}"#

  @Test func `a step whose condition does not hold is skipped, and one that holds runs`() throws {
    for (value, state) in [("yes", StepState.succeeded), ("no", .skipped)] {
      var world = try World(
        #"{"id":"a","tool":"t"},{"id":"b","tool":"t","when":{"value":"step:a","equals":"yes"}}"#
      )
      try world.grant()
      try world.succeed("a", nil, .string(value))
      try world.finish()
      #expect(try world.row("b") == state)
      #expect(world.disk.state == .succeeded)
    }
  }

  @Test func `a step is skipped by condition only if everything that it depends on was`() throws {
    var world = try World(
      #"{"id":"a","tool":"t",\#(Self.off)},{"id":"b","tool":"t"},{"id":"c","tool":"t",\#(Self.off)},"#
        + #"{"id":"ab","tool":"t","input":{"a":"step:a","b":"step:b"}},{"id":"ac","tool":"t","depends_on":["a","c"]},"#
        + #"{"id":"end","tool":"t","depends_on":["ac"]}"#
    )
    try world.finish { $0.step == "b" ? 5 : $0.input }
    #expect(try world.row("ab") == .succeeded)
    #expect(world.disk.rows[try world.key("ab")]?.output == #"{"a":null,"b":5}"#)
    for step in ["a", "c", "ac", "end"] { #expect(try world.row(step) == .skipped, "\(step)") }
    #expect(world.disk.rows[try world.key("end")]?.error?.contains("condition") == true)
    #expect(world.disk.state == .succeeded && world.disk.result == ["outputs": ["ab": ["a": .null, "b": 5]]])
  }

  @Test func `a condition that cannot be decided fails its step`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t","when":{"value":"step:a","gt":2},"on_failure":"continue"},"#
        + #"{"id":"c","tool":"t","depends_on":["b"]}"#
    )
    try world.grant()
    try world.succeed("a", nil, "text")
    try world.finish()
    #expect(try world.row("b") == .failed)
    #expect(world.disk.rows[try world.key("b")]?.error?.contains("invalid_input") == true)
    #expect(try world.row("c") == .succeeded)
  }

  @Test func `a skipped step gets no attempt and its skip is an event with a reason`() throws {
    let world = try World(#"{"id":"a","tool":"t",\#(Self.off)}"#)
    #expect(world.disk.state == .succeeded && world.dispatched.isEmpty)
    #expect(world.disk.story == ["job.started", "a skipped", "job.succeeded"])
    #expect(world.disk.events[1].data == #"{"reason":"its condition does not hold"}"#)
    #expect(world.disk.result == ["outputs": [:]])
  }
}
