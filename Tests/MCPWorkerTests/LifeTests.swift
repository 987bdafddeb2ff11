import Foundation
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Sleep, waking, and the end.
@Suite struct LifeTests {
  @Test(arguments: ["legacy", "modern"]) func `an idle server sleeps, and the next call wakes it`(_ era: String) throws
  {
    let bench = try MCPBench([MCPBench.hostile(era) { $0.settings["idle_ms"] = 300 }])
    let first = try #require(try bench.call("demo.pid").text)
    #expect(bench.pythons() == 1)
    try bench.until("it sleeps") { bench.pythons() == 0 }
    // The catalog stays.
    #expect(bench.tool("demo.echo") != nil)
    let calls = (0..<5).map { bench.begin("demo.echo", ["text": .string("\($0)")]) }
    try bench.until("all are answered") { calls.allSatisfy { $0.result != nil } }
    #expect(calls.map(\.text) == (0..<5).map { "\($0)" })
    #expect(bench.pythons() == 1)
    #expect(try bench.call("demo.pid").text != first)
    #expect(bench.lines.filter { $0.hasPrefix("opened hostile") }.count == 2)
    try bench.end()
  }

  @Test func `a call that runs keeps it awake`() throws {
    let bench = try MCPBench([MCPBench.hostile { $0.settings["idle_ms"] = 100 }])
    #expect(try bench.call("demo.slow", ["seconds": 1]).text == "done")
    try bench.end()
  }

  @Test func `drain lets calls end, and nothing is left`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    let slow = bench.begin("demo.slow", ["seconds": 0.5])
    try bench.until("it runs") { slow.invocation?.invocation != nil }
    let pids = bench.processes().map(\.pid)
    #expect(pids.count >= 3)
    try bench.end()
    #expect(slow.text == "done")
    for pid in pids { #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)/exe"), "\(pid)") }
  }

  @Test func `a server that will not end is ended, with what it started`() throws {
    let bench = try MCPBench([MCPBench.hostile("both", "stubborn")])
    #expect(try bench.call("demo.echo", ["text": "x"]).text == "x")
    let pids = bench.processes().map(\.pid)
    #expect(bench.processes().contains { $0.name == "sleep" })
    let start = BootTime.now
    try bench.end()
    #expect(BootTime.now.milliseconds(since: start) < 5_000)
    for pid in pids { #expect(!FileManager.default.fileExists(atPath: "/proc/\(pid)/exe"), "\(pid)") }
  }

  @Test func `the server ends with a bridge that is killed`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    let servers = bench.processes().filter { $0.name.hasPrefix("python") || $0.name == "bulkhead-jail" }.map(\.pid)
    #expect(servers.count >= 2)
    let bridge = try #require(bench.processes().first { $0.name == "mcp-worker" }).pid
    kill(bridge, SIGKILL)
    try bench.until("the server is gone") {
      servers.allSatisfy { !FileManager.default.fileExists(atPath: "/proc/\($0)/exe") }
    }
  }

  @Test func `a start that takes long blocks nothing, and its tools come with it`() throws {
    let bench = try MCPBench([MCPBench.hostile("both", "late"), MCPBench.hostile(name: "quick")])
    #expect(bench.tool("demo.echo") != nil && bench.tool("quick.echo") != nil)
    try bench.end()
  }

  @Test func `twenty servers start beside each other`() throws {
    let servers = (0..<20).map { i in MCPBench.hostile(name: "s\(i)") }
    let bench = try MCPBench(servers)
    for i in 0..<20 { #expect(try bench.call("s\(i).echo", ["text": "x"]).text == "x") }
    try bench.end()
  }
}
