import Foundation
import Glibc
import JSON
import Testing

/// Whoever takes over a worker, or what runs in a jail, does not become the person who is asked. Each kind is tried under
/// the walls of its own manifest.
@Suite(.serialized) struct IntrusionTests {
  /// Something that waits for a person, and what an intruder would have to say to let it go on.
  private struct Target {
    let daemon: Daemon
    let client: Client
    let job: String
    let approval: JSON
    let intrusion: JSONObject

    init(_ members: (Daemon) throws -> [(String, String)]) throws {
      let daemon = try Daemon()
      self.daemon = daemon
      let policy: JSON = [
        "guardrails": [
          [
            "name": "acts", "effect": "require_approval", "at": ["invocation"],
            "when": ["value": "tool", "equals": "once"], "message": "it acts",
          ]
        ]
      ]
      try Data((["policy": policy] as JSON).serialized()).write(to: URL(filePath: daemon.folder + "/bulkhead.json"))
      chmod(daemon.folder + "/bulkhead.json", 0o600)
      try daemon.addSteps()
      let more = try members(daemon)
      for (name, members) in more { try daemon.addWorker(name, members) }
      try daemon.start(["--config", daemon.folder + "/bulkhead.json"])
      let client = try daemon.connect()
      try eventually("the workers are ready") {
        try client.request("status")["workers_ready"]?.integerValue ?? -1 > Int64(more.count)
      }
      self.client = client
      job = try client.submit([["id": "a", "tool": "once", "input": ["add": 1]]])
      var waiting = JSON.null
      try eventually("it waits") {
        waiting = try client.request("approvals/list")["approvals"]?.arrayValue?.first ?? .null
        return waiting != .null
      }
      approval = waiting
      let decision: JSON = [
        "approval": approval["id"] ?? "", "hash": approval["hash"] ?? "", "decision": "approve",
      ]
      intrusion = [
        "socket": .string(daemon.socket), "pid": .integer(Int64(daemon.pid)),
        "files": .array(
          ["state/journal.db", "state", "bulkhead.json", "run"].map { .string("\(daemon.folder)/\($0)") }
        ),
        "says": [
          [
            "jsonrpc": "2.0", "id": 1, "method": "initialize",
            "params": ["protocol": "1.0", "client": ["name": "intruder", "version": "1"]],
          ],
          ["jsonrpc": "2.0", "id": 2, "method": "approvals/decide", "params": decision],
        ],
      ]
    }

    func state() throws -> String? {
      let all = try client.request("approvals/list", ["all": true])["approvals"]?.arrayValue
      return all?.first { $0["id"] == approval["id"] }?["state"]?.stringValue
    }

    /// Without any wall, the same is approved.
    func control() throws {
      let process = Process()
      process.executableURL = URL(filePath: Daemon.programs + "/misbehaving-worker")
      process.arguments = ["intrude", JSON.object(intrusion).description]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let text = pipe.fileHandleForReading.readDataToEndOfFile()
      process.waitUntilExit()
      let report = try JSON(parsing: Array(text))
      #expect(report["socket"]?["answers"]?[1]?["result"]?["approval"]?["state"] == "approved", "\(report)")
      #expect(report["files"] == [0, 0, 0, 0] && report["signal"] == 0)
      #expect(try client.waitForEnd(job) == "succeeded" && state() == "approved")
      #expect(try daemon.executions(of: "once").count == 1)
    }

    /// Nothing was decided, and nothing ran.
    func check(_ what: String) throws {
      #expect(try state() == "pending", "\(what)")
      #expect(try daemon.executions(of: "once").isEmpty, "\(what)")
    }
  }

  /// ENOSYS: whoever builds jails has no sockets at all.
  private static let denials: Set<Int64> = [Int64(ENOENT), Int64(EACCES), Int64(EPERM), Int64(ENOSYS)]
  /// Of processes: there is none of that number in sight.
  private static let unseen = denials.union([Int64(ESRCH)])

