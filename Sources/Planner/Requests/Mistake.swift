package import JSON

/// What is wrong with a plan, and where: as the coordinator says it, and the planner's own findings in the same form.
package struct Mistake: Sendable, Hashable {
  /// JSON Pointer into the plan.
  package var path: String
  /// For programs: `unknown_tool`, `cycle`, …
  package var name: String
  package var message: String

  package init(path: String, name: String, message: String) {
    self.path = path
    self.name = name
    self.message = message
  }

  private static let messageLimit = 400
  /// That are shown to a model, or kept of a try.
  package static let shown = 12

  package init(_ json: JSON) {
    self.init(
      path: json["path"]?.stringValue ?? "",
      name: json["name"]?.stringValue ?? "invalid_value",
      message: json["message"]?.stringValue ?? "unknown mistake"
    )
  }

  /// Bounded, and without what could break out of a line.
  package var json: JSON {
    [
      "path": .string(ShownText.line(path, limit: 200)), "name": .string(ShownText.line(name, limit: 64)),
      "message": .string(ShownText.line(message, limit: Self.messageLimit)),
    ]
  }

  /// One line of a prompt.
  var line: String {
    let place = path.isEmpty ? "the plan" : ShownText.line(path, limit: 200)
    return "- \(place): \(ShownText.line(message, limit: Self.messageLimit)) (\(ShownText.line(name, limit: 64)))"
  }
}
