import Foundation
import Glibc
import JSON
import Testing

/// A worker of the kit whose call waits for a person knows what remains of its own time.
@Suite(.serialized) struct WaitingTests {
  @Test(arguments: ["approve", "deny"])
  func `what remains of a worker's time is the same after a person was waited for`(_ decision: String) throws {
    let daemon = try Daemon()
    try daemon.addSteps()
    try daemon.addWorker("kit", #""command":["\#(Daemon.programs)/misbehaving-worker"]"#)
    let rule: JSON = [
      "name": "acts", "effect": "require_approval", "at": ["invocation"], "when": ["value": "tool", "equals": "once"],
      "message": "it acts",
    ]
    let configuration: JSON = ["policy": ["guardrails": [rule]]]
    try Data(configuration.serialized()).write(to: URL(filePath: daemon.folder + "/bulkhead.json"))
    chmod(daemon.folder + "/bulkhead.json", 0o600)
    try daemon.start(["--config", daemon.folder + "/bulkhead.json"])
    let client = try daemon.connect()
    try eventually("the workers are ready") { try client.request("status")["workers_ready"]?.integerValue == 2 }
    let id = try client.begin(
      "tool/call",
      ["tool": "kit-delegates", "input": ["tool": "once", "input": ["add": 1]], "timeout_ms": 2_500]
    )
    var asked: JSON?
    try eventually("it waits") {
      asked = try client.request("approvals/list")["approvals"]?.arrayValue?.first
      return asked != nil
    }
    // Longer than all of its time.
    usleep(4_000_000)
    _ = try client.request(
      "approvals/decide",
      ["approval": asked?["id"] ?? "", "hash": asked?["hash"] ?? "", "decision": .string(decision)]
    )
    let output = try client.reply(to: id)["result"]?["output"]
    let before = try #require(output?["before"]?.integerValue)
    let after = try #require(output?["after"]?.integerValue)
    #expect(before <= 2_500 && after > 0 && after <= before, "\(before) ms, then \(after) ms")
    #expect(output?["error"] == (decision == "deny" ? "approval_denied" : .null))
    #expect(try daemon.executions(of: "once").count == (decision == "deny" ? 0 : 1))
  }
}
