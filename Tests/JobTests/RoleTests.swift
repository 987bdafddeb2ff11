import Engine
import JSON
import Journal
import Policy
import Posix
import Testing
import Wire

@testable import Coordinator
@testable import Supervision

/// Who may do what, asked over a real connection.
@Suite struct RoleTests {
  private static let roles =
    #"{"roles":{"viewer":["uid:4001"],"submitter":["uid:4002"],"approver":["uid:4003"],"admin":["uid:4004"]},"#
    + #""guardrails":[{"name":"acts","effect":"require_approval","at":["invocation"],"when":{"value":"tool","equals":"act"},"message":"m"}]}"#

  private func client(_ bench: JobBench, _ uid: UInt32) throws -> SocketClient {
    try SocketClient(bench, as: PeerIdentity(pid: 1, uid: uid, gid: uid))
  }

  private func ask(
    _ bench: JobBench,
    _ client: SocketClient,
    _ id: Int64,
    _ method: String,
    _ params: JSONObject
  ) throws -> JSON {
    try client.send(["id": .integer(id), "method": .string(method), "params": .object(params)])
    try client.waitForReply(id, bench)
    return try #require(client.reply(id))
  }

  private static let plan: JSON = ["steps": [["id": "a", "tool": "act", "input": ["n": 1]]]]

  @Test func `each role may do what is its own and what those below it may`() throws {
    let bench = try JobBench(policy: try ApprovalTests.policy(Self.roles))
    try bench.start(bench.worker())
    let methods: [(method: String, params: JSONObject, from: Int)] = [
      ("status", [:], 0), ("jobs", [:], 0), ("job/submit", ["plan": Self.plan, "paused": true], 1),
      ("approvals/decide", ["approval": "approval-9", "decision": "deny", "hash": ""], 2),
      ("policy/reload", [:], 3), ("workers/reload", [:], 3), ("journal/gc", ["dry_run": true], 3),
    ]
    for (rank, uid) in [UInt32(4_001), 4_002, 4_003, 4_004].enumerated() {
      let client = try client(bench, uid)
      for (number, (method, params, from)) in methods.enumerated() where method != "jobs" {
        let reply = try ask(bench, client, Int64(number + 1), method, params)
        let isForbidden = reply["error"]?["data"]?["name"] == "forbidden"
        #expect(isForbidden == (rank < from), "\(method) by \(uid): \(reply)")
      }
    }
    let stranger = try client(bench, 4_005)
    #expect(try ask(bench, stranger, 1, "status", [:])["error"]?["data"]?["name"] == "forbidden")
    try bench.end()
  }

  @Test func `a submitter's jobs are theirs, and an admin's`() throws {
    let bench = try JobBench(policy: try ApprovalTests.policy(Self.roles))
    try bench.start(bench.worker())
    let (mine, other, admin) = (try client(bench, 4_002), try client(bench, 4_003), try client(bench, 4_004))
    _ = try ask(bench, mine, 1, "job/submit", ["plan": Self.plan, "id": "j", "paused": true])
    #expect(try ask(bench, other, 1, "job/cancel", ["job": "j"])["error"]?["data"]?["name"] == "forbidden")
    #expect(try ask(bench, admin, 1, "job/resume", ["job": "j"])["result"] != nil)
    #expect(try ask(bench, mine, 2, "job/cancel", ["job": "j"])["result"] != nil)
    try bench.end()
  }

  @Test func `a forged client approves nothing: what it says of itself is not looked at`() throws {
    let bench = try JobBench(policy: try ApprovalTests.policy(Self.roles))
    try bench.start(bench.worker())
    let mine = try client(bench, 4_002)
    _ = try ask(bench, mine, 1, "job/submit", ["plan": Self.plan, "id": "j"])
    let asked = try bench.asked()
    let decision: JSONObject = [
      "approval": .string(asked.id), "decision": "approve", "hash": .string(asked.hash),
      "meta": ["uid": 4003, "user": "root", "role": "admin"],
    ]
    #expect(try ask(bench, mine, 2, "approvals/decide", decision)["error"]?["data"]?["name"] == "forbidden")
    #expect(bench.lines().isEmpty)
    let approver = try client(bench, 4_003)
    #expect(
      try ask(bench, approver, 1, "approvals/decide", decision)["result"]?["approval"]?["decided_by"]?["uid"] == 4_003
    )
    #expect(try bench.finish("j").job.state == "succeeded")
    try bench.end()
  }

  @Test func `another policy holds from one moment to the next, for what waits as well`() throws {
    let bench = try JobBench(policy: try ApprovalTests.asking())
    try bench.start(bench.worker())
    let job = try bench.submit(#"{"id":"b","tool":"act","input":{}}"#)
    _ = try bench.asked()
    bench.coordinator.take(try ApprovalTests.policy("{}"), file: nil)
    #expect(try bench.finish(job).job.state == "succeeded")
    bench.coordinator.take(
      try ApprovalTests.policy(
        #"{"guardrails":[{"name":"no","effect":"block","when":{"value":"tool","equals":"act"},"message":"m"}]}"#
      ),
      file: nil
    )
    let refused = try bench.attempt(#"{"id":"b","tool":"act","input":{}}"#)
    #expect(refused.failureName == .invalidPlan)
    #expect(try bench.call("act").failureName == .blocked)
    try bench.end()
  }

  @Test func `what a new policy would have said is found in what is recorded`() throws {
    let bench = try JobBench()
    try bench.start(bench.worker(), bench.worker("nests", script: "nests"))
    _ = try bench.run(
      #"{"id":"a","tool":"act","input":{"x":"rm -rf /"}},{"id":"l","tool":"echo","for_each":[1,2],"input":{"v":"item:value"}}"#
    )
    _ = try bench.call("act", ["x": "fine"]).get()
    _ = try bench.run(#"{"id":"n","tool":"nests","input":{"calls":[{"tool":"act","input":{"x":"rm -rf /"}}]}}"#)
    let found = try bench.ask {
      bench.jobs.rehearse(
        PolicyTest(
          policy: [
            "guardrails": [
              [
                "name": "rm", "effect": "block", "message": "m",
                "when": ["all": [["value": "tool", "equals": "act"], ["value": "input", "contains": "rm -rf"]]],
              ],
              [
                "name": "echoes", "effect": "require_approval", "message": "m",
                "when": ["value": "tool", "equals": "echo"],
              ],
            ]
          ]
        ),
        answer: $0
      )
    }.get()
    #expect(found.jobs == 3 && found.newlyBlocked == 2 && found.newlyAsked == 2 && found.newlyAllowed == 0, "\(found)")
    #expect(Set(found.examples.map(\.rules)) == [["rm"], ["echoes"]])
    let broken = try bench.ask { bench.jobs.rehearse(PolicyTest(policy: ["guardrails": 7]), answer: $0) }
    #expect(broken.failureName == .invalidParams)
    try bench.end()
  }
}
