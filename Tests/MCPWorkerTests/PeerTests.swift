import Foundation
import Glibc
import JSON
import Peers
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Real servers of others, unchanged, each in its jail.
@Suite(.enabled(if: RealServers.commands != nil, "the folder of peers is not on this machine"), .serialized)
struct PeerTests {
  static func worker(_ name: String, _ change: (inout WorkerManifest) -> Void = { _ in }) throws -> WorkerManifest {
    let folder = MCPBench.package + "/Workers/\(name)"
    let text = try #require(FileManager.default.contents(atPath: folder + "/worker.json"))
    var manifest = try WorkerManifest(try JSON(parsing: Array(text)), folder: folder)
    manifest.startMS = 30_000
    manifest.heartbeatMS = 0
    change(&manifest)
    return manifest
  }

  @Test func `the time server converts, and says what it cannot`() throws {
    let bench = try MCPBench([try RealServers.server("time")])
    #expect(bench.lines.contains { $0.contains("protocol 2026-07-28") }, "\(bench.lines)")
    let input: JSON = ["source_timezone": "UTC", "time": "12:00", "target_timezone": "Asia/Tokyo"]
    let answer = try bench.call("time.convert_time", input)
    #expect(answer.text?.contains("21:00:00+09:00") == true, "\(String(describing: answer.result))")
    let wrong = try bench.call(
      "time.convert_time",
      ["source_timezone": "Mars/Base", "time": "12:00", "target_timezone": "UTC"]
    )
    #expect(wrong.error?.name == .toolFailed)
    try bench.end()
  }

