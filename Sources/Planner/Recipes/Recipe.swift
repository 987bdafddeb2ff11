package import JSON

/// A named plan with parameters, as it is offered: its plan stays with the coordinator.
package struct Recipe: Sendable, Equatable {
  package var name: String
  package var description: String
  /// Requests that it serves.
  package var examples: [String]
  /// JSON Schema of an object.
  package var parameters: JSON

  package init(name: String, description: String, examples: [String] = [], parameters: JSON) {
    self.name = name
    self.description = description
    self.examples = examples
    self.parameters = parameters
  }

  private static let textsLimit = 16

  /// What a request is held against.
  var texts: [String] { Array(([description] + examples).prefix(Self.textsLimit)) }

  /// One line of a prompt, as a tool's.
  func line() -> String {
    let example = examples.first.map { "; for example: \(ShownText.line($0, limit: 100))" } ?? ""
    return CatalogTool(name: name, description: "", input: parameters).line().replacing(" -> any", with: "")
      + "  # \(ShownText.summary(description, limit: 160))\(example)"
  }
}

/// A recipe that serves a request, with what its parameters stand for.
package struct RecipeMatch: Sendable, Equatable {
  package var name: String
  package var parameters: JSONObject

  package var json: JSON { ["name": .string(name), "parameters": .object(parameters)] }
}
