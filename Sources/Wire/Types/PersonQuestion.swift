package import JSON

/// What the tool `ask_person` is called with: a question, the form of its answer, and, once a person has put it there, the
/// answer.
package struct PersonQuestion: Sendable {
  /// The tool's name.
  package static let tool = "ask_person"

  package let message: String
  /// JSON Schema of the answer.
  package let schema: JSON
  package let answer: JSON?

  /// nil: no such input.
  package init?(_ input: JSON?) {
    guard let message = input?["message"]?.stringValue else { return nil }
    self.message = message
    schema = input?["schema"] ?? true
    answer = input?["answer"]
  }

  /// nil: the input is of another tool.
  package init?(_ input: JSON?, of tool: String) {
    guard tool == Self.tool else { return nil }
    self.init(input)
  }

  /// Why `answer` does not answer it.
  package var refusal: WireError? {
    guard let answer else {
      return WireError(
        .invalidInput,
        "it is a question, and nobody has answered: approving takes an answer",
        data: ["violations": [["path": "/answer", "message": "an answer is due"]]]
      )
    }
    return refusal(of: answer)
  }

  package func refusal(of answer: JSON) -> WireError? {
    let form: JSONSchema
    do { form = try JSONSchema(schema) } catch {
      return WireError(.invalidInput, "the form of the answer, 'schema', cannot be used: \(error)")
    }
    let violations = form.violations(in: answer)
    guard let first = violations.first else { return nil }
    let more = violations.count > 1 ? " (and \(violations.count - 1) more)" : ""
    let listed = violations.map { violation -> JSON in
      ["path": .string("/answer" + violation.path), "message": .string(violation.message)]
    }
    return WireError(
      .invalidInput,
      "the answer does not have the form that was asked for: \(first.message)\(more)",
      data: ["violations": .array(listed)]
    )
  }
}
