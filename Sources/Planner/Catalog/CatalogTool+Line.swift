internal import JSON

/// A tool in one line of a prompt: `name(parameters) -> output  # what it does`.
extension CatalogTool {
  private static let inputLimit = 700
  private static let outputLimit = 500
  private static let descriptionLimit = 160

  package func line() -> String {
    let what = ShownText.summary(description, limit: Self.descriptionLimit)
    return "\(name)(\(signature)) -> \(shape)" + (what.isEmpty ? "" : "  # \(what)")
  }

  /// Its parameters, and which of them exclude or need each other.
  var signature: String {
    let members = Self.fitted(Self.inputLimit) { TypeNotation.members(input, depth: $0) }
    for (keyword, words) in [("oneOf", "exactly one of"), ("anyOf", "at least one of")] {
      let choices = (input[keyword]?.arrayValue ?? []).map { choice in
        (choice["required"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: "+")
      }
      guard choices.count > 1, choices.allSatisfy({ !$0.isEmpty }) else { continue }
      return "\(members); \(words) \(ShownText.line(choices.joined(separator: ", "), limit: 200))"
    }
    return members
  }

  /// What its output looks like.
  package var shape: String {
    guard let output else { return "any" }
    return Self.fitted(Self.outputLimit) { TypeNotation.text(output, depth: $0) }
  }

  /// As deep as it goes within the limit.
  private static func fitted(_ limit: Int, _ text: (Int) -> String) -> String {
    for depth in [4, 3, 2, 1] {
      let found = text(depth)
      if found.utf8.count <= limit { return found }
    }
    return ShownText.line(text(1), limit: limit)
  }
}
