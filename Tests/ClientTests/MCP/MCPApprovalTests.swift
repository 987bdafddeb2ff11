import Foundation
import JSON
import Testing

/// What waits for a person when an MCP client asks for it: whom it asks, what they see, and what their word is good for.
@Suite struct MCPApprovalTests {
  static let can: JSON = ["elicitation": [:]]
  static let policy = ApprovalTests.policy

  static func peer(
    _ service: PolicyService,
    _ arguments: [String] = ["--approvals", "ask"],
    era: MCPPeer.Era = .legacy("2025-11-25"),
    capabilities: JSON = can
  ) throws -> MCPPeer {
    try MCPPeer(
      service.program.folder,
      ["--socket", service.socket, "--patience", "300ms"] + arguments,
      era: era,
      capabilities: capabilities
    )
  }

  static func act(_ input: JSON) -> JSON { ["name": "act", "input": input] }

  static func approval(_ service: PolicyService, _ id: String) throws -> JSON {
    try service.run(["approvals", id, "--json"]).json()
  }

  static func accept(_ content: JSON) -> JSON { ["action": "accept", "content": content] }

  // MARK: Nobody is asked

  @Test(arguments: [nil, ["--approvals", "never"], ["--approvals", "ask"]] as [[String]?])
  func `who is not to be asked, or cannot be, is told how it is decided, and gets the result later`(
    _ arguments: [String]?
  ) throws {
    let service = try PolicyService(Self.policy)
    // Asked for by name, it still takes a client that can.
    let can: JSON = arguments == ["--approvals", "ask"] ? [:] : Self.can
    let peer = try Self.peer(service, arguments ?? [], capabilities: can)
    let result = try peer.call("call_tool", Self.act(["n": 1]), ["_meta": ["progressToken": "t"]])
    #expect(peer.notices.allSatisfy { $0["method"] != "elicitation/create" })
    #expect(peer.notices.contains { $0["params"]?["message"]?.stringValue?.contains("bulkhead approve") == true })
    let id = try #require(result.structured["approval"]?["id"]?.stringValue)
    #expect(result["isError"] == nil && result.structured["state"] == "waiting", "\(result)")
    #expect(result.said.contains("bulkhead approve \(id)") && result.said.contains("bulkhead approvals \(id)"))
    let job = result.structured["job"] ?? .null
    #expect(try peer.call("get_job", ["job": job]).structured["state"] == "waiting")
    #expect(try service.run(["approve", id]).code == 0)
    let done = try peer.call("get_job", ["job": job, "wait_ms": 20_000])
    #expect(done.structured["output"] == ["n": 1], "\(done)")
    // The journal has it for good, whoever asks.
    peer.closeInput()
    #expect(try peer.exitCode() == 0)
    let other = try Self.peer(service)
    let kept = try other.call("get_job", ["job": job]).structured
    #expect(kept["state"] == "succeeded" && kept["steps"]?[0]?["output"] == ["n": 1], "\(kept)")
  }