  @Test func `the git server reads a repository that it was granted, and no other`() throws {
    let command = try #require(RealServers.commands?["git"])
    let repository = try #require(command.last)
    let bench = try MCPBench([
      try RealServers.server("git") {
        $0.needs.read.append(repository)
        // The repository is somebody else's than the server's user.
        $0.needs.environment = [
          "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        ]
      }
    ])
    let log = try bench.call("git.git_log", ["repo_path": .string(repository), "max_count": 1])
    #expect(log.text?.contains("first") == true, "\(String(describing: log.result))")
    let other = try bench.call("git.git_status", ["repo_path": .string(MCPBench.package)])
    #expect(other.error?.name == .toolFailed)
    try bench.end()
  }

  @Test func `the sqlite server of the first SDK keeps a database in its workspace`() throws {
    let bench = try MCPBench([
      try RealServers.server("sqlite") { $0.command = [$0.command[0], "--db-path", "/workspace/data.db"] }
    ])
    #expect(bench.lines.contains { $0.contains("protocol 2025") }, "\(bench.lines)")
    _ = try bench.call("sqlite.create_table", ["query": "CREATE TABLE t (n INTEGER)"])
    _ = try bench.call("sqlite.write_query", ["query": "INSERT INTO t VALUES (41), (1)"])
    let sum = try bench.call("sqlite.read_query", ["query": "SELECT SUM(n) AS s FROM t"])
    #expect(sum.text?.contains("42") == true, "\(String(describing: sum.result))")
    #expect(bench.tool("sqlite.list_resources") != nil && bench.tool("sqlite.get_prompt") != nil)
    try bench.end()
  }

  @Test func `the fetch server reaches a granted host by the proxy, and no other`() throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "bulkhead-mcp-web-\(UUID())").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    #expect(FileManager.default.createFile(atPath: folder + "/page.txt", contents: Data("the page".utf8)))
    let code = """
      import functools, http.server, sys
      handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=sys.argv[1])
      server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
      print(server.server_port, flush=True)
      server.serve_forever()
      """
    let web = try Running(MCPBench.python, ["-c", code, folder], readsOutput: true)
    defer { web.stop() }
    let host = "127.0.0.1:\(web.readLine())"
    let bench = try MCPBench(
      [
        try RealServers.server("fetch") {
          // Which addresses may be reached is the proxy's to decide.
          $0.command.append("--allow-private-ips")
          $0.needs.hosts = [host]
          $0.mayReachHosts = true
        }
      ],
      beside: [
        try Self.worker("web") {
          $0.settings["hosts"] = ["*", .string(host)]
          $0.settings["allow_private"] = ["127.0.0.1"]
        }
      ]
    )
    let page = try bench.call("fetch.fetch", ["url": .string("http://\(host)/page.txt")])
    #expect(page.text?.contains("the page") == true, "\(String(describing: page.result)) \(bench.lines)")
    let other = try bench.call("fetch.fetch", ["url": "http://127.0.0.1:9/x"])
    #expect(other.error?.name == .toolFailed)
    try bench.until("the refusal is told") {
      bench.lines.contains { $0.contains("was refused the host '127.0.0.1:9'") }
    }
    try bench.end()
  }

  @Test func `the SDK's own server gives structure, progress, pictures, resources and prompts`() throws {
    let command = try #require(RealServers.commands?["peer"])
    let script = try #require(command.dropFirst().first)
    let bench = try MCPBench([
      try RealServers.server("peer") {
        $0.needs.read.append(script.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 })
      }
    ])
    #expect(try bench.call("peer.add", ["a": 40, "b": 2]).output["structured"]?["result"] == 42)
    #expect(try bench.call("peer.fail").error?.name == .toolFailed)
    let counted = try bench.call("peer.count", ["steps": 5])
    #expect(counted.text == "counted 5" && counted.progress.last?.text == "step 5")
    #expect(try bench.call("peer.image").artifacts.first?.mediaType == "image/png")
    #expect(try bench.call("peer.big", ["kilobytes": 2000]).error?.name == .limitExceeded)
    let big = try bench.call("peer.big", ["kilobytes": 400])
    #expect(big.artifacts.contains { $0.bytes == 409_600 })
    #expect(try bench.call("peer.read_resource", ["uri": "peer://note"]).text == "the note")
    let prompt = try bench.call("peer.get_prompt", ["name": "review", "arguments": ["code": "x = 1"]])
    #expect(prompt.text?.contains("x = 1") == true)
    let hints = try #require(bench.tool("peer.delete_everything")?.meta?["hints"])
    #expect(hints["destructiveHint"] == true)
    let slow = bench.begin("peer.slow", ["seconds": 30])
    try bench.until("it runs") { slow.invocation?.invocation != nil }
    slow.invocation?.cancel(.caller)
    try bench.until("it is stopped") { slow.result != nil }
    #expect(slow.error?.name == .cancelled)
    try bench.end()
  }

  @Test func `sixty-five tools of the test kit are offered, and work`() throws {
    let bench = try MCPBench([try RealServers.server("testkit")])
    #expect(bench.supervisor.catalog.count >= 65, "\(bench.lines)")
    try bench.end()
  }

  @Test func `a server over HTTP is used like any other, and is opened again after it was let go`() throws {
    let server = try RealServers.serving("http")
    defer { server.process.stop() }
    let bench = try MCPBench([MCPBench.Server(name: "remote", command: [], settings: ["idle_ms": 200], url: server.url)]
    )
    #expect(try bench.call("remote.add", ["a": 40, "b": 2]).output["structured"]?["result"] == 42)
    let counted = try bench.call("remote.count", ["steps": 5])
    #expect(counted.text == "counted 5" && counted.progress.last?.text == "step 5")
    let calls = (0..<8).map { bench.begin("remote.echo", ["text": .string("\($0)")]) }
    try bench.until("all are answered") { calls.allSatisfy { $0.result != nil } }
    #expect(calls.map(\.text) == (0..<8).map { "\($0)" })
    let slow = bench.begin("remote.slow", ["seconds": 30])
    try bench.until("it runs") { slow.invocation?.invocation != nil }
    slow.invocation?.cancel(.caller)
    try bench.until("it is stopped") { slow.result != nil }
    // Long enough for it to be let go.
    usleep(500_000)
    #expect(try bench.call("remote.echo", ["text": "again"]).text == "again")
    try bench.until("it was opened again") { bench.lines.filter { $0.hasPrefix("opened") }.count >= 2 }
    let status = try bench.call("remote.server_status").output
    #expect(status["transport"] == "http" && status["era"] == "modern")
    try bench.end()
  }

  @Test func `a server over HTTP gets its key, and nobody else does`() throws {
    let server = try RealServers.serving("testkit")
    defer { server.process.stop() }
    let key = try #require(server.key)
    var entry = MCPBench.Server(name: "kit", command: [], url: server.url)
    entry.headers = ["Authorization": "HEADER_1"]
    entry.secrets = ["HEADER_1": "Bearer \(key)"]
    let bench = try MCPBench([entry])
    #expect(bench.supervisor.catalog.count >= 65)
    #expect(!bench.lines.contains { $0.contains(key) })
    try bench.end()
    entry.secrets = ["HEADER_1": "Bearer wrong-\(key)"]
    let failure = #expect(throws: MCPBench.NotStarted.self) { try MCPBench([entry], expectsFailure: true) }
    #expect(failure.map { "\($0)".contains(key) } == false)
  }

  @Test func `one plan has steps of a server, of a function and of code`() throws {
    let bench = try MCPBench(
      [try RealServers.server("time")],
      beside: [try Self.worker("executor"), try Self.worker("sandbox") { $0.settings["warm"] = ["python": 0] }]
    )
    let steps: JSON = [
      [
        "id": "tokyo", "tool": "time.convert_time",
        "input": ["source_timezone": "UTC", "time": "10:00", "target_timezone": "Asia/Tokyo"],
      ],
      ["id": "tax", "tool": "compute_tax", "input": ["amount": 100, "tax_rate": 0.08]],
      [
        "id": "both", "tool": "code_exec",
        "input": [
          "code":
            "import json\noutput = {'hour': json.loads(input['time'])['target']['datetime'][11:13], 'total': input['total']}",
          "input_data": ["time": "step:tokyo#/text", "total": "step:tax#/total"],
        ],
      ],
    ]
    var job: Result<JobSubmit.Response, WireError>?
    bench.coordinator.jobs.submit(JobSubmit(.plan(["steps": steps])), caller: [:]) { job = $0 }
    try bench.until("it is accepted") { job != nil }
    let id = try #require(try job?.get().job.id)
    try bench.until("it is over") { bench.coordinator.jobs.ids[id] == nil && bench.coordinator.jobs.queuedCount == 0 }
    var shown: Result<JobShow.Response, WireError>?
    bench.coordinator.jobs.show(JobShow(job: id, wantsPayloads: true)) { shown = $0 }
    try bench.until("it is shown") { shown != nil }
    let job2 = try #require(try shown?.get())
    #expect(job2.job.state == "succeeded", "\(job2.steps)")
    let both = try #require(job2.steps.first { $0.id == "both" })
    #expect(both.output?["output"]?["hour"] == "19", "\(both)")
    try bench.end()
  }
}
