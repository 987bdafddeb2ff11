import ClientKit
import Testing

/// What the kit says and understands of approvals; what comes of it is tested where there is a policy.
@Suite(.ownThread) struct ApprovalTests {
  private static let waiting: JSON = [
    "id": "approval-7", "job": "j1", "kind": "step", "state": "pending", "hash": "abc", "step": "push", "tool": "bash",
    "input": ["script": "git push"], "caller": ["uid": 1000], "created_at": 1, "deadline_at": 2,
  ]

  @Test func `a decision says the hash of what was seen`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let list = try peer.expect("approvals/list")
      guard list["params"] == ["all": true, "before": "approval-8", "limit": 1] else { throw Failure("\(list)") }
      try peer.answer(list, ["approvals": [Self.waiting]])
      let approve = try peer.expect("approvals/decide")
      guard
        approve["params"] == [
          "approval": "approval-7", "decision": "approve", "hash": "abc", "reason": "r", "input": ["script": "x"],
          "always": ["/script"],
        ]
      else { throw Failure("\(approve)") }
      var decided = Self.waiting.objectValue ?? [:]
      decided["state"] = "approved"
      try peer.answer(approve, ["approval": .object(decided)])
      let deny = try peer.expect("approvals/decide")
      guard deny["params"] == ["approval": "approval-7", "decision": "deny", "hash": "abc"] else {
        throw Failure("\(deny)")
      }
      try peer.refuse(deny, 4026, "conflict", "approval-7 is approved already")
    }
    let client = try await fake.connect()
    let approval = try #require(try await client.approval("approval-7"))
    #expect(approval.input == ["script": "git push"] && approval.onTimeout == "deny")
    let decided = try await client.approve(approval, input: ["script": "x"], always: ["/script"], reason: "r")
    #expect(decided.state == "approved")
    do throws(ClientError) {
      _ = try await client.deny(approval)
      Issue.record("denied")
    } catch {
      #expect(error.code.rawValue == "conflict")
    }
    try fake.finish()
  }

  @Test func `an approval that there is not is none, and what is no id is not asked for`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let list = try peer.expect("approvals/list")
      var other = Self.waiting.objectValue ?? [:]
      other["id"] = "approval-5"
      try peer.answer(list, ["approvals": [.object(other)]])
    }
    let client = try await fake.connect()
    #expect(try await client.approval("approval-6") == nil)
    for id in ["6", "approval-", "approval-x", "approval-9223372036854775807", "job-6", ""] {
      #expect(try await client.approval(id) == nil)
    }
    try fake.finish()
  }

  @Test func `privileges of a plan come with who enforces them, and a budget goes along with a job`() async throws {
    let fake = try FakeCoordinator { peer in
      try peer.greet()
      let ask = try peer.expect("plan/privileges")
      try peer.answer(
        ask,
        [
          "privileges": [
            ["kind": "read", "value": "/srv", "steps": ["a"], "enforced_by": "kernel", "verdict": "asks"]
          ], "mistakes": [],
        ]
      )
      let submit = try peer.expect("job/submit")
      guard submit["params"]?["budget"] == ["cost_nano_usd": 5, "wall_ms": 7] else { throw Failure("\(submit)") }
      try peer.refuse(submit, 4030, "blocked", "blocked by the rule 'r': m")
    }
    let client = try await fake.connect()
    let list = try await client.privileges(ofPlan: ["steps": []])
    #expect(list.mistakes == [] && list.privileges.map(\.enforcedBy) == ["kernel"])
    var budget = Budget()
    budget.costNanoUSD = 5
    budget.wallMS = 7
    do throws(ClientError) {
      _ = try await client.submit(plan: ["steps": []], budget: budget)
      Issue.record("accepted")
    } catch {
      #expect(error.code.rawValue == "blocked")
    }
    try fake.finish()
  }
}
