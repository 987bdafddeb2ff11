import JSON
import Wire

@testable import Policy

let somebody = Caller(uid: 1_000, gid: 1_000, groups: [100], user: "anna", groupNames: ["staff"], role: .submitter)

func facts(
  _ point: Facts.Point = .invocation,
  task: JSONObject = [:],
  tool: String? = "bash",
  input: JSON = .null,
  needs: Needs? = nil,
  limits: ResourceLimits? = nil,
  caller: Caller = somebody
) -> Facts {
  Facts(point, task: task, tool: tool, input: input, needs: needs, limits: limits, caller: caller)
}

/// A policy of one guardrail with this condition.
func policy(when condition: JSON, effect: String = "block") throws -> Policy {
  try Policy(
    reading: [
      "guardrails": [["name": "rule", "effect": .string(effect), "when": condition, "message": "no"]]
    ],
    environment: nil
  )
}

func matches(_ condition: JSON, _ facts: Facts) throws -> Bool {
  try policy(when: condition).decide(facts).effect == .block
}

/// `path: name` of each mistake.
func mistakes(_ json: JSON, environment: String? = nil) -> [String] {
  errors(json, environment: environment).map { "\($0.path): \($0.name)" }
}

func errors(_ json: JSON, environment: String? = nil) -> [PolicyError] {
  do throws(PolicyErrors) {
    _ = try Policy(reading: json, environment: environment)
    return []
  } catch {
    return error.errors
  }
}
