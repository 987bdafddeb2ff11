import JSON
import Testing
import Wire

@testable import Policy

@Suite struct ConditionTests {
  static let script: JSON = ["command": "cat Payroll.csv", "env": ["MODE": "fast"], "count": 3]

  @Test(
    arguments: [
      (["value": "point", "equals": "invocation"], true),
      (["value": "tool", "equals": "bash"], true),
      (["value": "tool", "equals": "BASH"], true),
      (["value": "tool", "not_equals": "bash"], false),
      (["value": "tool", "in": ["http_get", "bash"]], true),
      (["value": "tool", "in": ["http_get"]], false),
      (["value": "tool", "matches": "^ba"], true),
      (["value": "worker", "exists": false], true),
      (["value": "worker", "exists": true], false),
      (["value": "worker", "not_equals": "sandbox"], true),
      (["value": "input", "contains": "payroll"], true),
      (["value": "input", "contains": "mode"], true),
      (["value": "input", "contains": "bash"], false),
      (["value": "input.command", "contains": "PAYROLL"], true),
      (["value": "input.env", "contains": "payroll"], false),
      (["value": "input.env", "contains": "FAST"], true),
      (["value": "input.command", "equals": "cat payroll.csv"], true),
      (["value": "input.command", "matches": "payroll\\.csv$"], true),
      (["value": "input.command", "matches": "^Cat"], false),
      (["value": "input.count", "gt": 2], true),
      (["value": "input.count", "gte": 3], true),
      (["value": "input.count", "lt": 3], false),
      (["value": "input.count", "lte": 3.0], true),
      (["value": "input.count", "equals": 3.0], true),
      (["value": "input.count", "equals": "3"], false),
      (["value": "input.none", "exists": false], true),
      (["value": "input.none.deeper", "equals": nil], true),
      (["value": "caller.user", "equals": "anna"], true),
      (["value": "caller.uid", "lt": 1001], true),
      (["value": "caller.groups", "contains": "staff"], true),
      (["value": "caller.groups", "contains": "sta"], false),
      (["value": "caller.groups.*", "contains": "sta"], true),
      (["value": "caller.role", "in": ["viewer", "submitter"]], true),
      (["value": "caller.worker", "exists": false], true),
      (["not": ["value": "tool", "equals": "bash"]], false),
      (["all": [["value": "tool", "equals": "bash"], ["value": "input", "contains": "x"]]], false),
      (["any": [["value": "tool", "equals": "bash"], ["value": "input", "contains": "x"]]], true),
    ] as [(JSON, Bool)]
  )
  func `a condition holds or does not`(_ condition: JSON, _ expected: Bool) throws {
    #expect(try matches(condition, facts(input: Self.script)) == expected)
  }

  @Test func `a star is any element or member`() throws {
    let input: JSON = ["items": [["name": "a"], ["name": "secret"]], "by": ["x": ["n": 5], "y": ["n": 9]]]
    #expect(try matches(["value": "input.items.*.name", "equals": "secret"], facts(input: input)))
    #expect(try !matches(["value": "input.items.*.name", "equals": "other"], facts(input: input)))
    #expect(try matches(["value": "input.items.1.name", "equals": "secret"], facts(input: input)))
    #expect(try !matches(["value": "input.items.01.name", "exists": true], facts(input: input)))
    #expect(try matches(["value": "input.by.*.n", "gt": 8], facts(input: input)))
    #expect(try !matches(["value": "input.by.*.n", "gt": 5, "lt": 9], facts(input: input)), "of one element both")
    #expect(try matches(["value": "input.none.*", "exists": false], facts(input: input)))
  }

  @Test func `a backslash takes the meaning from a point`() throws {
    #expect(try matches(["value": #"input.a\.b"#, "equals": 1], facts(input: ["a.b": 1])))
    #expect(try !matches(["value": #"input.a.b"#, "equals": 1], facts(input: ["a.b": 1])))
  }

