package import JSON

/// What a model is asked, whoever serves it.
package struct ModelRequest: Sendable, Equatable {
  package var messages: [ModelMessage]
  package var tools: [ToolOffer] = []
  package var toolChoice = ToolChoice.auto
  /// JSON Schema of the answer; nil: text.
  package var schema: JSON?
  /// Of the answer, at most; nil: the provider's own limit.
  package var maxTokens: Int?
  package var temperature: Double?
  package var topP: Double?
  /// Texts that end the answer.
  package var stop: [String] = []
  /// How much a reasoning model thinks: `none`, `minimal`, `low`, `medium` or `high`; nil: as it likes.
  package var effort: String?
  package var streams = false

  package init(messages: [ModelMessage]) { self.messages = messages }
}

/// A tool as a model sees it.
package struct ToolOffer: Sendable, Equatable {
  package var name: String
  package var description: String
  /// JSON Schema of the arguments, which are an object.
  package var parameters: JSON

  package init(name: String, description: String, parameters: JSON) {
    self.name = name
    self.description = description
    self.parameters = parameters
  }
}

package enum ToolChoice: Sendable, Equatable {
  case auto, none, required
  case named(String)
}

package struct ModelMessage: Sendable, Equatable {
  package enum Role: String, Sendable, CaseIterable { case system, user, assistant, tool }

  package enum Part: Sendable, Equatable {
    case text(String)
    /// `data` is base64; `url` only where a provider fetches it itself.
    case image(mediaType: String, data: String)
    case imageURL(String)
    case toolUse(ToolUse)
    case toolResult(ToolOutcome)
    /// An answer in the words of the provider that sent it, which must get it back untouched: it holds signatures of its
    /// reasoning. The message's other parts say the same for the others.
    case opaque(format: ModelFormat, JSON)
  }

  package var role: Role
  package var parts: [Part]

  package init(_ role: Role, _ parts: [Part]) {
    self.role = role
    self.parts = parts
  }

  /// An answer, for the conversation to go on.
  package init(answer: ModelResponse, of format: ModelFormat) {
    self.init(.assistant, answer.opaque.map { .opaque(format: format, $0) })
    if !answer.text.isEmpty { parts.append(.text(answer.text)) }
    parts += answer.toolUses.map { .toolUse($0) }
  }

  package init(_ role: Role, _ text: String) { self.init(role, [.text(text)]) }

  /// All its text, joined.
  package var text: String {
    parts.lazy.compactMap { part -> String? in if case .text(let text) = part { text } else { nil } }.joined()
  }

  package var toolUses: [ToolUse] {
    parts.compactMap { part in if case .toolUse(let use) = part { use } else { nil } }
  }

  package var toolOutcomes: [ToolOutcome] {
    parts.compactMap { part in if case .toolResult(let outcome) = part { outcome } else { nil } }
  }
}

/// A call that a model wants made.
package struct ToolUse: Sendable, Equatable {
  /// Ties the result to the call; made up here where a provider gives none.
  package var id: String
  package var name: String
  /// An object.
  package var arguments: JSON

  package init(id: String, name: String, arguments: JSON) {
    self.id = id
    self.name = name
    self.arguments = arguments
  }
}

/// What a call that a model wanted has brought.
package struct ToolOutcome: Sendable, Equatable {
  package var id: String
  package var name: String
  package var text: String
  package var isError: Bool

  package init(id: String, name: String, text: String, isError: Bool = false) {
    self.id = id
    self.name = name
    self.text = text
    self.isError = isError
  }
}
