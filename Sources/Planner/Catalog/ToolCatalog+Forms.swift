package import JSON
package import Models

/// A catalog in the forms in which providers take tools, and what each costs.
extension ToolCatalog {
  /// The providers' forms of a tool, and the planner's own.
  package enum Form: String, Sendable, CaseIterable {
    case openAI = "openai"
    case anthropic
    case gemini
    /// Lines of a prompt: `CatalogTool.line`.
    case compact
  }

  /// The `tools` member of a request in this form; of `compact` one text for each tool.
  package func exported(as form: Form) -> JSON {
    let format: ModelFormat
    switch form {
    case .openAI: format = .openAIChat
    case .anthropic: format = .anthropic
    case .gemini: format = .gemini
    case .compact: return .array(tools.map { .string($0.line()) })
    }
    // Written by what writes the requests themselves, so that the two never differ.
    var request = ModelRequest(messages: [])
    request.tools = tools.map { ToolOffer(name: $0.name, description: $0.description, parameters: $0.input) }
    return format.write(request, model: "", quirks: Quirks()).body["tools"] ?? []
  }

  /// Tokens that the catalog takes in this form. No provider's form says what a tool gives, the compact one does.
  package func tokens(as form: Form, _ counter: TokenCounter = TokenCounter()) -> Int {
    if form == .compact { return counter.count(text()) }
    return counter.count(exported(as: form).description)
  }

  /// Tokens of the tools' own schemas, of inputs and outputs, as their workers wrote them.
  package func schemaTokens(_ counter: TokenCounter = TokenCounter()) -> Int {
    tools.reduce(0) {
      $0 + counter.count($1.input.description) + ($1.output.map { counter.count($0.description) } ?? 0)
    }
  }

  /// The compact form: one line for each tool.
  package func text(_ detail: CatalogTool.Detail = .full) -> String {
    tools.map { $0.line(detail) }.joined(separator: "\n")
  }
}
