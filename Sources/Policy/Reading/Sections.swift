internal import JSON

/// The members of a policy, or of one overlay, as far as they are there.
struct Sections {
  var environment: String?
  var presets: [Guardrail] = []
  var guardrails: [Guardrail] = []
  var commands: CommandRules?
  var limits: [LimitRule] = []
  var approvals: ApprovalDefaults?
  var roles: RoleRules?
  var fourEyes: Bool?
  var privileges: PrivilegeRules?
  var audit: AuditRules?
  var alerts: [AlertRule] = []

  static let members = [
    "presets", "guardrails", "commands", "limits", "approvals", "roles", "four_eyes", "privileges", "audit", "alerts",
  ]

  /// Adds to the lists, where one of the same name takes the other's place, and replaces the rest.
  mutating func overlay(_ other: Sections) {
    let names = Set(other.guardrails.map(\.name))
    presets.removeAll { names.contains($0.name) }
    Self.merge(&presets, other.presets, \.name)
    Self.merge(&guardrails, other.guardrails, \.name)
    Self.merge(&limits, other.limits, \.name)
    Self.merge(&alerts, other.alerts, \.name)
    commands = other.commands ?? commands
    approvals = other.approvals ?? approvals
    roles = other.roles ?? roles
    fourEyes = other.fourEyes ?? fourEyes
    privileges = other.privileges ?? privileges
    audit = other.audit ?? audit
  }

  private static func merge<Rule>(_ rules: inout [Rule], _ others: [Rule], _ name: (Rule) -> String) {
    var places: [String: Int] = [:]
    for (i, rule) in rules.enumerated() { places[name(rule)] = i }
    for rule in others {
      if let place = places[name(rule)] {
        rules[place] = rule
      } else {
        places[name(rule)] = rules.count
        rules.append(rule)
      }
    }
  }

  var policy: Policy {
    Policy(
      environment: environment,
      guardrails: presets + guardrails,
      commands: commands,
      limits: limits,
      approvals: approvals ?? ApprovalDefaults(),
      roles: roles,
      fourEyes: fourEyes ?? false,
      privileges: privileges ?? PrivilegeRules(),
      audit: audit ?? AuditRules(),
      alerts: alerts
    )
  }
}

extension PolicyReader {
  /// One member of a policy or an overlay; false for one that neither has.
  mutating func section(_ key: String, _ value: JSON, into it: inout Sections) -> Bool {
    switch key {
    case "presets": it.presets = named(list(value, limit: PolicyLimit.presets) { $0.preset($1) }.flatMap(\.self))
    case "guardrails": it.guardrails = rules(value, \.name) { $0.guardrail($1) }
    case "commands": it.commands = commands(value)
    case "limits": it.limits = rules(value, \.name) { $0.limit($1) }
    case "approvals": it.approvals = approvals(value)
    case "roles": it.roles = roles(value)
    case "four_eyes": it.fourEyes = bool(value)
    case "privileges": it.privileges = privileges(value)
    case "audit": it.audit = audit(value)
    case "alerts": it.alerts = rules(value, \.name) { $0.alert($1) }
    default: return false
    }
    return true
  }

  /// Rules with names that are their own.
  private mutating func rules<Rule>(
    _ value: JSON,
    _ name: (Rule) -> String,
    _ body: (inout PolicyReader, JSON) -> Rule?
  ) -> [Rule] {
    var names: Set<String> = []
    return list(value, limit: PolicyLimit.rules) { reader, value in
      guard let rule = body(&reader, value) else { return nil }
      if !names.insert(name(rule)).inserted {
        reader.fail(.duplicateName, "\(quoted(name(rule))) is the name of another one before it")
      }
      return rule
    }
  }

  private mutating func named(_ presets: [Guardrail]) -> [Guardrail] {
    var names: Set<String> = []
    for preset in presets where !names.insert(preset.name).inserted {
      fail(.duplicateName, "preset \(quoted(preset.name)) stands there twice")
    }
    return presets
  }

  mutating func checkNames(_ sections: Sections) {
    let names = Set(sections.presets.map(\.name))
    for guardrail in sections.guardrails where names.contains(guardrail.name) {
      fail(.duplicateName, "guardrail \(quoted(guardrail.name)) has the name of a preset that stands beside it")
    }
  }
}
