import JSON
import Testing

@testable import Policy

@Suite struct EffectiveTests {
  static let whole: JSON = [
    "presets": ["no_destructive_ops", ["cost_limit": ["usd": 12.50]]],
    "guardrails": [
      [
        "name": "r", "effect": "require_approval", "at": ["plan"],
        "when": ["not": ["value": "tool", "in": ["bash", "ls"]]],
        "message": "m", "approver": "user:anna", "timeout": "90s", "on_timeout": "escalate",
        "escalate_to": "role:admin",
        "tests": ["match": [["tool": "x"]]],
      ]
    ],
    "commands": ["allow": ["ls"], "forbid": ["sudo"], "approve": ["git push"], "unknown": "block"],
    "limits": [
      ["name": "a", "of": "usd", "at_most": 0.123456789, "per": "day"],
      ["name": "b", "of": "cpu", "at_most": "10m", "per": "hour"],
      ["name": "c", "of": "concurrent_jobs", "at_most": 3, "for": "caller"],
      ["name": "d", "of": "executions", "tool": "bash", "at_most": 3, "per": "job"],
    ],
    "approvals": [
      "approver": "role:approver", "timeout": "12h", "on_timeout": "escalate", "escalate_to": "slack://ops",
    ],
    "roles": ["viewer": ["everyone"], "admin": ["uid:0", "user:anna", "gid:5", "group:ops"]],
    "four_eyes": true,
    "privileges": [
      "allow": ["read": ["/srv/"], "hosts": ["*.Example.com:443"]],
      "forbid": ["write": ["/etc"], "programs": ["sudo"]],
    ],
    "audit": ["inputs": "hash", "results": "none", "keep": "30d", "redact": ["pin"], "sign_every": 10],
    "alerts": [["name": "x", "of": "success_rate", "below": 0.95, "over": "15m", "at_least": 20, "tool": "bash"]],
    "environments": ["production": ["four_eyes": false]],
  ]

  @Test(arguments: [nil, "production"])
  func `what is shown reads to the same policy`(_ environment: String?) throws {
    let policy = try Policy(reading: Self.whole, environment: environment)
    let shown = try JSON(parsing: policy.effective.serialized())
    let again = try Policy(reading: shown, environment: nil)
    #expect(again.effective == policy.effective)
    #expect(again.version == policy.version)
    #expect(again == policy)
    #expect(again.guardrails == policy.guardrails)
    #expect(again.limits == policy.limits)
    #expect(again.privileges == policy.privileges)
    #expect(again.environment == environment)
    #expect(policy.fourEyes == (environment == nil))
  }

  @Test func `nothing has an effective text too`() throws {
    #expect(try Policy(reading: Policy.none.effective, environment: nil) == .none)
  }

  @Test func `the version follows what is said, not how it is written`() throws {
    let rule: JSONObject = ["name": "l", "of": "tasks", "at_most": 1, "per": "day"]
    let a = try Policy(reading: ["limits": [.object(rule)], "four_eyes": false], environment: nil)
    let b = try Policy(
      reading: ["limits": [["per": "day", "over": "wait", "at_most": 1.0, "name": "l", "of": "tasks", "tool": nil]]],
      environment: nil
    )
    let c = try Policy(
      reading: ["limits": [["name": "l", "of": "tasks", "at_most": 2, "per": "day"]]],
      environment: nil
    )
    #expect(a.version == b.version)
    #expect(a.version != c.version)
    #expect(a.version.count == 16)
  }
}
