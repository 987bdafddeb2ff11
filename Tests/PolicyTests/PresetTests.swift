import JSON
import Testing

@testable import Policy

@Suite struct PresetTests {
  @Test func `every preset passes its own tests`() throws {
    let json: JSON = [
      "presets": [
        "no_destructive_ops", ["production_safety": ["approver": "group:ops"]], ["cost_limit": ["usd": 10]],
      ]
    ]
    #expect(errors(json).map(\.message) == [])
    let policy = try Policy(reading: json, environment: nil)
    #expect(policy.guardrails.map(\.name) == ["no_destructive_ops", "production_safety", "cost_limit"])
    #expect(policy.guardrails.map(\.preset) == ["no_destructive_ops", "production_safety", "cost_limit"])
  }
}
