extension Policy {
  /// What guardrails say and, for tools that run shell scripts, command rules.
  package func decide(_ facts: Facts) -> Decision { .allow }
}
