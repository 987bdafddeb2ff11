import Foundation
import JSON
import Testing

/// What the server's tools do, with a real coordinator, a real jail and real workers.
@Suite struct MCPWorkTests {
  private static func sandbox() throws -> Program {
    let program = try Program()
    try program.addWorkers("sandbox")
    let up = try program.up()
    guard up.code == 0 else { throw Failure("\(up.errors)") }
    return program
  }

  @Test func `commands and code run in a jail, and tell how they ended`() throws {
    let program = try Self.sandbox()
    let peer = try MCPPeer(program.folder)
    let run = try peer.call("run_bash", ["command": "echo out; echo err >&2; cat; exit 3", "stdin": "in"])
    #expect(run.said == "out\nin\n[standard error]\nerr\n[exit code 3]", "\(run.said)")
    #expect(run["isError"] == nil && run.structured["exit"]?["code"] == 3 && run.structured["state"] == "finished")
    #expect(run.structured["stderr"]?["text"] == "err\n")
    #expect(run.structured["job"]?.stringValue?.hasPrefix("call-") == true)
    let code = try peer.call("run_code", ["code": "print('x')\noutput = sum(input)", "input_data": [1, 2, 3]])
    #expect(code.said == "x\n[output] 6\n[exit code 0]" && code.structured["output"] == 6, "\(code)")
    let late = try peer.call("run_bash", ["command": "echo begun; sleep 20", "timeout_ms": 300])
    #expect(late["isError"] == true && late.structured["reason"] == "timeout" && late.said.contains("begun"), "\(late)")
    let broken = try peer.call("run_code", ["code": "raise ValueError('why')"])
    #expect(broken["isError"] == true && broken.said.contains("ValueError: why"), "\(broken)")
    let network = try peer.call("run_bash", ["command": "cat < /dev/tcp/127.0.0.1/1"])
    #expect(network.structured["exit"]?["code"] != 0, "\(network)")
    let refused = try peer.call("run_bash", ["command": "true", "needs": ["read": ["/etc/shadow"]]])
    #expect(refused["isError"] == true && refused.said.contains("/etc/shadow"), "\(refused)")
    let shown = try peer.call("get_job", ["job": run.structured["job"] ?? .null])
    #expect(shown.structured["steps"]?[0]?["output"]?["exit"]?["code"] == 3, "\(shown)")
  }

  @Test func `what is too long for an answer is cut, and kept as an artifact that a further call can be given`() throws
  {
    let program = try Self.sandbox()
    let peer = try MCPPeer(program.folder, ["--output-limit", "1KiB"])
    let run = try peer.call("run_bash", ["command": "seq 1 5000; echo ümlaut"])
    let text = run.structured["stdout"]?["text"]?.stringValue ?? ""
    #expect(text.hasPrefix("1\n2\n") && text.hasSuffix("5000\nümlaut\n") && text.utf8.count < 1400, "\(text)")
    let artifact = try #require(run.structured["stdout"]?["artifact"]?.stringValue)
    #expect(text.contains("all of it is artifact \(artifact)") && run.structured["stdout"]?["truncated"] == false)
    let file: JSON = ["path": "all", "artifact": .string(artifact)]
    let again = try peer.call("run_bash", ["command": "wc -l < all", "files": [file]])
    #expect(again.said == "5001\n[exit code 0]", "\(again)")
    let code = try peer.call("run_code", ["code": "output = 'x' * 5000"])
    #expect(code.structured["output"]?["omitted_bytes"] == 5000, "\(code)")
    #expect(code.structured["output"]?["artifact"]?.stringValue?.utf8.count == 64)
    let plan = try peer.call(
      "run_plan",
      ["plan": ["steps": [["id": "a", "tool": "bash", "input": ["command": "seq 1 5000"]]]]]
    )
    #expect(plan.structured["result"]?["artifact"] != nil && plan.said.utf8.count < 2048, "\(plan)")
    let step = try peer.call("get_job", ["job": plan.structured["job"] ?? .null, "step": "a"])
    #expect(step.structured["steps"]?[0]?["output"]?["artifact"] != nil, "\(step)")
  }

  @Test func `files that a run leaves are named, and go into the next one`() throws {
    let program = try Self.sandbox()
    let peer = try MCPPeer(program.folder, era: .modern)
    let made = try peer.call("run_bash", ["command": "echo made > made.txt"])
    let artifact = made.structured["artifacts"]?[0] ?? .null
    #expect(artifact["name"] == "made.txt" && made.said.contains("[left made.txt, 5 bytes: artifact "), "\(made)")
    let file: JSON = ["path": "in.txt", "artifact": artifact["artifact"] ?? .null]
    #expect(try peer.call("run_bash", ["command": "cat in.txt", "files": [file]]).said == "made\n[exit code 0]")
  }

