internal import JSON
package import Wire

/// A text with `{{…}}` in it.
package struct TextTemplate: Sendable {
  /// As it was written.
  package let source: String
  /// Each reference once, in the order in which they first appear.
  package let references: [Reference]
  /// Whether `{{steps}}` stands in it.
  package let usesAllSteps: Bool
  let uses: [Use]
  let pieces: [Template.Piece]
  /// Of every step, in the plan's order.
  let ids: [String]

  init(source: String, template: Template, ids: [String]) {
    self.source = source
    references = template.references
    uses = template.uses
    self.ids = ids
    switch template.root {
    case .text(let pieces): self.pieces = pieces
    case .literal(.string(let text)): pieces = [.literal(text)]
    default: pieces = []
    }
    usesAllSteps = pieces.contains { if case .allSteps = $0 { true } else { false } }
  }

  /// The text with every reference replaced: strings as they are, other values as compact JSON with numbers as they were
  /// written, `{{steps}}` as one object with each step's output by its id in the plan's order (null for a skipped one).
  /// Throws as `Template.resolve` does.
  ///
  /// - Parameter hidden: steps that `{{steps}}` leaves out.
  package func resolve(_ scope: Scope, hiding hidden: Set<Int> = []) throws(WireError) -> String {
    var resolver = Resolver(uses: uses, scope: scope)
    resolver.hidden = hidden
    return try resolver.text(of: pieces, ids: ids)
  }
}

/// What to make of the outputs at the end.
package struct FinalSynthesis: Sendable {
  package let promptTemplate: TextTemplate
  /// Of the model that makes the answer of the filled text; nil: the text is the answer.
  package let role: String?
}

extension TextTemplate {
  /// The text as the input of a step takes it, where `{{steps}}` cannot stand: each of `ids` is named in its place.
  package func inputText(standingFor ids: [String]) -> String {
    pieces.enumerated().map { i, piece in
      switch piece {
      case .literal(let text):
        // Backslashes just before the braces of a reference stand for half as many.
        let isBeforeBraces = i + 1 < pieces.count
        let last = isBeforeBraces ? text.utf8.reversed().prefix { $0 == UInt8(ascii: "\\") }.count : 0
        return Template.literalText(text) + String(repeating: "\\", count: last)
      case .reference(let use): return "{{\(uses[use].text)}}"
      case .allSteps: return ids.map { "\($0): {{step:\($0)}}" }.joined(separator: "\n")
      }
    }.joined()
  }
}
