import Foundation
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What works, in each era.
@Suite struct CallTests {
  static let eras = ["legacy", "modern", "both"]

  @Test(arguments: eras) func `tools of a server are tools of the catalog and give text and structure`(
    _ era: String
  ) throws {
    let bench = try MCPBench([MCPBench.hostile(era)])
    let echo = try #require(bench.tool("demo.echo"))
    #expect(echo.inputSchema["required"]?[0] == "text" && !echo.isIdempotent && !echo.isPure)
    #expect(echo.meta?["hints"]?["readOnlyHint"] == true && echo.meta?["mcp_name"] == "echo")
    #expect(try bench.call("demo.echo", ["text": "hello"]).output == ["text": "hello"])
    #expect(try bench.call("demo.double", ["number": 21]).output == ["text": "twice", "structured": ["result": 42]])
    #expect(try bench.call("demo.echo").error?.name == .invalidInput)
    #expect(try bench.call("demo.lies").error?.name == .invalidOutput)
    let failed = try bench.call("demo.fail")
    #expect(failed.error?.name == .toolFailed && failed.error?.message.hasPrefix("it failed: no no") == true)
    #expect(try #require(failed.error).message.utf8.count <= 4096)
    // 34 tools come in two pages.
    #expect(bench.tool("demo.pid") != nil)
    try bench.end()
  }

  @Test(arguments: eras) func `resources, prompts and completion are tools too`(_ era: String) throws {
    let bench = try MCPBench([MCPBench.hostile(era)])
    let resources = try bench.call("demo.list_resources").output
    #expect(resources["resources"]?[0]?["uri"] == "note://x" && resources["templates"] == [])
    #expect(try bench.call("demo.read_resource", ["uri": "note://x"]).text == "the note")
    #expect(try bench.call("demo.read_resource", ["uri": "note://z"]).error?.message == "no such resource")
    #expect(try bench.call("demo.list_prompts").output["prompts"]?[0]?["name"] == "greet")
    let prompt = try bench.call("demo.get_prompt", ["name": "greet", "arguments": ["who": "Ada"]]).output
    #expect(prompt["text"] == "Hello Ada" && prompt["messages"]?[0]?["role"] == "user")
    let completion = try bench.call(
      "demo.complete",
      ["ref": ["prompt": "greet"], "argument": ["name": "who", "value": "b"]]
    )
    let status = try bench.call("demo.server_status").output
    #expect(status["era"]?.stringValue == (era == "legacy" ? "legacy" : "modern") && status["transport"] == "stdio")
    #expect(status["server"] == ["name": "hostile", "version": "1"] && status["tools"] == 34)
    #expect(try #require(status["ping_ms"]?.doubleValue) > 0)
    #expect(completion.output == ["values": ["ba", "bb"], "total": 2, "has_more": false])
    try bench.end()
  }

