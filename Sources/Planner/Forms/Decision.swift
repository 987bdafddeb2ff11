package import JSON

/// What a model decided to do about a request.
package enum Decision: Sendable, Equatable {
  case plan(JSON)
  case recipe(RecipeMatch)
  /// It needs no tools.
  case answer(String)
  /// The tools cannot do it, and why.
  case impossible(String)
}

/// An answer that no decision can be made of.
package struct Undecided: Error, Sendable, Equatable {
  package var mistakes: [Mistake]
  /// What was wrong, to be shown to who made it.
  package var shown: JSON?

  package init(_ mistakes: [Mistake], shown: JSON? = nil) {
    self.mistakes = mistakes
    self.shown = shown
  }

  init(at path: String, _ name: String, _ message: String) {
    self.init([Mistake(path: path, name: name, message: message)])
  }
}

/// How a model is made to answer with a plan.
package protocol PlanForm: Sendable {
  /// JSON Schema of the answer.
  var schema: JSON { get }
  /// How much it is told of each tool.
  var detail: CatalogTool.Detail { get }
  /// What the system's message says of the work and of this form.
  var instructions: String { get }
  /// The decision that an answer holds. The answer fits the schema, or nearly.
  func read(_ answer: JSON) throws(Undecided) -> Decision
}