  @Test func `a task is asked about by its members`() throws {
    let task: JSONObject = [
      "description": "Rotate keys", "context": ["env": "production", "hosts": ["a", "b"]], "estimated_cost": 10.01,
    ]
    let about = facts(.request, task: task, tool: nil)
    #expect(try matches(["value": "task.context.env", "equals": "production"], about))
    #expect(try matches(["value": "task.estimated_cost", "gt": 10], about))
    #expect(try !matches(["value": "task.estimated_cost", "gt": 10.01], about))
    #expect(try matches(["value": "task", "contains": "rotate"], about))
    #expect(try matches(["value": "task.type", "exists": false], about))
    #expect(try matches(["value": "task.context.hosts", "contains": "B"], about))
  }

  @Test func `numbers are compared exactly, also where they are written as texts`() throws {
    let big: JSON = .number(try #require(JSONNumber("9007199254740993.0000000000000000001")))
    #expect(try matches(["value": "input.n", "gt": 9_007_199_254_740_993], facts(input: ["n": big])))
    #expect(try matches(["value": "input.n", "gt": 100], facts(input: ["n": "100.01"])))
    #expect(try !matches(["value": "input.n", "gt": 100], facts(input: ["n": "a lot"])))
    #expect(try !matches(["value": "input.n", "gt": 100], facts(input: [:])))
  }

  @Test func `needs and limits can be asked about`() throws {
    var needs = Needs()
    needs.read = ["/srv/data"]
    needs.hosts = ["api.example.com:443"]
    needs.environment = ["HOME": "/root"]
    needs.profile = "compute"
    var limits = ResourceLimits()
    limits.memoryBytes = 1 << 31
    let about = facts(needs: needs, limits: limits)
    #expect(try matches(["value": "needs.read", "contains": "/srv/data"], about))
    #expect(try !matches(["value": "needs.read", "contains": "/srv"], about))
    #expect(try matches(["value": "needs.read.*", "matches": "^/srv/"], about))
    #expect(try matches(["value": "needs.hosts.*", "contains": "example.com"], about))
    #expect(try matches(["value": "needs.write", "exists": false], about))
    #expect(try matches(["value": "needs.programs", "exists": false], about))
    #expect(try matches(["value": "needs.profile", "equals": "compute"], about))
    #expect(try matches(["value": "needs.environment.HOME", "equals": "/root"], about))
    #expect(try matches(["value": "limits.memory_bytes", "gt": 1_073_741_824], about))
    #expect(try !matches(["value": "limits.wall_ms", "gt": 0], about))
  }

  @Test func `arguments of a program are seen as the command line that they are`() throws {
    let condition: JSON = ["value": "input", "contains": "rm -rf"]
    #expect(try matches(condition, facts(input: ["argv": ["rm", "-rf", "/srv"]])))
    #expect(try !matches(condition, facts(input: ["argv": ["rm", 1, "-rf"]])))
    #expect(try !matches(condition, facts(input: ["a": "rm", "b": " -rf"])), "texts beside each other are two")
  }

  @Test func `a pattern that gives up counts as found, and below not as not found`() throws {
    let text = String(repeating: "a", count: 40) + "b"
    let pattern: JSON = ["value": "input", "matches": "^(a|aa|a{3})+$"]
    let hard = facts(input: .string(String(repeating: text, count: 1) + text))
    // The same pattern with an answer, so that it is the giving up that decides.
    #expect(try !matches(pattern, facts(input: "b")))
    #expect(try matches(pattern, hard))
    #expect(try matches(["not": pattern], hard))
  }

  @Test func `what patterns look at is bounded`() throws {
    let many = JSON.array(Array(repeating: "x", count: 100_001))
    #expect(try matches(["value": "input", "matches": "y"], facts(input: many)))
    #expect(
      try !matches(["value": "input", "matches": "y"], facts(input: .array(Array(repeating: "x", count: 1_000))))
    )
  }
}
