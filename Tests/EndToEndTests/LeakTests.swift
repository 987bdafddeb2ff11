import Foundation
import Glibc
import JSON
import Posix
import Testing

/// Every sin in one coordinator, as a service meets them: afterwards nothing of them is left.
@Suite struct LeakTests {
  /// Those that fork need the permission to.
  private static let forking: Set<String> = [
    "grandchild-keeps-pipes", "escaped-grandchild", "floods-stderr", "floods-stderr-lines",
  ]
  private static let members = [
    "never-answers-initialize": #""start_ms":300"#, "half-frame-then-silence": #""start_ms":300"#,
    "hangs-idle": #""heartbeat_ms":100"#,
  ]

  @Test func `no sin leaks a process, a descriptor or memory`() throws {
    let daemon = try Daemon()
    try daemon.addSin("behaves")
    let client = try daemon.startReady(workers: 1)
    let scripts = try FileManager.default.contentsOfDirectory(atPath: Daemon.package + "/Tests/Misbehaving")
      .filter { $0.hasSuffix(".py") && $0 != "frames.py" && $0 != "behaves.py" }.map { String($0.dropLast(3)) }.sorted()
    #expect(scripts.count > 45)
    var baseline: (descriptors: Int, processes: Int, memory: Int)?
    for round in 1...3 {
      for script in scripts {
        var members = Self.members[script] ?? ""
        if Self.forking.contains(script) { members += (members.isEmpty ? "" : ",") + #""permissions":{"exec":true}"# }
        try daemon.addSin(script, members + (members.isEmpty ? "" : ",") + #""restart":{"policy":"never"}"#)
      }
      #expect(try client.request("workers/reload")["added"]?.arrayValue?.count == scripts.count)
      // Each has become ready, or has ended with a reason.
      try eventually("all have begun") {
        try client.request("workers/list")["workers"]?.arrayValue?.allSatisfy {
          $0["state"] == "down" || $0["instances"]?.arrayValue?.first?["state"] == "ready"
        } == true
      }
      let calls = try scripts.map {
        try client.begin("tool/call", ["tool": .string($0), "input": [:], "timeout_ms": 1000])
      }
      for (script, call) in zip(scripts, calls) {
        let reply = try client.reply(to: call)
        let error = reply["error"]
        #expect(
          error == nil || error?["message"]?.stringValue?.contains(script) == true || script == "tool-of-another"
            || ["slow", "claims-closed", "released", "calls-itself"].contains(script),
          "\(script): \(reply)"
        )
      }
      #expect(try client.call("behaves", ["n": 1]) == ["n": 1])
      for script in scripts { try daemon.removeWorker(script) }
      #expect(try client.request("workers/reload")["removed"]?.arrayValue?.count == scripts.count)
      if let baseline {
        try eventually("nothing is left of round \(round)") {
          daemon.descriptorCount <= baseline.descriptors && daemon.descendants.count <= baseline.processes
        }
        #expect(daemon.residentBytes - baseline.memory < 16 << 20)
      } else {
        try eventually("only the neighbour is left") {
          try client.request("status")["workers"] == 1
        }
        baseline = (daemon.descriptorCount, daemon.descendants.count, daemon.residentBytes)
      }
    }
    _ = try client.request("shutdown")
    #expect(daemon.waitForExit() == .code(0))
  }
}
