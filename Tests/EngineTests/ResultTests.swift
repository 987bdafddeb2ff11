import JSON
import Journal
import Testing
import Wire

@testable import Engine

@Suite struct `The result of a job` {
  private static func text(_ count: Int) -> JSON { .string(String(repeating: "x", count: count - 2)) }

  @Test func `has the outputs of the last steps, and the text that the plan asks for`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t","depends_on":["a"]},{"id":"c","tool":"t"}"#,
      synthesis: "a is {{step:a}}, c has {{step:c#/n}}; all: {{steps}}"
    )
    try world.finish { $0.step == "c" ? ["n": 3] : .string($0.step) }
    #expect(
      world.disk.result == [
        "outputs": ["b": "b", "c": ["n": 3]],
        "synthesis": #"a is a, c has 3; all: {"a":"a","b":"b","c":{"n":3}}"#,
      ]
    )
  }

  @Test func `a text that cannot be made fails the job`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#, synthesis: "{{step:a#/gone}}")
    try world.finish()
    #expect(world.disk.state == .failed)
    #expect(world.disk.reason?["message"]?.stringValue?.hasPrefix("final_synthesis: ") == true)
    #expect(try world.row("a") == .succeeded)
  }

  @Test func `an output is shown up to its size and left out above it`() throws {
    for (size, isShown) in [(65_536, true), (65_537, false)] {
      var world = try World(#"{"id":"a","tool":"t"}"#)
      try world.finish { _ in Self.text(size) }
      let shown = world.disk.result?["outputs"]?["a"]
      #expect(isShown ? shown == Self.text(size) : shown == ["omitted_bytes": .integer(Int64(size))])
      #expect(world.disk.rows[StepKey(0)]?.output?.utf8.count == size, "the journal has it all")
    }
  }

  @Test func `all outputs together are bounded`() throws {
    let steps = (0..<100).map { #"{"id":"s\#($0)","tool":"t"}"# }.joined(separator: ",")
    var world = try World(steps)
    try world.finish { _ in Self.text(60_000) }
    let outputs = try #require(world.disk.result?["outputs"]?.objectValue)
    #expect(outputs.count == 100)
    #expect(outputs.members.count { $0.value["omitted_bytes"] == nil } == 69)
    #expect(JSON.object(outputs).serialized().count < 5 << 20)
  }

  @Test func `an output that the text names is whole in the text and bounded beside it`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#, synthesis: "{{step:a}}")
    try world.finish { _ in Self.text(100_000) }
    #expect(world.disk.result?["synthesis"]?.stringValue?.utf8.count == 99_998)
    #expect(world.disk.result?["outputs"]?["a"] == ["omitted_bytes": 100_000])
  }

  @Test func `a large output that others read is whole for them`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a"}}"#,
      synthesis: "{{steps}}"
    )
    try world.grant()
    try world.succeed("a", nil, Self.text(100_000))
    try world.grant()
    #expect(world.running[StepKey(1)]?.input["x"] == Self.text(100_000))
    try world.succeed("b", nil, 1)
    #expect(world.disk.result?["synthesis"] == #"{"a":{"omitted_bytes":100000},"b":1}"#)
  }

  @Test func `a crash changes nothing of it`() throws {
    var world = try World(
      #"{"id":"a","tool":"t"},{"id":"b","tool":"t","input":{"x":"step:a"}},{"id":"c","tool":"t"}"#,
      synthesis: "{{steps}} {{step:c#/0}}"
    )
    try world.grant()
    try world.succeed("a", nil, Self.text(70_000))
    try world.succeed("c", nil, [Self.text(80_000)])
    try world.crash()
    try world.finish { _ in 1 }
    #expect(world.disk.result?["outputs"] == ["b": 1, "c": ["omitted_bytes": 80_002]])
    #expect(
      world.disk.result?["synthesis"]?.stringValue?.hasPrefix(#"{"a":{"omitted_bytes":70000},"b":1,"c":["#) == true
    )
  }

  @Test func `artifacts and receipts are written with the step`() throws {
    var world = try World(#"{"id":"a","tool":"t"}"#)
    try world.grant()
    let digest = String(repeating: "a", count: 64)
    try world.succeed("a", nil, 1, artifacts: [Artifact(sha256: digest, bytes: 3, mediaType: "text/plain", name: "n")])
    #expect(world.disk.artifacts == [digest])
    #expect(world.disk.rows[StepKey(0)]?.artifacts?.contains(digest) == true)
  }
}