  private static func expectDenied(_ report: JSON, _ kind: String) {
    for member in ["socket", "socket_by_proc"] {
      let errno = report[member]?["errno"]?.integerValue ?? 0
      #expect(denials.contains(errno), "\(kind): \(member) \(report[member] ?? .null)")
    }
    for errno in report["files"]?.arrayValue ?? [] {
      #expect(denials.contains(errno.integerValue ?? 0), "\(kind): \(report)")
    }
    #expect(report["files"]?.arrayValue?.count == 4)
    #expect(unseen.contains(report["memory"]?.integerValue ?? 0), "\(kind): \(report)")
    // In a space of processes of its own the number may be that of one of its own.
    #expect(report["signal"]?.integerValue == Int64(ESRCH) || report["signal"]?.integerValue == Int64(EPERM), "\(kind)")
  }

  /// The permissions of a shipped worker.
  private static func permissions(_ worker: String) throws -> JSON {
    let text = try Data(contentsOf: URL(filePath: "\(Daemon.package)/Workers/\(worker)/worker.json"))
    return try JSON(parsing: Array(text))["permissions"] ?? [:]
  }

  @Test(arguments: ["executor", "files", "models", "planner", "receipts", "web", "sandbox", "user"])
  func `a worker that was taken over approves nothing, and reaches neither socket, state nor process`(
    _ kind: String
  ) throws {
    let permissions = kind == "user" ? [:] : try Self.permissions(kind)
    let target = try Target { _ in
      [(kind, #""command":["\#(Daemon.programs)/misbehaving-worker"],"permissions":\#(permissions)"#)]
    }
    Self.expectDenied(try target.client.call("kit-intrudes", .object(target.intrusion)), kind)
    try target.check(kind)
    try target.control()
  }

  /// The same, in the words of a script.
  private static let script = """
    import json, os, socket, sys
    given = json.loads(sys.argv[1]) if len(sys.argv) > 1 else input
    def approach(path):
        try:
            s = socket.socket(socket.AF_UNIX)
            s.connect(path)
        except OSError as e:
            return {"errno": e.errno}
        for says in given["says"]:
            data = json.dumps(says).encode()
            s.sendall(len(data).to_bytes(4, "big") + data)
            s.recv(65536)
        return {"errno": 0}
    def opened(path):
        try:
            os.close(os.open(path, os.O_RDONLY))
        except OSError as e:
            return e.errno
        return 0
    def signalled(pid):
        try:
            os.kill(pid, 0)
        except OSError as e:
            return e.errno
        return 0
    pid = given["pid"]
    report = {
        "socket": approach(given["socket"]), "socket_by_proc": approach("/proc/%d/root%s" % (pid, given["socket"])),
        "files": [opened(f) for f in given["files"]], "memory": opened("/proc/%d/mem" % pid), "signal": signalled(pid),
    }
    output = report
    if len(sys.argv) > 1:
        print(json.dumps(report))
    """

  private static func sandbox(_ daemon: Daemon) throws -> [(String, String)] {
    let permissions: JSON = ["jails": true]
    return [
      (
        "sandbox",
        #""command":["\#(Daemon.programs)/sandbox-worker"],"permissions":\#(permissions),"settings":{"warm":{"python":0}}"#
      )
    ]
  }

  @Test func `a bash run approves nothing, and reaches neither socket, state nor process`() throws {
    let target = try Target(Self.sandbox)
    let record = try target.client.call(
      "bash",
      [
        "command": .string("/usr/bin/python3 -I intrude.py '\(JSON.object(target.intrusion))'"),
        "files": [["path": "intrude.py", "text": .string(Self.script)]],
      ]
    )
    let text = record["stdout"]?["text"]?.stringValue ?? ""
    Self.expectDenied(try JSON(parsing: Array(text.utf8)), "bash \(record)")
    try target.check("bash")
    try target.control()
  }

  @Test func `a code run approves nothing, and reaches neither socket, state nor process`() throws {
    let target = try Target(Self.sandbox)
    let record = try target.client.call(
      "code_exec",
      ["language": "python", "code": .string(Self.script), "input_data": .object(target.intrusion)]
    )
    Self.expectDenied(record["output"] ?? .null, "python \(record)")
    try target.check("python")
    try target.control()
  }
}
