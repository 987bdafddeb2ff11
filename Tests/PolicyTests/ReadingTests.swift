import JSON
import Testing

@testable import Policy

@Suite struct ReadingTests {
  private func rule(_ members: JSONObject, without: String? = nil) -> JSON {
    var rule: JSONObject = [
      "name": "r", "effect": "block", "when": ["value": "tool", "equals": "bash"], "message": "no",
    ]
    for member in members.members { rule[member.key] = member.value }
    if let without { rule[without] = nil }
    return ["guardrails": [.object(rule)]]
  }

  @Test func `nothing is a policy that allows everything`() throws {
    let policy = try Policy(reading: [:], environment: nil)
    #expect(policy == .none)
    #expect(policy.decide(facts()) == .allow)
  }

  @Test func `all mistakes are found at once`() {
    let json: JSON = [
      "guardrials": [], "four_eyes": "yes",
      "guardrails": [
        ["name": "a b", "effect": "allow", "at": ["plans"], "when": ["value": "tol", "equal": 1], "message": ""],
        ["name": "r", "effect": "warn", "approver": "user:anna", "when": ["value": "tool"], "message": "x"],
        7,
      ],
      "limits": [["name": "l", "of": "task", "at_most": 1]],
      "alerts": [["name": "x", "of": "failures"]],
      "audit": ["keep": "365", "inputs": "all"],
      "privileges": ["forbid": ["write": ["etc"]]],
      "approvals": ["on_timeout": "escalate"],
    ]
    #expect(
      mistakes(json) == [
        "/guardrials: unknown_member", "/four_eyes: invalid_value",
        "/guardrails/0/name: invalid_value", "/guardrails/0/effect: invalid_value", "/guardrails/0/at/0: invalid_value",
        "/guardrails/0/when/value: invalid_value", "/guardrails/0/when/equal: unknown_member",
        "/guardrails/0/when: missing_member", "/guardrails/0/message: invalid_value",
        "/guardrails/1/when: missing_member", "/guardrails/1/approver: invalid_value", "/guardrails/2: invalid_value",
        "/limits/0/of: invalid_value", "/alerts/0: missing_member",
        "/audit/keep: invalid_value", "/audit/inputs: invalid_value", "/privileges/forbid/write/0: invalid_value",
        "/approvals/escalate_to: missing_member",
      ]
    )
    let messages = errors(json).map(\.message)
    #expect(messages[0] == "unknown member 'guardrials' (did you mean 'guardrails'?)")
    #expect(messages[4].hasSuffix("(did you mean 'plan'?)"))
    #expect(messages[5] == "'tol' names nothing that is known (did you mean 'tool'?)")
    #expect(messages[6] == "unknown member 'equal' (did you mean 'equals'?)")
  }

  @Test(arguments: ["name", "effect", "when", "message"])
  func `a guardrail without one of its parts is none`(_ member: String) {
    #expect(mistakes(rule([:], without: member)) == ["/guardrails/0/\(member): missing_member"])
    #expect(mistakes(rule([member: nil])) == ["/guardrails/0/\(member): missing_member"])
  }

  @Test(
    arguments: [
      ["value": "point", "equals": "planing"], ["value": "caller.role", "equals": "root"], ["value": "tool", "gt": 1],
      ["value": "tool", "equals": 3], ["value": "limits.wall_ms", "contains": "1"],
      ["value": "limits.wall_ms", "equals": "1"],
      ["value": "needs.read", "equals": "/etc"], ["value": "caller.groups", "matches": "x"],
      ["value": "tool", "in": "bash"],
      ["value": "tool", "in": []], ["value": "tool", "contains": ""], ["value": "tool", "matches": "("],
      ["value": "input", "matches": 3], ["value": "input.", "exists": true], ["value": "input..a", "exists": true],
      ["value": #"input.a\"#, "exists": true], ["value": "task.descripton", "exists": true],
      ["value": "input", "exists": 1],
      ["all": []], ["any": 1], ["all": [], "any": []], ["not": [:], "value": "tool"], ["not": []], [],
      ["value": 3, "equals": 3],
    ] as [JSON]
  )
  func `a condition that could never mean anything is refused`(_ condition: JSON) {
    let found = mistakes(rule(["when": condition]))
    #expect(!found.isEmpty && found.allSatisfy { $0.hasPrefix("/guardrails/0/when") }, "\(found)")
  }

  @Test func `a condition is bounded in depth and in tests`() {
    func nested(_ depth: Int) -> JSON {
      (1..<depth).reduce(["value": "tool", "exists": true]) { inner, _ in ["not": inner] }
    }
    #expect(mistakes(rule(["when": nested(PolicyLimit.conditionDepth)])) == [])
    #expect(mistakes(rule(["when": nested(PolicyLimit.conditionDepth + 1)])).last?.hasSuffix("limit_exceeded") == true)
    func wide(_ count: Int) -> JSON {
      ["any": .array(Array(repeating: ["value": "tool", "exists": true], count: count))]
    }
    #expect(mistakes(rule(["when": wide(PolicyLimit.conditionTests)])) == [])
    #expect(mistakes(rule(["when": wide(PolicyLimit.conditionTests + 1)])).count == 1)
  }

  @Test func `rules, patterns and texts are bounded`() {
    func many(_ count: Int) -> JSON {
      ["limits": .array((0..<count).map { ["name": .string("l\($0)"), "of": "tasks", "at_most": 1, "per": "day"] })]
    }
    #expect(mistakes(many(PolicyLimit.rules)) == [])
    #expect(mistakes(many(PolicyLimit.rules + 1)) == ["/limits: limit_exceeded"])
    let long = JSON.string(String(repeating: "x", count: PolicyLimit.textBytes))
    let longer = JSON.string(String(repeating: "x", count: PolicyLimit.textBytes + 1))
    #expect(mistakes(rule(["when": ["value": "input", "contains": long]])) == [])
    #expect(mistakes(rule(["when": ["value": "input", "contains": longer]])).count == 1)
    let patterns = (0..<18).map { i -> JSON in
      ["value": "input", "matches": .string(String(repeating: "x", count: 15_000) + "\(i)")]
    }
    #expect(
      mistakes(rule(["when": ["any": .array(patterns)]])) == ["/guardrails/0/when/any/17/matches: limit_exceeded"]
    )
  }

  @Test func `no more mistakes are listed than people read`() {
    let json: JSON = ["guardrails": .array(Array(repeating: 1, count: 150))]
    let found = errors(json)
    #expect(found.count == PolicyLimit.errors + 1)
    #expect(found.last?.name == .moreErrors)
    #expect(found.last?.message == "50 more mistakes")
  }

  @Test(arguments: [
    ("user:anna", true), ("group:ops", true), ("role:approver", true), ("role:admin", true), ("slack://ops", true),
    ("mailto:ops@example.com", true), ("https://example.com/hook", true), ("role:viewer", false),
    ("role:aprover", false),
    ("usr:anna", false), ("anna", false), ("ops-team@example.com", false), ("user:", false), ("user:a b", false),
    ("slack:ops", false), ("://x", false), ("mailto:ops", false), ("slack://", false), ("slack://a b", false),
  ])
  func `an approver is a person, a group, a role or a channel`(_ text: String, _ isOne: Bool) {
    let found = mistakes(rule(["effect": "require_approval", "approver": .string(text)]))
    #expect(found == (isOne ? [] : ["/guardrails/0/approver: invalid_value"]))
  }

  @Test(
    arguments: [
      (["of": "tasks", "at_most": 10, "per": "minute"], ""),
      (["of": "tasks", "at_most": 10], "per: missing_member"),
      (["of": "tasks", "at_most": 10, "per": "job"], "per: invalid_value"),
      (["of": "tasks", "at_most": 10, "per": "day", "tool": "bash"], "tool: invalid_value"),
      (["of": "concurrent_jobs", "at_most": 10], ""),
      (["of": "concurrent_jobs", "at_most": 10, "per": "day"], "per: invalid_value"),
      (["of": "executions", "at_most": 10, "per": "job", "tool": "bash"], ""),
      (["of": "executions", "at_most": 10, "per": "job", "over": "wait"], "over: invalid_value"),
      (["of": "executions", "at_most": 10, "per": "day", "for": "caller", "over": "fail"], ""),
      (["of": "executions", "at_most": -1, "per": "day"], "at_most: invalid_value"),
      (["of": "executions", "at_most": 1.5, "per": "day"], "at_most: invalid_value"),
      (["of": "cpu", "at_most": "10m", "per": "day"], ""),
      (["of": "cpu", "at_most": 10, "per": "day"], "at_most: invalid_value"),
      (["of": "usd", "at_most": 0.000000001, "per": "day"], ""),
      (["of": "usd", "at_most": 1e-10, "per": "day"], "at_most: invalid_value"),
      (["of": "usd", "at_most": 1e300, "per": "day"], "at_most: invalid_value"),
      (["of": "usd", "at_most": "10", "per": "day"], "at_most: invalid_value"),
      (["of": "tasks", "at_most": 1, "per": "day", "for": "me"], "for: invalid_value"),
    ] as [(JSONObject, String)]
  )
  func `a limit says what, how much and how long`(_ members: JSONObject, _ mistake: String) {
    var limit = members
    limit["name"] = "l"
    #expect(mistakes(["limits": [.object(limit)]]) == (mistake.isEmpty ? [] : ["/limits/0/\(mistake)"]))
  }

  @Test func `a limit of a job fails unless it says more`() throws {
    let json: JSON = ["limits": [["name": "l", "of": "tokens", "at_most": 9, "per": "job"]]]
    #expect(try Policy(reading: json, environment: nil).limits[0].over == .fail)
  }

  @Test(
    arguments: [
      (["of": "success_rate", "below": 0.95, "over": "15m", "at_least": 20], ""),
      (["of": "success_rate", "below": 95], "/below: invalid_value"),
      (["of": "failures", "above": 3, "below": 1], ": invalid_value"),
      (["of": "failures"], ": missing_member"),
      (["of": "p95_ms", "above": "1s"], "/above: invalid_value"),
      (["of": "usd", "above": -1], "/above: invalid_value"),
      (["of": "waiting_approvals", "above": 3, "tool": "bash"], "/tool: invalid_value"),
      (["of": "usd", "above": 3, "over": "0"], "/over: invalid_value"),
    ] as [(JSONObject, String)]
  )
  func `an alert has one bound on one side`(_ members: JSONObject, _ mistake: String) {
    var alert = members
    alert["name"] = "a"
    #expect(mistakes(["alerts": [.object(alert)]]) == (mistake.isEmpty ? [] : ["/alerts/0\(mistake)"]))
  }

  @Test func `names stand for one rule each`() {
    let limit: JSON = ["name": "l", "of": "tasks", "at_most": 1, "per": "day"]
    #expect(mistakes(["limits": [limit, limit]]) == ["/limits/1: duplicate_name"])
    #expect(
      mistakes(["presets": [["cost_limit": ["usd": 1]], ["cost_limit": ["usd": 2]]]]) == ["/presets: duplicate_name"]
    )
    var json = rule(["name": "no_destructive_ops"]).objectValue ?? [:]
    json["presets"] = ["no_destructive_ops"]
    #expect(mistakes(.object(json)) == [": duplicate_name"])
  }

  @Test func `who escalates says to whom, there or for all`() {
    let rule: JSON = [
      "name": "r", "effect": "require_approval", "when": ["value": "tool", "equals": "bash"], "message": "no",
      "on_timeout": "escalate",
    ]
    #expect(mistakes(["guardrails": [rule]]) == [": missing_member"])
    #expect(mistakes(["guardrails": [rule], "approvals": ["escalate_to": "role:admin"]]) == [])
    let json: JSON = [
      "approvals": ["escalate_to": "role:admin"], "guardrails": [rule], "environments": ["x": ["approvals": [:]]],
    ]
    #expect(mistakes(json) == ["/environments/x: missing_member"])
  }
}
