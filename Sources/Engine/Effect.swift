package import JSON
package import Journal
package import Plan
package import Wire

/// What a job wants done. Writes come before everything that follows from them: dispatches happen after the commit.
package enum Effect: Sendable {
  case write(Change)
  /// The unit wants a slot of its tool's worker; answered with `granted` when there is one.
  case ready(StepKey, tool: String)
  /// It does not want it any more.
  case withdraw(StepKey, tool: String)
  /// After the commit.
  case dispatch(Attempt)
  /// Stop the attempt, whether it was dispatched yet or not; `ended` still comes.
  case cancel(StepKey)
  /// Tell `due` after so many milliseconds, unless the job ends before.
  case wake(StepKey, afterMS: Int64)
  /// The job is final; after the commit nothing more comes.
  case finished
}

/// One attempt at a step, resolved and checked.
package struct Attempt: Sendable {
  package let key: StepKey
  package let step: String
  package let tool: String
  package let input: JSON
  package let number: Int64
  package let idempotencyKey: String
  package let timeoutMS: Int64?
  package let needs: Needs?
  package let limits: ResourceLimits?
  package let isIdempotent: Bool
  package let budget: Budget
}

/// What happens to a job.
package enum Event: Sendable {
  /// Runs for the first time.
  case start
  /// A slot was found for a unit that was `ready`.
  case granted(StepKey)
  /// An attempt was answered.
  case ended(StepKey, Outcome)
  /// A `wake` is due.
  case due(StepKey)
  /// Tools came or went.
  case catalogChanged
  case pause
  case resume
  case cancel
  case deadline
  case resolve(StepKey, Resolution)
  /// A person, or a deadline, has decided about what the unit waits for; nil: about the job as a whole.
  case decided(StepKey?)
  /// Other rules hold from here on.
  case policyChanged
}

package enum Outcome: Sendable {
  case succeeded(ToolResult, isCached: Bool)
  /// `wasDispatched`: a worker may have seen it.
  case failed(WireError, wasDispatched: Bool)
}

/// What a person says about a step whose outcome is unknown.
package enum Resolution: Sendable {
  case succeeded(JSON), failed, retry, skip
}

/// What a machine may ask while it handles an event.
package struct Context {
  /// Wall time in milliseconds.
  package let now: Int64
  /// 0 … 1.
  package let random: Double
  /// Today's offer of a tool; nil: nobody offers it.
  package let offer: (String) -> ToolOffer?
  /// Why nobody offers a tool, where more is known than that.
  package let missing: (String) -> WireError?
  /// What is wrong with a plan by today's catalog.
  package let check: (Plan) -> [PlanMistake]
  /// The plan that a recipe makes of its parameters.
  package let recipe: (RecipeChoice) throws(WireError) -> JSON
  /// Whether an act may happen.
  package let judge: (Act) -> Verdict
  /// Whether a part of the plan may run.
  package let judgePlan: (PlanPart) -> Verdict

  package init(
    now: Int64,
    random: Double,
    offer: @escaping (String) -> ToolOffer?,
    missing: @escaping (String) -> WireError? = { _ in nil },
    check: @escaping (Plan) -> [PlanMistake] = { _ in [] },
    recipe: @escaping (RecipeChoice) throws(WireError) -> JSON = { choice throws(WireError) in
      throw WireError(.notFound, "there is no recipe \(quoted(choice.name))")
    },
    judge: @escaping (Act) -> Verdict = { Verdict(.go($0.input)) },
    judgePlan: @escaping (PlanPart) -> Verdict = { _ in Verdict(.go(.null)) }
  ) {
    self.now = now
    self.random = random
    self.offer = offer
    self.missing = missing
    self.check = check
    self.recipe = recipe
    self.judge = judge
    self.judgePlan = judgePlan
  }
}

/// A tool as it is offered today.
package struct ToolOffer {
  package let terms: ToolTerms
  package let refusal: (JSON) -> WireError?

  package init(terms: ToolTerms, refusal: @escaping (JSON) -> WireError?) {
    self.terms = terms
    self.refusal = refusal
  }
}

/// What was agreed about a tool when a job was accepted; a job keeps to it.
package struct ToolTerms: Sendable, Equatable {
  package let worker: String
  package let version: String
  /// Of the input schema in canonical form.
  package let schema: String
  package let isIdempotent: Bool
  package let isPure: Bool
  package let needs: Needs?
  package let limits: ResourceLimits?

  package init(
    worker: String,
    version: String,
    schema: String,
    isIdempotent: Bool,
    isPure: Bool,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil
  ) {
    self.worker = worker
    self.version = version
    self.schema = schema
    self.isIdempotent = isIdempotent
    self.isPure = isPure
    self.needs = needs
    self.limits = limits
  }

  /// Why a tool as offered today is not the one that was accepted; a new version with the same schema, asking for
  /// nothing more, is.
  package func difference(_ today: ToolTerms) -> String? {
    if today.worker != worker { return "worker '\(today.worker)' offers it now instead of '\(worker)'" }
    if today.schema != schema { return "its input schema has changed" }
    if isIdempotent, !today.isIdempotent { return "it no longer says that it is idempotent" }
    if today.needs != needs { return "it needs other privileges" }
    return nil
  }
}

extension ToolTerms: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      worker: try fields.require("worker"),
      version: try fields.require("version"),
      schema: try fields.require("schema"),
      isIdempotent: try fields.optional("idempotent") ?? false,
      isPure: try fields.optional("pure") ?? false,
      needs: try fields.body("needs"),
      limits: try fields.body("limits")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("worker", worker)
    writer.member("version", version)
    writer.member("schema", schema)
    if isIdempotent { writer.member("idempotent", true) }
    if isPure { writer.member("pure", true) }
    writer.member("needs", needs)
    writer.member("limits", limits)
  }
}
