package import JSON

/// The input of `make_plan`: a request, and what became of earlier plans for it.
package struct PlanningInput: Sendable {
  /// A step that is done. Its output is not here, and never shown to a model.
  package struct DoneStep: Sendable, Equatable {
    package var id: String
    package var tool: String
    package var description: String?
    /// Whether it ran once for each item of a list, so that its output is a list.
    package var isList = false

    package init(id: String, tool: String, description: String? = nil, isList: Bool = false) {
      self.id = id
      self.tool = tool
      self.description = description
      self.isList = isList
    }
  }

  /// Why the plan before did not come to its end.
  package struct FailedStep: Sendable, Equatable {
    package var step: String
    package var tool: String
    package var name: String
    package var message: String
    package var data: JSONObject

    package init(step: String, tool: String, name: String, message: String, data: JSONObject = JSONObject()) {
      self.step = step
      self.tool = tool
      self.name = name
      self.message = message
      self.data = data
    }
  }

  package var request: PlanningRequest
  /// Whose model plans: `planner` or `executor`.
  package var role: String
  /// A plan that was refused, and why.
  package var refused: (plan: JSON, mistakes: [Mistake])?
  package var done: [DoneStep] = []
  package var failed: FailedStep?
  /// Why the result was no answer to the request.
  package var unverified: [String]?
  /// Ids of steps that a new plan cannot have.
  package var takenIDs: Set<String> = []

  package init(_ request: PlanningRequest, role: String = "planner") {
    self.request = request
    self.role = role
  }

  package init(_ json: JSON) {
    self.init(PlanningRequest(json["request"] ?? [:]), role: json["role"]?.stringValue ?? "planner")
    if let refused = json["refused"], let plan = refused["plan"] {
      self.refused = (plan, (refused["mistakes"]?.arrayValue ?? []).map(Mistake.init))
    }
    done = (json["done"]?.arrayValue ?? []).compactMap { item in
      guard let id = item["id"]?.stringValue, let tool = item["tool"]?.stringValue else { return nil }
      return DoneStep(
        id: id,
        tool: tool,
        description: item["description"]?.stringValue,
        isList: item["list"]?.boolValue ?? false
      )
    }
    if let failed = json["failed"] {
      let error = failed["error"]
      self.failed = FailedStep(
        step: failed["step"]?.stringValue ?? "",
        tool: failed["tool"]?.stringValue ?? "",
        name: error?["name"]?.stringValue ?? "tool_failed",
        message: error?["message"]?.stringValue ?? "",
        data: error?["data"]?.objectValue ?? JSONObject()
      )
    }
    if let unverified = json["unverified"] {
      self.unverified = (unverified["reasons"]?.arrayValue ?? []).compactMap(\.stringValue)
    }
    takenIDs = Set((json["taken_ids"]?.arrayValue ?? []).compactMap(\.stringValue)).union(done.map(\.id))
  }

  /// Whether part of the work is done, or was tried: the plan is to be what remains.
  package var isAmendment: Bool { failed != nil || unverified != nil || !done.isEmpty }

  /// Whether an id is one that the coordinator gives to its own steps, before and behind a plan: `planning`, `planning-2`.
  static func isStage(_ id: String) -> Bool {
    let parts = id.split(separator: "-", maxSplits: 1, omittingEmptySubsequences: false)
    guard ["planning", "synthesis", "verification"].contains(parts[0]) else { return false }
    return parts.count == 1 || !parts[1].isEmpty && parts[1].utf8.allSatisfy { (48...57).contains($0) }
  }
}
