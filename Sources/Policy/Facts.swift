package import JSON
package import Wire

/// What is about to happen, as far as rules can ask about it.
package struct Facts: Sendable {
  /// Where on its way from a person's wish to an act something is looked at.
  package enum Point: String, Sendable, CaseIterable {
    /// Somebody wants something done, in words.
    case request
    /// A plan is about to be accepted or to grow: each of its steps, its input as far as it is literal.
    case plan
    /// A tool is about to be invoked, its input resolved: a step's, a direct call's, or a worker's own.
    case invocation
  }

  package var point: Point
  /// Of the job: `description`, `type`, `mode`, `context`, `estimated_cost` in US dollars; absent where nobody said.
  package var task: JSONObject
  package var job: String?
  package var step: String?
  /// nil at `request`.
  package var tool: String?
  /// The worker that offers the tool.
  package var worker: String?
  package var input: JSON
  package var needs: Needs?
  package var limits: ResourceLimits?
  package var caller: Caller

  package init(
    _ point: Point,
    task: JSONObject = JSONObject(),
    job: String? = nil,
    step: String? = nil,
    tool: String? = nil,
    worker: String? = nil,
    input: JSON = .null,
    needs: Needs? = nil,
    limits: ResourceLimits? = nil,
    caller: Caller
  ) {
    self.point = point
    self.task = task
    self.job = job
    self.step = step
    self.tool = tool
    self.worker = worker
    self.input = input
    self.needs = needs
    self.limits = limits
    self.caller = caller
  }
}
