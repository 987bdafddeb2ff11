import Foundation
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What a server may do wrong; each thing costs the server and its calls, never the bridge or a neighbour.
@Suite struct HostileTests {
  @Test(arguments: ["legacy", "modern"])
  func `lines that are no messages, wrong ids and answers given twice do no harm`(_ era: String) throws {
    let bench = try MCPBench([MCPBench.hostile(era)])
    #expect(try bench.call("demo.nonsense").text == "first")
    #expect(try bench.call("demo.echo", ["text": "still here"]).text == "still here")
    #expect(try bench.call("demo.shapeless").error?.name == .invalidOutput)
    let error = try #require(try bench.call("demo.error").error)
    #expect(error.name == .toolFailed && error.data["code"] == -32602 && error.data["detail"] == nil)
    #expect(error.message.utf8.count <= 4096)
    try bench.end()
  }

  @Test func `a server that greets in plain text is understood all the same`() throws {
    let bench = try MCPBench([MCPBench.hostile("both", "garbage")])
    #expect(try bench.call("demo.echo", ["text": "hi"]).text == "hi")
    try bench.end()
  }

  @Test func `a server that dies at its start is the worker's failure, with its last words`() throws {
    let failure = #expect(throws: MCPBench.NotStarted.self) {
      try MCPBench([MCPBench.hostile("both", "dies")], expectsFailure: true)
    }
    #expect(failure?.reason.contains("exited with code 4") == true, "\(failure?.reason ?? "")")
    #expect(failure?.lines.contains("server: cannot go on") == true)
  }

  @Test func `a program that does not exist is named`() throws {
    let server = MCPBench.Server(command: ["no-such-program"])
    let failure = #expect(throws: MCPBench.NotStarted.self) { try MCPBench([server], expectsFailure: true) }
    #expect(failure?.reason.contains("there is no program 'no-such-program' in /usr/local/bin") == true)
  }

  @Test func `a server that never answers fails the start, and not before its time`() throws {
    let server = MCPBench.hostile("both", "silent") { $0.settings["timeout_ms"] = 300 }
    #expect(throws: MCPBench.NotStarted.self) { try MCPBench([server], expectsFailure: true) }
  }

  @Test func `a server that dies in a call loses it by name, and the next call starts it again`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    for tool in ["demo.die", "demo.exit"] {
      let neighbour = bench.begin("demo.slow", ["seconds": 30])
      let lost = try bench.call(tool)
      #expect(lost.error?.name == .workerLost, "\(String(describing: lost.error))")
      try bench.until("the neighbour is lost too") { neighbour.result != nil }
      #expect(neighbour.error?.name == .workerLost)
      #expect(try bench.call("demo.echo", ["text": "again"]).text == "again")
    }
    // The bridge itself lived on.
    #expect(bench.supervisor.kinds["demo"]?.instances.first?.restarts == 0)
    #expect(bench.lines.contains { $0.contains("the server is gone: it was ended by signal SIGKILL") })
    try bench.end()
  }

  @Test func `one that dies again and again is started ever less often, and says when`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    var refused: WireError?
    for _ in 0..<12 {
      let error = try #require(try bench.call("demo.die").error)
      if error.name == .unavailable {
        refused = error
        break
      }
      #expect(error.name == .workerLost)
    }
    let error = try #require(refused)
    #expect(try #require(error.data["retry_after_ms"]?.integerValue) > 5_000)
    #expect(error.message.contains("signal SIGKILL"))
    try bench.end()
  }

  @Test func `a flood of messages ends the server that sends it, and its neighbour does not notice`() throws {
    let bench = try MCPBench([MCPBench.hostile(), MCPBench.hostile(name: "calm")])
    for method in ["notifications/message", "notifications/unknown", "notifications/tools/list_changed"] {
      let flood = bench.begin("demo.flood", ["method": .string(method), "thousands": 5_000])
      var slowest: Int64 = 0
      for i in 0..<20 {
        let start = BootTime.now
        #expect(try bench.call("calm.echo", ["text": .string("\(i)")]).text == "\(i)")
        slowest = max(slowest, BootTime.now.milliseconds(since: start))
      }
      #expect(slowest < 2_000)
      try bench.until("the flood is over") { flood.result != nil }
      #expect(flood.error?.name == .workerLost, "\(flood.output)")
      #expect(try bench.call("demo.echo", ["text": "again"]).text == "again")
    }
    #expect(bench.lines.count < 3_000)
    try bench.end()
  }

  @Test func `standard error is bounded and told line by line`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    #expect(try bench.call("demo.stderr", ["lines": 100_000]).text == "wrote")
    #expect(try bench.call("demo.echo", ["text": "on"]).text == "on")
    let lines = bench.lines.filter { $0.hasPrefix("server: noise") }
    #expect((100...2_000).contains(lines.count) && lines.first == "server: noise 0")
    try bench.end()
  }

  @Test func `an answer of forty megabytes fails its own call`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    let huge = try bench.call("demo.huge", ["bytes": 40_000_000])
    #expect(huge.error?.name == .limitExceeded && huge.error?.data["limit"] == "message_bytes")
    #expect(try bench.call("demo.echo", ["text": "on"]).text == "on")
    try bench.end()
  }

  @Test func `tools that cannot be offered are left out one by one`() throws {
    let bench = try MCPBench([MCPBench.hostile("both", "wicked")])
    let names = Set(bench.supervisor.catalog.keys.filter { !$0.hasSuffix("s") || $0 == "demo.good" })
    #expect(names.contains("demo.good") && names.contains("demo.a_b") && names.contains("demo.draft7"))
    #expect(names.filter { $0.hasPrefix("demo.xxx") }.count == 2 && names.allSatisfy { $0.utf8.count <= 128 })
    for name in ["pattern", "list", "none", "remote", "large", "deep"] {
      #expect(bench.tool("demo.\(name)") == nil, "\(name)")
    }
    // What it promises cannot be checked; it is offered without.
    #expect(bench.tool("demo.promise")?.outputSchema?["required"] == ["text"])
    let hidden = try #require(bench.tool("demo.hidden"))
    #expect(hidden.description.utf8.count <= 8192 && !hidden.isPure && hidden.meta?["hints"]?["readOnlyHint"] == true)
    #expect(bench.lines.contains { $0.contains("tool 'a_b' is left out") && $0.contains("another tool already") })
    try bench.end()
  }

  @Test func `what a server asks for without a grant is refused`() throws {
    for era in ["legacy", "modern"] {
      let bench = try MCPBench([MCPBench.hostile(era)])
      for name in ["ask", "sample", "roots"] {
        let answer = try bench.call("demo.\(name)", timeoutMS: 10_000)
        if era == "modern" {
          #expect(answer.error?.name == .refused, "\(name): \(String(describing: answer.result))")
        } else if name == "roots" {
          #expect(answer.parsed?["code"] != nil || answer.parsed?["roots"] == [], "\(String(describing: answer.text))")
        } else {
          #expect(answer.parsed?["code"] != nil, "\(name): \(String(describing: answer.text))")
        }
      }
      try bench.end()
    }
  }
}
