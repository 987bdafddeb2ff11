import JSON
import Testing

@testable import Policy

@Suite struct InlineTestTests {
  private func mistake(_ tests: JSON, when condition: JSON? = nil, at points: JSON? = nil) -> [String] {
    var rule: JSONObject = ["name": "r", "effect": "block", "message": "no", "tests": tests]
    rule["when"] =
      condition ?? ["all": [["value": "tool", "equals": "bash"], ["value": "input.command", "contains": "payroll"]]]
    if let points { rule["at"] = points }
    return errors(["guardrails": [.object(rule)]]).map { "\($0.path): \($0.message)" }
  }

  @Test func `a rule that does what its tests say is read`() {
    let tests: JSON = [
      "match": [["tool": "bash", "input": ["command": "cat PAYROLL"]]],
      "not_match": [["tool": "bash", "input": ["command": "ls"]], ["tool": "python", "input": "payroll"], [:]],
    ]
    #expect(mistake(tests) == [])
  }

  @Test func `a rule that fails one is not, and says why`() {
    #expect(
      mistake([
        "match": [
          ["tool": "bash", "input": ["command": "cat payroll"]], ["tool": "bash", "input": ["command": "ls"]],
        ]
      ]) == [
        "/guardrails/0/tests/match/1: guardrail 'r' does not match its test '/guardrails/0/tests/match/1': "
          + "'/when/all/1' does not hold, 'input.command' is 'ls'"
      ]
    )
    #expect(
      mistake(["not_match": [["tool": "bash", "input": ["command": "payroll"]]]]) == [
        "/guardrails/0/tests/not_match/0: guardrail 'r' matches its test '/guardrails/0/tests/not_match/0' at 'request'"
      ]
    )
    #expect(mistake(["match": [["input": ["command": "payroll"]]]])[0].hasSuffix("'tool' is absent"))
  }

  @Test func `a test of another point than the rule's does not match`() {
    let test: JSON = ["point": "plan", "tool": "bash", "input": ["command": "payroll"]]
    #expect(mistake(["match": [test]], at: ["invocation"]).count == 1)
    #expect(mistake(["not_match": [test]], at: ["invocation"]) == [])
    #expect(mistake(["match": [test]], at: ["plan"]) == [])
  }

  @Test func `tests can be about callers, tasks, needs and limits`() {
    let condition: JSON = [
      "all": [
        ["value": "caller.user", "equals": "anna"], ["value": "caller.groups", "contains": "ops"],
        ["value": "caller.role", "equals": "admin"], ["value": "caller.uid", "equals": 7],
        ["value": "needs.write.*", "matches": "^/etc"], ["value": "limits.wall_ms", "gt": 5],
        ["value": "task.mode", "equals": "auto"],
      ]
    ]
    let test: JSON = [
      "caller": ["user": "anna", "groups": ["ops"], "role": "admin", "uid": 7], "needs": ["write": ["/etc/x"]],
      "limits": ["wall_ms": 6], "task": ["mode": "auto"],
    ]
    #expect(mistake(["match": [test]], when: condition) == [])
  }

  @Test func `mistakes in tests have their places`() {
    let tests: JSON = [
      "match": [["tol": "bash"], ["needs": ["write": ["x"]]], ["caller": ["rol": 1]], ["task": ["x": 1]], 5],
      "matches": [],
    ]
    let paths = mistake(tests).map { String($0.prefix { $0 != ":" }) }
    #expect(
      paths == [
        "/guardrails/0/tests/match/0/tol", "/guardrails/0/tests/match/1/needs",
        "/guardrails/0/tests/match/2/caller/rol",
        "/guardrails/0/tests/match/3/task/x", "/guardrails/0/tests/match/4", "/guardrails/0/tests/matches",
      ]
    )
  }

  @Test func `a rule with mistakes is not tried`() {
    #expect(mistake(["match": [[:]]], when: ["value": "tol", "equals": "x"]).count == 1)
  }
}
