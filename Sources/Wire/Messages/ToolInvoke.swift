public import JSON

/// Coordinator → worker: run one tool once.
package struct ToolInvoke: WireRequest {
  package static let method = "tool/invoke"

  package var tool: String
  package var input: JSON
  package var job: String
  package var step: String
  /// 1, 2, …: tries at this step.
  package var attempt: Int64
  /// The same for every attempt of the same work.
  package var idempotencyKey: String
  /// Time that remains until the deadline.
  package var timeoutMS: Int64
  /// W3C trace context.
  package var traceparent: String?
  package var needs: Needs?
  package var limits: ResourceLimits?
  /// What was reserved for it: more is not to be had.
  package var budget: Budget?

  package init(
    tool: String,
    input: JSON,
    job: String,
    step: String,
    attempt: Int64,
    idempotencyKey: String,
    timeoutMS: Int64,
    traceparent: String? = nil,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    budget: Budget? = nil
  ) {
    self.tool = tool
    self.input = input
    self.job = job
    self.step = step
    self.attempt = attempt
    self.idempotencyKey = idempotencyKey
    self.timeoutMS = timeoutMS
    self.traceparent = traceparent
    self.needs = needs
    self.limits = limits
    self.budget = budget
  }

  package init(from fields: inout Fields) throws(WireError) {
    tool = try fields.require("tool")
    input = try fields.require("input")
    job = try fields.require("job")
    step = try fields.require("step")
    attempt = try fields.requireInteger("attempt", in: 1...Int64.max)
    idempotencyKey = try fields.require("idempotency_key")
    timeoutMS = try fields.requireInteger("timeout_ms", in: 0...Limit.timeoutMS)
    traceparent = try fields.optional("traceparent")
    needs = try fields.body("needs")
    limits = try fields.body("limits")
    budget = try fields.body("budget")
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("tool", tool)
    writer.member("input", input)
    writer.member("job", job)
    writer.member("step", step)
    writer.member("attempt", attempt)
    writer.member("idempotency_key", idempotencyKey)
    writer.member("timeout_ms", timeoutMS)
    writer.member("traceparent", traceparent)
    writer.member("needs", needs)
    writer.member("limits", limits)
    writer.member("budget", budget)
  }

  package typealias Response = ToolResult
}

/// What a tool produced.
public struct ToolResult: Sendable, Equatable {
  public var output: JSON
  public var artifacts: [Artifact]
  public var receipt: Receipt?
  /// Why what was run did not succeed, although the tool did its part and has an output (a program that exits with 1).
  /// A caller gets both; a plan's step fails with it.
  public var failure: String?
  /// Under which the coordinator knows the call; absent in what a worker answers.
  public var job: String?
  /// Of a worker's call, where a person was waited for within its invocation: what remains of that one's time.
  package var remainingMS: Int64?

  public init(
    output: JSON,
    artifacts: [Artifact] = [],
    receipt: Receipt? = nil,
    failure: String? = nil,
    job: String? = nil
  ) {
    self.output = output
    self.artifacts = artifacts
    self.receipt = receipt
    self.failure = failure
    self.job = job
  }
}

extension ToolResult: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      output: try fields.require("output"),
      artifacts: try fields.bodies("artifacts", limit: Limit.artifacts) ?? [],
      receipt: try fields.body("receipt"),
      failure: try fields.optional("failure"),
      job: try fields.optional("job")
    )
    remainingMS = try fields.integer("remaining_ms", in: 0...Limit.timeoutMS)
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("output", output)
    if !artifacts.isEmpty { writer.member("artifacts", artifacts) }
    writer.member("receipt", receipt)
    writer.member("failure", failure)
    writer.member("job", job)
    writer.member("remaining_ms", remainingMS)
  }
}
