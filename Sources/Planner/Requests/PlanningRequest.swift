package import JSON

/// What somebody wants done, as far as a planner needs it. Read leniently: the coordinator has checked it.
package struct PlanningRequest: Sendable, Equatable {
  package var text: String
  package var type: String?
  package var context: JSONObject
  package var files: [RequestFile]
  /// The only tools that may be used; nil: all.
  package var tools: Set<String>?

  package init(
    text: String,
    type: String? = nil,
    context: JSONObject = JSONObject(),
    files: [RequestFile] = [],
    tools: Set<String>? = nil
  ) {
    self.text = text
    self.type = type
    self.context = context
    self.files = files
    self.tools = tools
  }

  package init(_ json: JSON) {
    self.init(
      text: json["text"]?.stringValue ?? "",
      type: json["type"]?.stringValue,
      context: json["context"]?.objectValue ?? JSONObject(),
      files: (json["files"]?.arrayValue ?? []).compactMap(RequestFile.init),
      tools: json["tools"]?.arrayValue.map { Set($0.compactMap(\.stringValue)) }
    )
  }
}
