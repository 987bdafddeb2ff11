import JSON
import Testing

@testable import Policy

@Suite struct DecideTests {
  @Test func `matches come in the order of the policy, and the strongest decides`() throws {
    let policy = try Policy(
      reading: [
        "guardrails": [
          ["name": "w", "effect": "warn", "when": ["value": "tool", "exists": true], "message": "1"],
          [
            "name": "a", "effect": "require_approval", "when": ["value": "tool", "in": ["bash"]], "message": "2",
            "timeout": "1h",
          ],
          ["name": "x", "effect": "block", "when": ["value": "tool", "equals": "http_get"], "message": "3"],
          [
            "name": "p", "effect": "block", "at": ["plan"], "when": ["value": "tool", "equals": "bash"], "message": "4",
          ],
        ]
      ],
      environment: nil
    )
    let decision = policy.decide(facts())
    #expect(decision.matches.map(\.rule) == ["w", "a"])
    #expect(decision.effect == .requireApproval)
    #expect(decision.deciding.map(\.timeoutMS) == [3_600_000])
    #expect(policy.decide(facts(.plan)).effect == .block)
    #expect(policy.decide(facts(.request, tool: nil)) == .allow)
    #expect(policy.decide(facts(tool: "http_get")).matches.map(\.rule) == ["w", "x"])
  }

  /// Rules of every shape around the tool, asked of facts of every shape, by the index and one by one.
  @Test func `the index leaves out no rule that matches`() throws {
    let tools = ["bash", "BASH", "code_exec", "http_get", "x"]
    let parts: [JSON] = [
      ["value": "tool", "equals": "bash"], ["value": "tool", "in": ["bash", "code_exec"]],
      ["value": "tool", "not_equals": "bash"], ["value": "tool", "exists": false], ["value": "input", "contains": "a"],
      ["not": ["value": "tool", "equals": "bash"]], ["not": ["not": ["value": "tool", "equals": "x"]]],
      ["value": "point", "equals": "plan"], ["value": "tool", "equals": "bash", "contains": "h"],
    ]
    var conditions = parts
    for a in parts { for b in parts { conditions += [["all": [a, b]], ["any": [a, b]], ["not": ["any": [a, b]]]] } }
    let rules = conditions.enumerated().map { i, condition -> JSON in
      ["name": .string("r\(i)"), "effect": "warn", "when": condition, "message": "m"]
    }
    let policy = try Policy(reading: ["guardrails": .array(rules)], environment: nil)
    for tool in tools.map(Optional.some) + [nil] {
      for point in Facts.Point.allCases {
        for input in ["a", "b"] as [JSON] {
          let about = facts(point, tool: tool, input: input)
          let expected = policy.guardrails.filter { $0.when.root.holds(of: about) }
          #expect(policy.decide(about).matches.map(\.rule) == expected.map(\.name))
        }
      }
    }
  }

  @Test func `what a shell would run is known of the tools that run shells`() {
    #expect(ShellInput(facts(input: ["command": "ls"]))?.script == "ls")
    #expect(ShellInput(facts(input: ["command": "ls", "env": ["A": "b"]]))?.environment == ["A": "b"])
    #expect(ShellInput(facts(tool: "code_exec", input: ["code": "ls", "language": "sh"]))?.script == "ls")
    #expect(ShellInput(facts(tool: "code_exec", input: ["code": "ls"])) == nil)
    #expect(ShellInput(facts(tool: "http_get", input: ["command": "ls"])) == nil)
    #expect(ShellInput(facts(input: ["command": 3])) == nil)
  }

  @Test func `command rules stand behind guardrails`() throws {
    let policy = try Policy(
      reading: [
        "guardrails": [["name": "w", "effect": "warn", "when": ["value": "tool", "exists": true], "message": "1"]],
        "commands": ["forbid": ["rm -rf", "sudo"], "approve": ["git push"]],
      ],
      environment: nil
    )
    let blocked = policy.decide(facts(input: ["command": "cd /srv && rm -rf x"]))
    #expect(blocked.effect == .block)
    #expect(blocked.matches.map(\.effect) == [.warn, .block])
    #expect(policy.decide(facts(input: ["command": "git push origin main"])).effect == .requireApproval)
    #expect(policy.decide(facts(tool: "http_get", input: ["command": "sudo ls"])).effect == .warn)
    #expect(mistakes(["commands": ["allow": ["ls | wc"]]]) == ["/commands/allow/0: invalid_value"])
  }
}