  @Test func `progress rises, and tells what a run prints while it runs`() throws {
    let program = try Self.sandbox()
    let peer = try MCPPeer(program.folder)
    let script = "for i in 1 2 3; do echo line $i; sleep 0.3; done"
    _ = try peer.call("run_bash", ["command": .string(script)], ["_meta": ["progressToken": 7]])
    let told = peer.notices.filter { $0["method"] == "notifications/progress" }
    #expect(told.count >= 3 && told.allSatisfy { $0["params"]?["progressToken"] == 7 }, "\(peer.notices)")
    #expect(told.contains { $0["params"]?["message"]?.stringValue?.contains("line 2") == true })
    let plan: JSON = [
      "steps": [
        ["id": "a", "tool": "bash", "input": ["command": "true"]],
        ["id": "b", "tool": "bash", "input": ["command": "true"], "depends_on": ["a"]],
      ]
    ]
    _ = try peer.call("run_plan", ["plan": plan], ["_meta": ["progressToken": "p"]])
    let steps = peer.notices.filter { $0["params"]?["progressToken"] == "p" }.compactMap { $0["params"] }
    for list in [told.compactMap { $0["params"] }, steps] {
      let values = list.compactMap { $0["progress"]?.doubleValue }
      #expect(zip(values, values.dropFirst()).allSatisfy { $0 < $1 }, "\(values)")
    }
    #expect(steps.last?["total"] == 2 && (steps.last?["progress"]?.doubleValue ?? 0) >= 1, "\(steps)")
    peer.forget()
    _ = try peer.call("run_bash", ["command": "echo x"])
    #expect(peer.notices.isEmpty, "nothing is told to who gave no token: \(peer.notices)")
  }

