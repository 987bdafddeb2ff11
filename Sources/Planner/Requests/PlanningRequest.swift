package import JSON
package import Wire

/// What somebody wants done, as far as a planner needs it. Read leniently: the coordinator has checked it.
package struct PlanningRequest: Sendable, Equatable {
  package var text: String
  package var type: String?
  package var context: JSONObject
  package var files: [RequestFile]
  /// The only tools that may be used; nil: all.
  package var tools: Set<String>?
  /// The most that a step may ask for; nil: nothing.
  package var needs: Needs?

  package init(
    text: String,
    type: String? = nil,
    context: JSONObject = JSONObject(),
    files: [RequestFile] = [],
    tools: Set<String>? = nil,
    needs: Needs? = nil
  ) {
    self.text = text
    self.type = type
    self.context = context
    self.files = files
    self.tools = tools
    self.needs = needs
  }

  package init(_ json: JSON) {
    self.init(
      text: json["text"]?.stringValue ?? "",
      type: json["type"]?.stringValue,
      context: json["context"]?.objectValue ?? JSONObject(),
      files: (json["files"]?.arrayValue ?? []).compactMap(RequestFile.init),
      tools: json["tools"]?.arrayValue.map { Set($0.compactMap(\.stringValue)) },
      // Safety: what cannot be read grants nothing.
      needs: json["needs"]?.objectValue.flatMap { try? Needs.decode($0) }
    )
  }
}
