import Foundation
import JSON
import Testing

/// The same where there are no sessions: the question is the answer of the first round, and the client comes back.
@Suite struct MCPRoundTests {
  @Test func `a modern client is given the question and comes back with the answer`() throws {
    let service = try PolicyService(MCPApprovalTests.policy)
    let peer = try MCPApprovalTests.peer(service, era: .modern)
    let round = try peer.call("call_tool", MCPApprovalTests.act(["n": 4]))
    #expect(round["resultType"] == "input_required" && round["content"] == nil, "\(round)")
    let question = round["inputRequests"]?["approval"] ?? .null
    #expect(question["method"] == "elicitation/create" && question["params"]?["mode"] == "form")
    #expect(question["params"]?["message"]?.stringValue?.contains(#""n": 4"#) == true)
    let state = try #require(round["requestState"])
    // Without an answer it is asked again; the state stays good.
    let again = try peer.call("call_tool", MCPApprovalTests.act(["n": 4]), ["requestState": state])
    #expect(again["resultType"] == "input_required" && again["requestState"] == state)
    let answer: JSON = ["approval": MCPApprovalTests.accept(["decision": "approve"]), "other": [:]]
    let done = try peer.call(
      "call_tool",
      MCPApprovalTests.act(["n": 4]),
      ["requestState": state, "inputResponses": answer]
    )
    #expect(done["resultType"] == "complete" && done.structured["output"] == ["n": 4], "\(done)")
    let late = try peer.response(
      to: peer.begin("call_tool", MCPApprovalTests.act(["n": 4]), ["requestState": state, "inputResponses": answer])
    )
    #expect(late["error"]?["code"] == -32602, "it is good once")
    #expect(peer.notices.allSatisfy { $0["method"] == nil || $0["id"] == nil }, "a modern server requests nothing")
  }

  @Test func `a state that is made up, or belongs to another call, gains nothing`() throws {
    let service = try PolicyService(MCPApprovalTests.policy)
    let peer = try MCPApprovalTests.peer(service, era: .modern)
    let state = try peer.call("call_tool", MCPApprovalTests.act(["n": 5]))["requestState"]?.stringValue ?? ""
    let answer: JSON = ["approval": MCPApprovalTests.accept(["decision": "approve"])]
    for (forged, input) in [
      ("", 5), ("approval-1", 5), (String(repeating: "0", count: 32), 5), (String(state.reversed()), 5), (state, 6),
    ] as [(String, JSON)] {
      let more: JSONObject = ["requestState": .string(forged), "inputResponses": answer]
      let reply = try peer.response(to: peer.begin("call_tool", MCPApprovalTests.act(["n": input]), more))
      #expect(reply["error"]?["code"] == -32602, "\(forged): \(reply)")
    }
    // Nor do answers to what was never asked.
    let other = try peer.call("call_tool", MCPApprovalTests.act(["n": 7]), ["inputResponses": answer])
    #expect(other["resultType"] == "input_required", "\(other)")
    let all = try service.run(["approvals", "--all", "--json"]).json()["approvals"]?.arrayValue ?? []
    #expect(all.count == 2 && all.allSatisfy { $0["state"] == "pending" }, "\(all)")
  }

  @Test func `calls at the same time are asked about one by one, each with its own input`() throws {
    let service = try PolicyService(MCPApprovalTests.policy)
    let peer = try MCPApprovalTests.peer(service, era: .modern)
    let ids = try (0..<4).map { try peer.begin("call_tool", MCPApprovalTests.act(["n": .integer(Int64($0))])) }
    var answers: [Int64: JSON] = [:]
    while answers.count < ids.count {
      let message = try peer.wait { $0["result"] != nil }
      answers[message["id"]?.integerValue ?? -1] = message["result"]
    }
    for (n, id) in ids.enumerated() {
      let text = answers[id]?["inputRequests"]?["approval"]?["params"]?["message"]?.stringValue ?? ""
      #expect(text.contains("\"n\": \(n)"), "\(text)")
      let word: JSON = n == 2 ? "deny" : "approve"
      let more: JSONObject = [
        "requestState": answers[id]?["requestState"] ?? .null,
        "inputResponses": ["approval": MCPApprovalTests.accept(["decision": word])],
      ]
      let done = try peer.call("call_tool", MCPApprovalTests.act(["n": .integer(Int64(n))]), more)
      let expected: JSON? = n == 2 ? nil : ["n": .integer(Int64(n))]
      #expect(done.structured["output"] == expected && (done["isError"] == true) == (n == 2), "\(done)")
    }
  }

  @Test func `what was approved elsewhere while a form was open has its result for whoever comes back`() throws {
    let service = try PolicyService(MCPApprovalTests.policy)
    let peer = try MCPApprovalTests.peer(service, era: .modern)
    let round = try peer.call("call_tool", MCPApprovalTests.act(["n": 8]))
    #expect(try service.run(["approve", try service.asked()]).code == 0)
    let more: JSONObject = [
      "requestState": round["requestState"] ?? .null, "inputResponses": ["approval": ["action": "cancel"]],
    ]
    let done = try peer.call("call_tool", MCPApprovalTests.act(["n": 8]), more)
    #expect(done.structured["output"] == ["n": 8], "\(done)")
  }

  @Test func `a client that cannot show forms is told, whichever era it speaks`() throws {
    let service = try PolicyService(MCPApprovalTests.policy)
    let onlyAddresses: JSON = ["elicitation": ["url": [:]]]
    let clients: [(MCPPeer.Era, JSON)] = [
      (.modern, .object([:])), (.modern, onlyAddresses), (.legacy("2025-03-26"), MCPApprovalTests.can),
    ]
    for (era, can) in clients {
      let peer = try MCPApprovalTests.peer(service, era: era, capabilities: can)
      let result = try peer.call("call_tool", MCPApprovalTests.act([:]))
      #expect(result.said.contains("waits for a person") && result["inputRequests"] == nil, "\(result)")
    }
  }
}
