import JSON
import Testing

@testable import Policy

@Suite struct OverlayTests {
  static let json: JSON = [
    "guardrails": [
      ["name": "a", "effect": "warn", "when": ["value": "tool", "equals": "bash"], "message": "base"],
      ["name": "b", "effect": "warn", "when": ["value": "tool", "equals": "bash"], "message": "base"],
    ],
    "presets": [["cost_limit": ["usd": 50]]],
    "limits": [["name": "pace", "of": "tasks", "at_most": 5, "per": "hour"]],
    "approvals": ["timeout": "1h", "approver": "group:ops"],
    "environments": [
      "production": [
        "presets": [["cost_limit": ["usd": 10]], ["production_safety": ["approver": "group:ops"]]],
        "guardrails": [
          ["name": "a", "effect": "block", "when": ["value": "tool", "equals": "bash"], "message": "production"],
          ["name": "c", "effect": "warn", "when": ["value": "tool", "equals": "bash"], "message": "production"],
        ],
        "limits": [
          ["name": "pace", "of": "tasks", "at_most": 10, "per": "minute"],
          ["name": "money", "of": "usd", "at_most": 100.5, "per": "day", "over": "fail"],
        ],
        "approvals": ["timeout": "2h"],
      ],
      "staging": nil,
    ],
  ]

  @Test func `an overlay adds, takes the place of what has its name, and replaces the rest`() throws {
    let policy = try Policy(reading: Self.json, environment: "production")
    #expect(policy.environment == "production")
    #expect(policy.guardrails.map(\.name) == ["cost_limit", "production_safety", "a", "b", "c"])
    #expect(policy.guardrails.map(\.message).suffix(3) == ["production", "base", "production"])
    #expect(policy.limits.map(\.atMost) == [10, 100_500_000_000])
    #expect(policy.limits.map(\.over) == [.wait, .fail])
    #expect(policy.approvals.timeoutMS == 7_200_000)
    #expect(policy.approvals.approver == nil)
    #expect(policy.decide(facts(task: ["estimated_cost": 11])).effect == .block)
  }

  @Test func `without an overlay the rest holds alone, and an empty one changes nothing`() throws {
    let plain = try Policy(reading: Self.json, environment: nil)
    let staging = try Policy(reading: Self.json, environment: "staging")
    #expect(plain.environment == nil)
    #expect(plain.guardrails == staging.guardrails)
    #expect(plain.limits.map(\.atMost) == [5])
    #expect(plain != staging, "an environment is part of what is recorded")
  }

  @Test func `the option wins over what the file names`() throws {
    var json = try #require(Self.json.objectValue)
    json["environment"] = "staging"
    #expect(try Policy(reading: .object(json), environment: nil).environment == "staging")
    #expect(try Policy(reading: .object(json), environment: "production").environment == "production")
  }

  @Test func `an environment that is not there is a mistake`() {
    #expect(mistakes(Self.json, environment: "prodution") == [": unknown_environment"])
    #expect(errors(Self.json, environment: "prodution")[0].message.hasSuffix("(did you mean 'production'?)"))
    #expect(mistakes(["environment": "x"]) == ["/environment: unknown_environment"])
    #expect(mistakes([:], environment: "x") == [": unknown_environment"])
  }

  @Test func `mistakes of every overlay are found, whichever applies`() {
    let json: JSON = ["environments": ["a": ["limits": [["name": "x"]]], "b": ["nonsense": 1], "c c": [:]]]
    #expect(
      mistakes(json) == [
        "/environments/a/limits/0/of: missing_member", "/environments/a/limits/0/at_most: missing_member",
        "/environments/b/nonsense: unknown_member", "/environments/c c: invalid_value",
      ]
    )
  }

  @Test func `a guardrail of an overlay takes the place of a preset`() throws {
    let json: JSON = [
      "presets": ["no_destructive_ops"],
      "environments": [
        "lab": [
          "guardrails": [
            [
              "name": "no_destructive_ops", "effect": "warn", "when": ["value": "input", "contains": "drop"],
              "message": "careful",
            ]
          ]
        ]
      ],
    ]
    let policy = try Policy(reading: json, environment: "lab")
    #expect(policy.guardrails.map(\.effect) == [.warn])
  }
}
