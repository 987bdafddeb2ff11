import Foundation
import Glibc
import JSON
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// What a server reaches: what its entry grants, and nothing else. Each refusal has its positive beside it.
@Suite struct WallTests {
  private static func folder(_ mode: mode_t) throws -> String {
    let path = FileManager.default.temporaryDirectory.appending(path: "bulkhead-mcp-wall-\(UUID())").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    chmod(path, mode)
    #expect(FileManager.default.createFile(atPath: path + "/file", contents: Data("inside".utf8)))
    return path
  }

  @Test func `files are those that the entry grants`() throws {
    let (readable, writable, other) = (try Self.folder(0o755), try Self.folder(0o777), try Self.folder(0o755))
    defer { for path in [readable, writable, other] { try? FileManager.default.removeItem(atPath: path) } }
    let bench = try MCPBench([
      MCPBench.hostile {
        $0.needs.read.append(readable)
        $0.needs.write.append(writable)
      }
    ])
    func read(_ path: String) throws -> String? { try bench.call("demo.read", ["path": .string(path)]).text }
    func write(_ path: String) throws -> String? { try bench.call("demo.write", ["path": .string(path)]).text }
    #expect(try read(readable + "/file") == "inside" && read(writable + "/file") == "inside")
    #expect(try read(other + "/file") == "OSError 2")
    #expect(try write(writable + "/new") == "1" && write("/workspace/x") == "1" && write("/tmp/x") == "1")
    #expect(try ["OSError 13", "OSError 30"].contains(write(readable + "/new")))
    #expect(try write("/usr/new")?.hasPrefix("OSError") == true)
    for path in ["/etc/shadow", "/root/.bashrc", MCPBench.package + "/Package.swift"] {
      #expect(try read(path)?.hasPrefix("OSError") == true, "\(path)")
    }
    try bench.end()
  }

  @Test func `a server sees no process but its own, and reaches no network`() throws {
    let bench = try MCPBench([MCPBench.hostile()])
    let own = bench.pid()
    let seen = try #require(
      try bench.call("demo.list", ["path": "/proc"]).parsed?.arrayValue?.compactMap(\.stringValue)
    )
    #expect(seen.compactMap { Int32($0) }.count <= 3 && !seen.contains("\(own)"))
    for pid in [own, getpid(), bench.processes().first?.pid ?? 1] {
      #expect(try bench.call("demo.kill", ["pid": .integer(Int64(pid))]).text == "OSError 3")
    }
    for host in ["127.0.0.1", "1.1.1.1"] {
      let text = try bench.call("demo.connect", ["host": .string(host), "port": 53]).text
      #expect(text?.hasPrefix("OSError") == true, "\(text ?? "")")
    }
    #expect(try bench.call("demo.echo", ["text": "on"]).text == "on")
    try bench.end()
  }

  @Test func `secrets are in the server's environment and nowhere else`() throws {
    let secret = "hunter2-\(UUID())"
    let bench = try MCPBench([
      MCPBench.hostile {
        $0.secrets = ["MCP_DEMO_TOKEN": secret]
        $0.environment = ["TOKEN": "MCP_DEMO_TOKEN"]
      }
    ])
    // A server that tells its secret tells it as the name of it.
    let text = try #require(try bench.call("demo.environment").text)
    #expect(!text.contains(secret) && text.contains("(secret MCP_DEMO_TOKEN)") && text.contains("\"TOKEN\""))
    #expect(!text.contains("BULKHEAD"))
    _ = try bench.call("demo.stderr", ["lines": 3, "text": .string("it is \(secret)")])
    try bench.until("it was told") { bench.lines.contains { $0.contains("server: it is") } }
    #expect(!bench.lines.contains { $0.contains(secret) })
    let read = try bench.call("demo.read", ["path": .string("/nowhere/\(secret)")])
    #expect(read.error == nil)
    for process in [(pid: bench.pid(), name: "")] + bench.processes() {
      let line = FileManager.default.contents(atPath: "/proc/\(process.pid)/cmdline") ?? Data()
      #expect(!String(decoding: line, as: UTF8.self).contains(secret), "\(process.name)")
    }
    // The positive: the server itself has it.
    let servers = bench.processes().filter { $0.name.hasPrefix("python") }
    let environments = servers.map { FileManager.default.contents(atPath: "/proc/\($0.pid)/environ") ?? Data() }
    #expect(environments.contains { String(decoding: $0, as: UTF8.self).contains("TOKEN=\(secret)") } || geteuid() != 0)
    let worker = FileManager.default.contents(atPath: "/proc/\(bench.pid())/environ") ?? Data()
    #expect(!String(decoding: worker, as: UTF8.self).contains(secret))
    try bench.end()
  }

  @Test func `a secret that the entry does not have fails the start without telling any`() throws {
    let server = MCPBench.hostile {
      $0.secrets = ["A_SECRET": "value-of-it"]
      $0.environment = ["TOKEN": "ANOTHER"]
    }
    let failure = #expect(throws: MCPBench.NotStarted.self) { try MCPBench([server], expectsFailure: true) }
    #expect(failure?.reason.contains("'/settings/environment/TOKEN' names no secret") == true)
    #expect(failure.map { "\($0)".contains("value-of-it") } == false)
  }

  @Test func `memory and processes are limited, at the server's cost`() throws {
    let bench = try MCPBench([
      MCPBench.hostile { $0.settings["limits"] = ["memory_bytes": 200_000_000, "processes": 20] }
    ])
    let bred = try #require(try bench.call("demo.breed", ["count": 100]).text)
    #expect(bred.hasSuffix("then 11"), "\(bred)")
    #expect(bench.processes().filter { $0.name == "sleep" }.count <= 20)
    let eaten = try bench.call("demo.eat", ["megabytes": 400])
    #expect(eaten.error?.name == .workerLost && eaten.error?.message.contains("memory_limit") == true)
    try bench.until("all it started is gone") { bench.processes().allSatisfy { $0.name != "sleep" } }
    #expect(try bench.call("demo.echo", ["text": "on"]).text == "on")
    try bench.end()
  }

  @Test func `programs are those that the entry names`() throws {
    for (programs, expected) in [(["/usr/bin/true"], ("0", "OSError 13")), (nil, ("0", "0"))]
      as [([String]?, (String, String))]
    {
      let bench = try MCPBench([MCPBench.hostile { $0.needs.programs = programs }])
      let allowed = try bench.call("demo.execute", ["argv": ["/usr/bin/true"]]).text
      let other = try bench.call("demo.execute", ["argv": ["/usr/bin/env"]]).text
      #expect(allowed == expected.0)
      #expect(other == expected.1 || programs != nil && other == "OSError 2", "\(other ?? "")")
      try bench.end()
    }
  }
}