  @Test func `cancelling a request ends its call, or its job, and nothing else`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    let call = try peer.begin("call_tool", ["name": "hold"])
    let hold: JSON = ["plan": ["steps": [["id": "a", "tool": "hold", "input": [:]]]], "id": "j1"]
    let plan = try peer.begin("run_plan", hold, ["_meta": ["progressToken": 1]])
    _ = try peer.wait { $0["params"]?["message"] == "a started" }
    // A plan that was there already belongs to somebody else, too.
    let again = try peer.begin("run_plan", hold)
    let other = try peer.begin("call_tool", ["name": "hold"])
    try peer.notify("notifications/cancelled", ["requestId": .integer(again), "reason": "enough"])
    _ = try peer.response(to: peer.request("ping"))
    #expect(try service.run(["show", "j1", "--json"]).json()["job"]?["state"] == "running")
    try peer.notify("notifications/cancelled", ["requestId": .integer(call)])
    try peer.notify("notifications/cancelled", ["requestId": .integer(plan)])
    #expect(try service.run(["watch", "j1"]).code == 1)
    #expect(try service.run(["show", "j1", "--json"]).json()["job"]?["state"] == "cancelled")
    try peer.begin("call_tool", ["name": "release"])
    let released = try peer.response(to: other)
    #expect(released["result"]?["isError"] == nil && released["error"] == nil, "\(released)")
    let answered = peer.notices.filter { $0["method"] == nil }.compactMap { $0["id"]?.integerValue }
    #expect(!answered.contains(call) && !answered.contains(plan) && !answered.contains(again), "\(answered)")
  }

  @Test func `the end of the input cancels what was waited for, and leaves what was submitted`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    let step: JSON = ["steps": [["id": "a", "tool": "hold", "input": [:]]]]
    let submitted = try peer.call("submit_job", ["plan": step, "id": "kept"])
    #expect(submitted.structured["job"] == "kept" && submitted.said.contains("get_job"), "\(submitted)")
    #expect(try peer.call("submit_job", ["plan": step, "id": "kept"]).structured["existing"] == true)
    try peer.begin("run_plan", ["plan": step, "id": "waited"], ["_meta": ["progressToken": 1]])
    _ = try peer.wait { $0["params"]?["message"] == "a started" }
    try peer.begin("call_tool", ["name": "hold"])
    while try service.run(["jobs", "--calls", "--json"]).json()["jobs"]?.arrayValue?.count != 3 { usleep(10_000) }
    peer.closeInput()
    #expect(try peer.exitCode() == 0)
    func state(_ job: String) throws -> JSON? { try service.run(["show", job, "--json"]).json()["job"]?["state"] }
    #expect(try service.run(["watch", "waited"]).code == 1)
    #expect(try state("waited") == "cancelled" && state("kept") == "running")
    let call = try service.run(["jobs", "--all", "--calls", "--json"]).json()["jobs"]?.arrayValue ?? []
    #expect(call.contains { $0["kind"] == "call" && $0["state"] == "cancelled" }, "\(call)")
    #expect(try service.run(["cancel", "kept"]).code == 0)
  }

  @Test func `a job is looked at while it runs, and waited for`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket], era: .modern)
    let plan: JSON = [
      "steps": [
        ["id": "a", "tool": "echo", "input": ["n": 1]], ["id": "b", "tool": "hold", "input": [:], "depends_on": ["a"]],
      ]
    ]
    #expect(try peer.call("submit_job", ["plan": plan, "id": "j"]).structured["state"]?.stringValue != nil)
    let soon = try peer.call("get_job", ["job": "j", "wait_ms": 100])
    #expect(soon.structured["state"] == "running" && soon["isError"] == nil, "\(soon)")
    let waiting = try peer.begin("get_job", ["job": "j", "wait_ms": 20_000])
    _ = try peer.call("call_tool", ["name": "release"])
    let done = try peer.response(to: waiting)["result"] ?? .null
    #expect(done.structured["state"] == "succeeded" && done.said.hasPrefix("job 'j' succeeded"), "\(done)")
    let steps = try peer.call("get_job", ["job": "j", "payloads": true]).structured["steps"]
    #expect(steps?[0]?["input"] == ["n": 1] && steps?[0]?["output"] == ["n": 1], "\(steps ?? .null)")
    #expect(try peer.call("get_job", ["job": "j", "step": "a"]).structured["steps"]?.arrayValue?.count == 1)
    let failed = try peer.call("run_plan", ["plan": ["steps": [["id": "x", "tool": "fail", "input": [:]]]]])
    #expect(failed["isError"] == true && failed.structured["state"] == "failed", "\(failed)")
    #expect(failed.said.contains("as it should"))
  }

  @Test func `many calls run at the same time, each with its own answer`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    let ids = try (0..<100).map { try peer.begin("call_tool", ["name": "echo", "input": ["n": .integer(Int64($0))]]) }
    var left = Set(ids)
    while !left.isEmpty {
      let answer = try peer.wait { $0["result"] != nil }
      let id = answer["id"]?.integerValue ?? -1
      #expect(answer["result"]?.structured["output"]?["n"]?.integerValue == Int64(ids.firstIndex(of: id) ?? -1))
      left.remove(id)
    }
  }

  @Test func `the log tells what its level wants, and nothing before it was asked for`() throws {
    let policy =
      #"{"guardrails":[{"name":"loud","effect":"warn","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"it acts"}]}"#
    let service = try PolicyService(policy)
    func lines(_ peer: MCPPeer) -> [JSON] { peer.notices.filter { $0["method"] == "notifications/message" } }
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    _ = try peer.call("call_tool", ["name": "act"])
    #expect(lines(peer).isEmpty)
    #expect(try peer.response(to: peer.request("logging/setLevel", ["level": "loud"]))["error"]?["code"] == -32602)
    #expect(try peer.response(to: peer.request("logging/setLevel", ["level": "error"]))["result"] == [:])
    _ = try peer.call("call_tool", ["name": "act"])
    #expect(lines(peer).isEmpty)
    _ = try peer.response(to: peer.request("logging/setLevel", ["level": "warning"]))
    _ = try peer.call("call_tool", ["name": "act"])
    #expect(lines(peer).count == 1 && lines(peer)[0]["params"]?["level"] == "warning", "\(peer.notices)")
    #expect(lines(peer).first?["params"]?["data"]?.stringValue?.contains("it acts") == true)
    // The modern era has given the log up.
    let modern = try MCPPeer(service.program.folder, ["--socket", service.socket], era: .modern)
    let can = try modern.response(to: modern.request("server/discover"))["result"]?["capabilities"]
    #expect(can?["tools"] != nil && can?["logging"] == nil, "\(can ?? .null)")
    let level: JSONObject = ["_meta": ["io.modelcontextprotocol/logLevel": "debug"]]
    _ = try modern.call("call_tool", ["name": "act"], level)
    #expect(lines(modern).isEmpty, "\(modern.notices)")
  }

  @Test func `a signal ends it as the end of the input does`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket])
    try peer.begin("call_tool", ["name": "hold"])
    _ = try peer.response(to: peer.request("ping"))
    peer.terminate()
    #expect(try peer.exitCode() == 0)
  }

  @Test func `a client that does not read costs itself`() throws {
    let service = try PolicyService(#"{"guardrails":[]}"#)
    let peer = try MCPPeer(service.program.folder, ["--socket", service.socket, "--output-limit", "4MiB"])
    for _ in 0..<24 { try peer.begin("call_tool", ["name": "big", "input": ["bytes": 400_000]]) }
    // Meanwhile another one is served.
    let other = try MCPPeer(service.program.folder, ["--socket", service.socket])
    #expect(try other.call("call_tool", ["name": "echo"])["isError"] == nil)
    var answers = 0
    while answers < 24 {
      _ = try peer.wait { $0["result"] != nil }
      answers += 1
    }
    try peer.begin("call_tool", ["name": "big", "input": ["bytes": 500_000]])
    peer.closeInput()
    #expect(try peer.exitCode() == 0, "what nobody reads holds up no end")
  }
}
