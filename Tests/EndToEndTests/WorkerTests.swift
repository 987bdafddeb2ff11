import Foundation
import Glibc
import JSON
import Posix
import Testing

@Suite struct WorkerTests {
  @Test func `the example workers in Swift and Python are called`() throws {
    let daemon = try Daemon()
    try FileManager.default.copyItem(
      atPath: Daemon.package + "/Workers/examples/python",
      toPath: daemon.folder + "/workers/python"
    )
    try FileManager.default.createDirectory(atPath: daemon.folder + "/workers/swift", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Daemon.package + "/Workers/examples/swift/worker.json",
      toPath: daemon.folder + "/workers/swift/worker.json"
    )
    let client = try daemon.startReady(workers: 2)
    let exact = Array(#"{"n":[1,2.50,null]}"#.utf8)
    #expect(try client.call("upper", ["text": "hello"]) == ["text": "HELLO"])
    #expect(try client.call("echo", try JSON(parsing: exact)).serialized() == exact)
    let call = try client.begin(
      "tool/call",
      ["tool": "count_words", "input": ["text": "three small words"], "progress": true]
    )
    #expect(try client.reply(to: call)["result"]?["output"] == ["words": 3])
    let progress = client.notifications.filter { $0["method"] == "progress" }
    #expect(progress.first?["params"]?["text"] == "found 3 words")
    #expect(progress.first?["params"]?["id"] == .integer(call))
  }

  @Test func `wrong input gets every violation with its path before a worker sees it`() throws {
    let daemon = try Daemon()
    try FileManager.default.createDirectory(atPath: daemon.folder + "/workers/swift", withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: Daemon.package + "/Workers/examples/swift/worker.json",
      toPath: daemon.folder + "/workers/swift/worker.json"
    )
    let client = try daemon.startReady(workers: 1)
    let error = try client.callFailure("count_words", ["text": 7, "extra": true])
    #expect(error["data"]?["name"] == "invalid_input")
    let violations = try #require(error["data"]?["violations"]?.arrayValue)
    #expect(Set(violations.compactMap { $0["path"]?.stringValue }) == ["/text", "/extra"])
    #expect(violations.allSatisfy { $0["message"]?.stringValue?.isEmpty == false })
    #expect(try client.callFailure("count_words", [1])["data"]?["name"] == "invalid_input")
    #expect(try client.callFailure("count_word")["data"]?["nearest"] == "count_words")
    #expect(try client.worker("example-swift")?["answered"] == 0)
    #expect(try client.worker("example-swift")?["failed"] == 0)
  }

  @Test func `an output that breaks its schema reaches no client`() throws {
    let daemon = try Daemon()
    try daemon.addSin("breaks-output-schema")
    let client = try daemon.startReady(workers: 1)
    let error = try client.callFailure("breaks-output-schema")
    #expect(error["data"]?["name"] == "invalid_output")
    #expect(error["data"]?["violations"]?.arrayValue?.first?["path"] == "/n")
  }

  @Test func `the worker that the specification shows works as it stands there`() throws {
    let text = try String(contentsOfFile: Daemon.package + "/protocol/README.md", encoding: .utf8)
    let section = try #require(text.components(separatedBy: "## A worker in Python").last)
    let script = try #require(section.components(separatedBy: "```python\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let manifest = try #require(section.components(separatedBy: "```json\n").dropFirst().first)
      .components(separatedBy: "```")[0]
    let daemon = try Daemon()
    let folder = daemon.folder + "/workers/upper"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try script.write(toFile: folder + "/upper.py", atomically: true, encoding: .utf8)
    try manifest.write(toFile: folder + "/worker.json", atomically: true, encoding: .utf8)
    let client = try daemon.startReady(workers: 1)
    #expect(try client.call("upper", ["text": "straße"]) == ["text": "STRASSE"])
    #expect(try client.callFailure("upper", [:])["data"]?["name"] == "invalid_input")
  }

  @Test func `a worker that a stranger wrote from the specification is driven`() throws {
    let daemon = try Daemon()
    try daemon.addWorker("stranger", #""command":["/usr/bin/python3","-I","-S","stranger.py"]"#)
    try FileManager.default.copyItem(
      atPath: Daemon.package + "/Tests/ProtocolTests/stranger.py",
      toPath: daemon.folder + "/workers/stranger/stranger.py"
    )
    let client = try daemon.startReady(workers: 1)
    for n in Int64(0)..<20 { #expect(try client.call("echo", ["n": .integer(n)]) == ["n": .integer(n)]) }
    _ = try client.request("shutdown")
    #expect(daemon.waitForExit() == .code(0))
    #expect(!daemon.log.contains(#""level":"error""#), "\(daemon.log)")
  }

  @Test func `what a worker of the kit prints goes to the log, never between frames`() throws {
    let daemon = try Daemon()
    try daemon.addWorker("kit", #""command":["\#(Daemon.programs)/misbehaving-worker"]"#)
    let client = try daemon.startReady(workers: 1)
    for _ in 0..<3 { #expect(try client.call("kit-prints")["input_is_empty"] == true) }
    #expect(try client.callFailure("kit-fails")["data"]?["name"] == "tool_failed")
    let lines = try client.request("logs/read", ["worker": "kit"])["lines"]?.arrayValue?.compactMap {
      $0["text"]?.stringValue
    }
    #expect(
      lines
        == Array(repeating: ["printed by puts", "written to descriptor 1", "printed by print"], count: 3).flatMap { $0 }
    )
    #expect(try client.worker("kit")?["instances"]?.arrayValue?.first?["generation"] == 1)
  }

  /// Its own program, and its loader with its own program: what the wall around it permits.
  private static let executions: [[String]] = [
    [Daemon.programs + "/misbehaving-worker"],
    ["/lib64/ld-linux-x86-64.so.2", Daemon.programs + "/misbehaving-worker"],
    ["/proc/self/exe"], ["/usr/bin/true"],
  ]

  @Test func `a worker with the kit cannot execute itself or its loader`() throws {
    let daemon = try Daemon()
    try daemon.addWorker("kit", #""command":["\#(Daemon.programs)/misbehaving-worker"]"#)
    let client = try daemon.startReady(workers: 1)
    for command in Self.executions {
      let answer = try client.call("kit-exec", ["command": .array(command.map { .string($0) })])
      #expect(answer == ["errno": .integer(Int64(EPERM))], "\(command)")
    }
    let report = try client.worker("kit")
    #expect(report?["jail"]?["exec_wall"] == "landlock+seccomp")
    #expect(report?["instances"]?.arrayValue?.first?["generation"] == 1, "it is the same process as before")
  }

  @Test func `a worker that may execute programs does`() throws {
    let daemon = try Daemon()
    try daemon.addWorker("kit", #""command":["\#(Daemon.programs)/misbehaving-worker"],"permissions":{"exec":true}"#)
    let client = try daemon.startReady(workers: 1)
    #expect(try client.worker("kit")?["jail"]?["exec_wall"] == "none")
    // The control: another program stands where the worker was, and says nothing that is a frame.
    for command in [Self.executions[0], Self.executions[1]] {
      let error = try client.callFailure("kit-exec", ["command": .array(command.map { .string($0) })])
      #expect(error["data"]?["name"] == "worker_lost", "\(command)")
      try eventually("it is back") { try client.worker("kit")?["instances"]?.arrayValue?.first?["state"] == "ready" }
    }
  }

  @Test func `a worker without the kit is held by the first wall, and that is shown`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    try daemon.addSin("executes", #""permissions":{"read":["/usr/share/zoneinfo","/usr/share/doc"]}"#)
    let client = try daemon.startReady(workers: 2)
    let jail = try client.worker("executes")?["jail"]
    #expect(
      jail == [
        "grade": "full", "profile": "worker", "network": "none", "limits_by": "watchdog",
        "exec_wall": "landlock", "read_paths": 2, "write_paths": 0,
      ]
    )
    let program = try #require(realpath("/usr/bin/python3", nil))
    defer { free(program) }
    #expect(try client.call("executes", ["command": ["/usr/bin/true"]])["errno"] == .integer(Int64(ENOENT)))
    // What the first wall leaves.
    let own: JSON = ["command": .array([.string(String(cString: program)), "-c", "pass"])]
    #expect(try client.callFailure("executes", own)["data"]?["name"] == "worker_lost")
  }

  @Test func `reports of workers have the form that the specification gives`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    try daemon.addSin("dies-at-start")
    let client = try daemon.startReady(workers: 1)
    try eventually("the other is throttled") { try client.worker("dies-at-start")?["state"] == "throttled" }
    let text = try String(contentsOfFile: Daemon.package + "/protocol/schema/workers-list.json", encoding: .utf8)
    var schema = try #require(try JSON(parsing: Array(text.utf8)).objectValue)
    for member in ["properties", "required", "type"] { schema[member] = nil }
    schema["additionalProperties"] = nil
    schema["$ref"] = "#/$defs/result"
    let result = try client.request("workers/list")
    #expect(try JSONSchema(.object(schema)).violations(in: result).map(\.message) == [])
    #expect(try client.worker("dies-at-start")?["last_error"]?.stringValue?.contains("exited with code 3") == true)
  }
}