  @Test func `pictures, sounds and blobs are artifacts, and what is between them keeps its order`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    let answer = try bench.call("demo.picture")
    #expect(answer.text == "before\ninside\nafter" && answer.artifacts.count == 3)
    let content = try #require(answer.output["content"]?.arrayValue)
    #expect(
      content.map { $0["type"]?.stringValue } == [
        "text", "image", "audio", "resource", "resource", "resource_link", "text",
      ]
    )
    #expect(content[1]["artifact"]?.stringValue == answer.artifacts.first { $0.mediaType == "image/png" }?.sha256)
    #expect(answer.artifacts.map(\.name).sorted() == ["3-b.bin", "audio-2.wav", "image-1.png"])
    let picture = try #require(answer.artifacts.first { $0.mediaType == "image/png" })
    #expect(try bench.bytes(of: picture) == [0x89, 0x50, 0x4E, 0x47] + [UInt8](repeating: 0, count: 1000))
    #expect(try bench.call("demo.broken_picture").error?.name == .invalidOutput)
    try bench.end()
  }

  @Test func `a long text is an artifact, and a structure above the limit is refused`() throws {
    let bench = try MCPBench([MCPBench.hostile { $0.settings["output_limit"] = 100_000 }])
    let answer = try bench.call("demo.huge", ["bytes": 300_000])
    #expect(answer.output["truncated"] == true && answer.text?.utf8.count == 12_500)
    let artifact = try #require(answer.artifacts.first)
    #expect(artifact.bytes == 300_000 && artifact.mediaType == "text/plain")
    #expect(answer.output["content"]?[0]?["artifact"]?.stringValue == artifact.sha256)
    #expect(try bench.call("demo.huge", ["bytes": 40_000]).text?.utf8.count == 40_000)
    let refused = try bench.call("demo.structure", ["bytes": 100_000])
    #expect(refused.error?.name == .limitExceeded && refused.error?.data["limit"] == "output_limit")
    try bench.end()
  }

  @Test(arguments: eras) func `calls run beside each other, and each gets its own answer`(_ era: String) throws {
    let bench = try MCPBench([MCPBench.hostile(era)])
    let start = BootTime.now
    let slow = (0..<10).map { _ in bench.begin("demo.slow", ["seconds": 0.5]) }
    let quick = (0..<50).map { bench.begin("demo.echo", ["text": .string("\($0)")]) }
    try bench.until("the quick ones are answered") { quick.allSatisfy { $0.result != nil } }
    #expect(quick.map(\.text) == (0..<50).map { "\($0)" })
    #expect(slow.allSatisfy { $0.result == nil })
    try bench.until("the slow ones are answered") { slow.allSatisfy { $0.result != nil } }
    #expect(BootTime.now.milliseconds(since: start) < 3_000)
    try bench.end()
  }

  @Test(arguments: eras) func `progress and the server's log arrive`(_ era: String) throws {
    let bench = try MCPBench([MCPBench.hostile(era)])
    let answer = try bench.call("demo.progress", ["steps": 5, "pause": 0.06])
    #expect(answer.text == "counted" && answer.progress.last?.text == "step 5" && answer.progress.last?.fraction == 1)
    #expect(answer.progress.count >= 3)
    _ = try bench.call("demo.log", ["lines": 3])
    try bench.until("the log is there") { bench.lines.contains { $0.contains("log: warning hostile: line 2") } }
    #expect(!bench.lines.contains { $0.contains("\u{1B}") })
    try bench.end()
  }

  @Test(arguments: eras) func `what is cancelled, or takes too long, is told to the server`(_ era: String) throws {
    let bench = try MCPBench([MCPBench.hostile(era) { $0.settings["timeout_ms"] = 300 }])
    let answer = bench.begin("demo.never")
    try bench.until("it runs") { answer.invocation != nil }
    bench.loop.schedule(after: 50) { answer.invocation?.cancel(.caller) }
    try bench.until("it is cancelled") { answer.result != nil }
    #expect(answer.error?.name == .cancelled)
    let late = try bench.call("demo.never")
    #expect(late.error?.name == .deadlineExceeded)
    let told = try #require(try bench.call("demo.cancelled").parsed?.arrayValue)
    #expect(told.count == 2)
    try bench.end()
  }

  @Test func `tools that change are offered anew`() throws {
    for era in ["legacy", "modern"] {
      let bench = try MCPBench([MCPBench.hostile(era)])
      #expect(bench.tool("demo.new") == nil)
      _ = try bench.call("demo.change", ["times": 500])
      try bench.until("the new tool is there") { bench.tool("demo.new") != nil }
      #expect(bench.tool("demo.echo")?.description == "echo, version 2")
      try bench.end()
    }
  }

  @Test func `only the tools that the entry lists are offered`() throws {
    let bench = try MCPBench([MCPBench.hostile { $0.settings["tools"] = ["echo", "read_resource", "nobody"] }])
    #expect(Set(bench.supervisor.catalog.keys) == ["demo.echo", "demo.read_resource", "demo.server_status"])
    #expect(bench.lines.contains { $0.contains("there is no tool 'nobody'") })
    try bench.end()
  }
}
