import JSON
import Posix
import Testing
import Wire

@Suite(.serialized) struct LimitTests {
  /// A limit, a command that runs into it after it has said something, and how the record tells it.
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var command: String
    var limits: ResourceLimits
    var reasons: [String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "wall_ms", command: "sleep 100", limits: limits { $0.wallMS = 300 }, reasons: ["timeout"]),
    Case(name: "cpu_ms", command: "while :; do :; done", limits: limits { $0.cpuMS = 300 }, reasons: ["cpu_limit"]),
    Case(
      name: "memory_bytes",
      command: "head -c 200M /dev/zero | tail",
      limits: limits { $0.memoryBytes = 64 << 20 },
      reasons: ["memory_limit"]
    ),
    Case(name: "output_bytes", command: "yes", limits: limits { $0.outputBytes = 10_000 }, reasons: ["output_limit"]),
    Case(
      name: "processes",
      command: "python3 -c $'import subprocess, time\\ntry:\\n while 1: p = subprocess.Popen([\"sleep\", \"9\"])\\n"
        + "except OSError: time.sleep(.5)'; exit 1",
      limits: limits { $0.processes = 4 },
      reasons: ["process_limit"]
    ),
    Case(
      name: "file_bytes",
      command: "head -c 2M /dev/zero > f",
      limits: limits { $0.fileBytes = 1 << 20 },
      reasons: ["nonzero_exit"]
    ),
    Case(
      name: "workspace_bytes",
      command: "head -c 2M /dev/zero > f",
      limits: limits { $0.workspaceBytes = 1 << 20 },
      reasons: ["workspace_limit"]
    ),
    Case(
      name: "open_files",
      command: "python3 -c $'import os, time\\ntry:\\n while 1: os.dup(0)\\nexcept OSError: time.sleep(.5)'; exit 1",
      limits: limits { $0.openFiles = 32 },
      reasons: ["nonzero_exit"]
    ),
  ]

  @Test(arguments: cases)
  func `a limit has its own name, the partial output stays, and the worker goes on`(limit: Case) throws {
    let bench = try SandboxBench()
    var answer = try bench.bash("echo before; \(limit.command)", limits: limit.limits)
    // Processes and descriptors are counted by sampling, which a busy machine may cheat of its look.
    for _ in 0..<4 where !answer.limits.contains(limit.name) {
      answer = try bench.bash("echo before; \(limit.command)", limits: limit.limits)
    }
    #expect(limit.reasons.contains(answer.reason ?? ""), "\(answer.record)")
    #expect(answer.limits.contains(limit.name), "\(answer.record)")
    // Those that give the program an errno are refusals, too.
    let refused = answer.record["denials"]?.arrayValue?.contains { $0["limit"]?.stringValue == limit.name }
    #expect(refused == ["processes", "file_bytes", "open_files", "workspace_bytes"].contains(limit.name))
    #expect(answer.stdout?.hasPrefix("before\n") == true)
    #expect(try bench.bash("echo fine").stdout == "fine\n")
    try bench.end()
  }

  @Test func `an output limit cuts at its byte and says so`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash("yes", limits: limits { $0.outputBytes = 1001 })
    #expect(answer.stdout?.utf8.count == 1001)
    #expect(answer.record["stdout"]?["truncated"] == true)
    try bench.end()
  }

  @Test func `output whose JSON is six times as long still fits the answer`() throws {
    let bench = try SandboxBench()
    let answer = try bench.bash(
      "head -c 4M /dev/zero; head -c 4M /dev/zero >&2",
      limits: limits { $0.outputBytes = 8 << 20 }
    )
    #expect(answer.reason == "ok")
    #expect(answer.record["stdout"]?["truncated"] == true)
    #expect(answer.stdout?.utf8.count ?? 0 > 100_000)
    try bench.end()
  }

  @Test func `the limits of a warm run count from its begin`() throws {
    let bench = try SandboxBench(settings: ["warm": ["python": 1, "idle_ms": 60000]])
    _ = try bench.python("1")
    try bench.until("one waits") { bench.descendants().contains { $0.name.hasPrefix("python3") } }
    // Longer than the limit, while it waits.
    var waited = false
    bench.loop.schedule(after: 1500) { waited = true }
    try bench.until("a while has passed") { waited }
    let answer = try bench.python("print('x')\nwhile True: pass", limits: limits { $0.wallMS = 1000 })
    #expect(answer.reason == "timeout")
    #expect(answer.limits == ["wall_ms"])
    #expect(answer.stdout == "x\n")
    let used = answer.receipt
    #expect((900...5000).contains(used?.wallMS ?? 0))
    #expect((1...2000).contains(used?.cpuMS ?? 0))
    try bench.end()
  }

  @Test func `a run ends before its call's deadline, with its record`() throws {
    let bench = try SandboxBench()
    let answer = try bench.call("bash", ["command": "echo a; sleep 100"], timeoutMS: 1500)
    #expect(answer.reason == "timeout")
    #expect(answer.stdout == "a\n")
    try bench.end()
  }
}
