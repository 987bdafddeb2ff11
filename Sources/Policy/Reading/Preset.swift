internal import JSON

/// Guardrails that many want, written in the language of the policy and with tests of their own.
enum Preset: String, CaseIterable {
  case productionSafety = "production_safety"
  case costLimit = "cost_limit"
  case noDestructiveOperations = "no_destructive_ops"

  var arguments: [String] {
    switch self {
    case .productionSafety: ["approver"]
    case .costLimit: ["usd"]
    case .noDestructiveOperations: []
    }
  }

  var dueArguments: [String] { self == .costLimit ? ["usd"] : [] }

  /// As it would stand under `guardrails`; the arguments have been looked at.
  func guardrail(_ arguments: JSON) -> JSON {
    var rule: JSONObject =
      switch self {
      case .productionSafety: Self.productionSafety(arguments["approver"] ?? .null)
      case .costLimit: Self.costLimit(arguments["usd"] ?? 0)
      case .noDestructiveOperations: Destruction.guardrail
      }
    rule["name"] = .string(rawValue)
    rule["preset"] = .string(rawValue)
    return .object(rule)
  }

  /// What a task says of where it acts; `prod` is what many write.
  private static func productionSafety(_ approver: JSON) -> JSONObject {
    [
      "effect": "require_approval",
      "when": [
        "any": [
          ["value": "task.context.env", "in": ["production", "prod"]],
          ["value": "task.context.environment", "in": ["production", "prod"]],
        ]
      ],
      "message": "changes in production wait for a person",
      "approver": approver,
      "tests": [
        "match": [
          ["task": ["context": ["env": "production"]]], ["task": ["context": ["environment": "Production"]]],
          ["tool": "bash", "task": ["context": ["env": "PROD"]]],
        ],
        "not_match": [
          ["task": ["context": ["env": "staging"]]], ["task": ["description": "about production"]], [:],
          ["task": ["context": ["env": "pre-production"]]],
        ],
      ],
    ]
  }

  private static func costLimit(_ usd: JSON) -> JSONObject {
    let bound = usd.description
    // Safety: the argument is a number of at most nine places behind the point.
    let more = (try? Decimal(bound).adding(Decimal("0.000000001")))?.canonicalText ?? "1e99"
    return [
      "effect": "block",
      "when": ["value": "task.estimated_cost", "gt": usd],
      "message": .string("the task is expected to cost more than \(bound) US dollars"),
      "tests": [
        "match": [["task": ["estimated_cost": JSONNumber(more).map { JSON.number($0) } ?? 0]]],
        "not_match": [["task": ["estimated_cost": usd]], [:]],
      ],
    ]
  }
}