  @Test func `what is too long for a form is decided where all of it can be read`() throws {
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service)
    let result = try peer.call("call_tool", Self.act(["text": .string(String(repeating: "x", count: 60_000))]))
    #expect(result.structured["state"] == "waiting" && peer.notices.isEmpty, "\(peer.notices)")
  }

  // MARK: Sessions

  @Test func `whoever sits at the client sees exactly what would run, and lets it`() throws {
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service)
    let id = try peer.begin("call_tool", Self.act(["script": "echo a\ngit push \u{202E}gro.live"]))
    let question = try peer.question("elicitation/create")
    let params = question["params"] ?? .null
    let message = params["message"]?.stringValue ?? ""
    let asked = try service.asked()
    let shown = try Self.approval(service, asked)
    #expect(message.contains(asked) && message.contains("acts: it acts") && message.contains("act of worker 'jobs'"))
    #expect(message.contains(#""script": "echo a\ngit push \u202egro.live""#), "\(message)")
    #expect(!message.unicodeScalars.contains("\u{202E}") && message.contains("  | git push \\u{202E}gro.live"))
    #expect(message.contains(shown["hash"]?.stringValue ?? "?"), "the hash of what is shown is shown")
    #expect(params["requestedSchema"]?["properties"]?["decision"]?["enum"] == ["deny", "approve"])
    try peer.answer(question, Self.accept(["decision": "approve", "reason": "looks fine"]))
    let result = try peer.response(to: id)["result"] ?? .null
    #expect(result.structured["state"] == "finished" && result["isError"] == nil, "\(result)")
    let decided = try Self.approval(service, asked)
    #expect(decided["state"] == "approved" && decided["reason"] == "looks fine")
    #expect(decided["decided_by"]?["uid"] == .integer(Int64(getuid())), "it is the user's word, by the socket")
  }

  @Test(
    arguments: [
      (["action": "accept", "content": ["decision": "deny", "reason": "not now"]], "denied", "not now"),
      (["action": "decline"], "denied", "declined"),
      (["action": "cancel"], "pending", "waits for a person"),
      (["action": "accept"], "pending", "waits for a person"),
      (["action": "accept", "content": ["decision": "yes"]], "pending", "waits for a person"),
      (["action": "accept", "content": ["decision": true]], "pending", "waits for a person"),
      (["action": "approve"], "pending", "waits for a person"),
      ([:], "pending", "waits for a person"),
    ] as [(JSON, String, String)]
  )
  func `only the word approve approves, and only a denial denies`(_ case: (JSON, String, String)) throws {
    let (answer, state, part) = `case`
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service)
    let id = try peer.begin("call_tool", Self.act([:]))
    let question = try peer.question("elicitation/create")
    let asked = try service.asked()
    try peer.answer(question, answer)
    let result = try peer.response(to: id)["result"] ?? .null
    #expect(result.said.contains(part), "\(result)")
    #expect(try Self.approval(service, asked)["state"]?.stringValue == state)
    #expect(result["isError"] == (state == "denied" ? true : nil))
  }

  @Test func `a question that somebody else has decided is withdrawn`() throws {
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service)
    let id = try peer.begin("call_tool", Self.act(["n": 3]))
    let question = try peer.question("elicitation/create")
    #expect(try service.run(["approve", try service.asked()]).code == 0)
    let result = try peer.response(to: id)["result"] ?? .null
    #expect(result.structured["output"] == ["n": 3], "\(result)")
    let withdrawn = { (notice: JSON) in notice["method"] == "notifications/cancelled" }
    let notice = try peer.notices.first(where: withdrawn) ?? peer.wait(for: withdrawn)
    #expect(notice["params"]?["requestId"] == question["id"])
    try peer.answer(question, Self.accept(["decision": "deny"]))
    #expect(try peer.response(to: peer.request("ping"))["result"] == [:], "a late answer is nothing")
  }

  @Test func `a request that is cancelled takes its question and its approval with it`() throws {
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service)
    let id = try peer.begin("call_tool", Self.act([:]))
    let question = try peer.question("elicitation/create")
    let asked = try service.asked()
    try peer.notify("notifications/cancelled", ["requestId": .integer(id)])
    let notice = try peer.wait { $0["method"] == "notifications/cancelled" }
    #expect(notice["params"]?["requestId"] == question["id"])
    while try Self.approval(service, asked)["state"] == "pending" { usleep(10_000) }
    #expect(try Self.approval(service, asked)["state"] == "withdrawn")
    _ = try peer.response(to: peer.request("ping"))
    #expect(peer.notices.allSatisfy { $0["id"] != .integer(id) || $0["method"] != nil }, "and is not answered")
  }

  @Test func `at the end of the input nothing is left that could be approved`() throws {
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service)
    try peer.begin("call_tool", Self.act([:]))
    _ = try peer.question("elicitation/create")
    let asked = try service.asked()
    peer.closeInput()
    #expect(try peer.exitCode() == 0)
    #expect(try Self.approval(service, asked)["state"] == "withdrawn")
  }

  @Test func `with four eyes nobody approves what they asked for, through whatever client`() throws {
    let service = try PolicyService(
      #"{"four_eyes":true,"guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"it acts"}]}"#
    )
    let peer = try Self.peer(service)
    let id = try peer.begin("call_tool", Self.act([:]))
    try peer.answer(try peer.question("elicitation/create"), Self.accept(["decision": "approve"]))
    let result = try peer.response(to: id)["result"] ?? .null
    #expect(result.structured["state"] == "waiting", "\(result)")
    #expect(try Self.approval(service, try service.asked())["state"] == "pending")
  }

  @Test(arguments: [MCPPeer.Era.legacy("2025-06-18"), .modern])
  func `a question to a person is a form of its own, and its answer goes where it was asked`(_ era: MCPPeer.Era) throws
  {
    let program = try Program()
    try program.addWorkers("executor")
    #expect(try program.up().code == 0)
    let peer = try MCPPeer(program.folder, ["--approvals", "ask"], era: era, capabilities: Self.can)
    let schema: JSON = [
      "type": "object", "properties": ["account": ["type": "string", "enum": ["travel", "office"]]],
      "required": ["account"],
    ]
    let question: JSON = ["name": "ask_person", "input": ["message": "Which account?", "schema": schema]]
    let said = Self.accept(["account": "travel"])
    var result: JSON
    if case .modern = era {
      let round = try peer.call("call_tool", question)
      #expect(round["inputRequests"]?["approval"]?["params"]?["requestedSchema"] == schema, "\(round)")
      let more: JSONObject = ["requestState": round["requestState"] ?? .null, "inputResponses": ["approval": said]]
      result = try peer.call("call_tool", question, more)
    } else {
      let id = try peer.begin("call_tool", question)
      let form = try peer.question("elicitation/create")
      #expect(form["params"]?["requestedSchema"] == schema && form["params"]?["mode"] == nil, "\(form)")
      #expect(form["params"]?["message"]?.stringValue?.contains("Which account?") == true)
      try peer.answer(form, said)
      result = try peer.response(to: id)["result"] ?? .null
    }
    #expect(result.structured["output"] == ["answer": ["account": "travel"]], "\(result)")
  }

  // MARK: Jobs

  @Test func `a plan's step is asked about while the plan is waited for`() throws {
    let service = try PolicyService(Self.policy)
    let plan: JSON = [
      "plan": [
        "steps": [
          ["id": "a", "tool": "echo", "input": ["text": "seen"]],
          ["id": "b", "tool": "act", "input": ["text": "step:a#/text"]],
        ]
      ]
    ]
    let peer = try Self.peer(service)
    let id = try peer.begin("run_plan", plan)
    let question = try peer.question("elicitation/create")
    #expect(
      question["params"]?["message"]?.stringValue?.contains(#""text": "seen""#) == true,
      "references are resolved"
    )
    try peer.answer(question, Self.accept(["decision": "approve"]))
    let done = try peer.response(to: id)["result"] ?? .null
    #expect(done.structured["state"] == "succeeded", "\(done)")
    #expect(done.structured["result"]?["outputs"]?["b"] == ["text": "seen"])

    let modern = try Self.peer(service, era: .modern)
    let round = try modern.call("run_plan", plan)
    #expect(round["resultType"] == "input_required", "\(round)")
    let more: JSONObject = [
      "requestState": round["requestState"] ?? .null, "inputResponses": ["approval": ["action": "decline"]],
    ]
    let denied = try modern.call("run_plan", plan, more)
    #expect(denied.structured["state"] == "failed" && denied.said.contains("approval_denied"), "\(denied)")
  }

  @Test func `a job that waits goes on waiting without its client, and is told with what it waits for`() throws {
    let service = try PolicyService(Self.policy)
    let peer = try Self.peer(service, [])
    let plan: JSON = ["plan": ["steps": [["id": "a", "tool": "act", "input": ["n": 1]]]], "id": "j1"]
    let waiting = try peer.call("run_plan", plan)
    #expect(waiting.structured["state"] == "waiting" && waiting.structured["job"] == "j1", "\(waiting)")
    let shown = try peer.call("get_job", ["job": "j1"])
    #expect(
      shown.structured["approvals"]?[0]?["approve"]?.stringValue?.hasPrefix("bulkhead approve") == true,
      "\(shown)"
    )
    peer.closeInput()
    #expect(try peer.exitCode() == 0)
    #expect(try service.run(["approve", try service.asked()]).code == 0)
    #expect(try service.run(["watch", "j1"]).code == 0)
  }
}
