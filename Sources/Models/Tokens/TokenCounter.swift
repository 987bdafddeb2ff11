internal import JSON

/// Counts what a request takes of a model's context.
///
/// With a vocabulary its texts are counted exactly; what a provider wraps around them is not published and is an estimate
/// here, as is everything without a vocabulary.
package struct TokenCounter: Sendable {
  /// What stands around each message: its role and its marks.
  static let perMessage = 4
  /// What the answer begins with.
  static let perRequest = 3
  /// Around a tool's description, and around a call or its result.
  static let perTool = 12
  /// An image, whatever its size: what most providers take for a large one.
  static let perImage = 1_600

  private let vocabulary: BytePairVocabulary?

  package init(_ vocabulary: BytePairVocabulary? = nil) { self.vocabulary = vocabulary }

  /// Whether texts are counted, rather than estimated.
  package var isExact: Bool { vocabulary != nil }

  package func count(_ text: String) -> Int { vocabulary?.count(text) ?? TokenEstimate.count(text) }

  /// Messages, tools and schema, with what is around them.
  package func count(_ request: ModelRequest) -> Int {
    overhead(request) + request.messages.reduce(0) { $0 + count($1) }
  }

  /// What a request takes beside its messages.
  package func overhead(_ request: ModelRequest) -> Int {
    var sum = Self.perRequest
    for tool in request.tools {
      sum += Self.perTool + count(tool.name) + count(tool.description) + count(tool.parameters.description)
    }
    if let schema = request.schema { sum += Self.perTool + count(schema.description) }
    return sum
  }

  package func count(_ message: ModelMessage) -> Int {
    message.parts.reduce(Self.perMessage) { $0 + count($1) }
  }

  package func count(_ part: ModelMessage.Part) -> Int {
    switch part {
    case .text(let text): count(text)
    case .image, .imageURL: Self.perImage
    case .toolUse(let use): Self.perTool + count(use.name) + count(use.arguments.description)
    case .toolResult(let outcome): Self.perTool + count(outcome.name) + count(outcome.text)
    // Signatures, which are long and are no text to the model.
    case .opaque(_, let json): json.description.utf8.count / 4
    }
  }
}
