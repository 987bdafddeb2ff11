package import JSON
package import Journal
package import Plan
package import Wire

/// What a unit is about to do: everything that is decided about, resolved.
package struct Act: Sendable {
  package let key: StepKey
  package let step: String
  package let tool: String
  package let input: JSON
  package let needs: Needs?
  package let limits: ResourceLimits?
  package let generation: Int64
  package let attempt: Int64
  /// Whether the plan says the input as it is, so that whoever read the plan has seen it.
  package let isLiteral: Bool
  /// The step as the plan has it; null of a call.
  package let written: JSON

  package init(
    key: StepKey,
    step: String,
    tool: String,
    input: JSON,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    generation: Int64 = 1,
    attempt: Int64 = 1,
    isLiteral: Bool = false,
    written: JSON = .null
  ) {
    self.key = key
    self.step = step
    self.tool = tool
    self.input = input
    self.needs = needs
    self.limits = limits
    self.generation = generation
    self.attempt = attempt
    self.isLiteral = isLiteral
    self.written = written
  }

  /// The same with another input.
  package func with(_ input: JSON) -> Act {
    Act(
      key: key,
      step: step,
      tool: tool,
      input: input,
      needs: needs,
      limits: limits,
      generation: generation,
      attempt: attempt
    )
  }
}

/// Steps of a plan that are decided about as one, before any of them begins: those with which a generation of a job
/// begins, or those by which it grows.
package struct PlanPart: Sendable {
  package let plan: Plan
  package let steps: Range<Int>
  /// What was agreed about the plan's tools, for as long as nobody offers them again after a start.
  package let terms: [String: ToolTerms]

  package init(plan: Plan, steps: Range<Int>, terms: [String: ToolTerms]) {
    self.plan = plan
    self.steps = steps
    self.terms = terms
  }
}

/// What the coordinator says about something that a job is about to do.
package struct Verdict: Sendable {
  package enum Outcome: Sendable {
    /// It may, with this input, which a person may have changed.
    case go(JSON)
    /// Never.
    case refused(WireError)
    /// Not before a person has decided.
    case ask(WireError)
    /// Not now; asked again after so many milliseconds.
    case later(WireError, afterMS: Int64)
  }

  package var outcome: Outcome
  /// What is written with whatever follows.
  package var changes: [Change]
  /// What people are to be told, though it may happen.
  package var warnings: [String]
  /// What was reserved for it: it may use up no more.
  package var budget: Budget
  /// The only programs that a jail for it may hold; nil: those that it needs.
  package var programs: [String]?

  package init(
    _ outcome: Outcome,
    changes: [Change] = [],
    warnings: [String] = [],
    budget: Budget = Budget()
  ) {
    self.outcome = outcome
    self.changes = changes
    self.warnings = warnings
    self.budget = budget
  }
}

extension Needs? {
  /// With no other programs than these; nil: as it is.
  package func holding(_ programs: [String]?) -> Needs? {
    guard let programs else { return self }
    var needs = self ?? Needs()
    needs.programs = programs
    return needs
  }
}
