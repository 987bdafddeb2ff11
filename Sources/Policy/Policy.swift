/// What an operator says may happen, who may decide, and what is remembered: read once, then only asked.
package struct Policy: Sendable, Equatable {
  /// Short digest of the canonical text: what is recorded with jobs and audit records.
  package private(set) var version: String
  /// The overlay that was applied.
  package let environment: String?
  /// Those of presets first, in the order of the file.
  package let guardrails: [Guardrail]
  package let commands: CommandRules?
  package let limits: [LimitRule]
  package let approvals: ApprovalDefaults
  /// Who is what; nil: whoever owns the service is its admin.
  package let roles: RoleRules?
  /// Nobody approves what they asked for themselves.
  package let fourEyes: Bool
  package let privileges: PrivilegeRules
  package let audit: AuditRules
  package let alerts: [AlertRule]
  let evaluator: Evaluator

  /// Nothing is configured: everything is allowed that the walls allow.
  package static let none = Policy()

  package init(
    environment: String? = nil,
    guardrails: [Guardrail] = [],
    commands: CommandRules? = nil,
    limits: [LimitRule] = [],
    approvals: ApprovalDefaults = ApprovalDefaults(),
    roles: RoleRules? = nil,
    fourEyes: Bool = false,
    privileges: PrivilegeRules = PrivilegeRules(),
    audit: AuditRules = AuditRules(),
    alerts: [AlertRule] = []
  ) {
    self.environment = environment
    self.guardrails = guardrails
    self.commands = commands
    self.limits = limits
    self.approvals = approvals
    self.roles = roles
    self.fourEyes = fourEyes
    self.privileges = privileges
    self.audit = audit
    self.alerts = alerts
    evaluator = Evaluator(guardrails)
    version = ""
    version = digest
  }
}

extension Policy {
  /// The same, but nobody approves what they asked for themselves.
  package var requiringFourEyes: Policy {
    Policy(
      environment: environment,
      guardrails: guardrails,
      commands: commands,
      limits: limits,
      approvals: approvals,
      roles: roles,
      fourEyes: true,
      privileges: privileges,
      audit: audit,
      alerts: alerts
    )
  }

  /// Policies are the same when everything that is written of them is.
  package static func == (left: Policy, right: Policy) -> Bool { left.version == right.version }
}
