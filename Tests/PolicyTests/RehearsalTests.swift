import JSON
import Testing

@testable import Policy

@Suite struct RehearsalTests {
  private func rule(_ name: String, _ effect: String, _ word: String) -> JSON {
    [
      "name": .string(name), "effect": .string(effect), "when": ["value": "input", "contains": .string(word)],
      "message": "m",
    ]
  }

  private func policy(_ rules: JSON...) throws -> Policy {
    try Policy(reading: ["guardrails": .array(rules)], environment: nil)
  }

  @Test func `it says what would change, and by which rule`() throws {
    let old = try policy(rule("b", "block", "beta"), rule("g", "require_approval", "gamma"), rule("d", "warn", "delta"))
    let new = try policy(
      rule("a", "block", "alpha"),
      rule("b", "require_approval", "beta"),
      rule("g", "warn", "gamma"),
      rule("d", "warn", "delta")
    )
    var rehearsal = Rehearsal(new)
    for word in ["alpha", "alpha gamma", "beta", "gamma", "delta", "epsilon"] {
      let about = facts(input: .string(word))
      rehearsal.look(at: about, before: old.decide(about))
    }
    #expect(rehearsal.looked == 6)
    #expect(Rehearsal.Change.allCases.map { rehearsal.count($0) } == [2, 1, 1])
    #expect(rehearsal.examples(.newlyBlocked).map(\.before) == [.allow, .requireApproval])
    #expect(rehearsal.examples(.newlyAsked).map(\.rules) == [["b"]])
    #expect(rehearsal.examples(.newlyAllowed).map(\.rules) == [["g"]])
    #expect(rehearsal.byRule == ["a": 2, "b": 1, "g": 1])
    #expect(rehearsal.json["rules"]?.objectValue?.keys == ["a", "b", "g"])
  }

  @Test func `the same policy changes nothing`() throws {
    let policy = try policy(rule("b", "block", "beta"), rule("g", "require_approval", "gamma"))
    var rehearsal = Rehearsal(policy)
    for word in ["beta", "gamma", "beta gamma", ""] {
      let about = facts(input: .string(word))
      rehearsal.look(at: about, before: policy.decide(about))
    }
    #expect(Rehearsal.Change.allCases.allSatisfy { rehearsal.count($0) == 0 })
  }

  @Test func `examples are bounded, counts are not`() throws {
    var rehearsal = Rehearsal(try policy(rule("b", "block", "beta")))
    for _ in 0..<(Rehearsal.examplesKept + 5) { rehearsal.look(at: facts(input: "beta"), before: .allow) }
    #expect(rehearsal.examples(.newlyBlocked).count == Rehearsal.examplesKept)
    #expect(rehearsal.count(.newlyBlocked) == Rehearsal.examplesKept + 5)
  }
}
