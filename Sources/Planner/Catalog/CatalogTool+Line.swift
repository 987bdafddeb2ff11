internal import JSON

/// A tool in one line of a prompt: `name(parameters) -> output  # what it does`.
extension CatalogTool {
  /// How much of a tool is told.
  package enum Detail: Sendable {
    /// As much as fits.
    case full
    /// What is required, and the members of the output by name: for models that read slowly.
    case brief
  }

  private static let inputLimit = 700
  private static let outputLimit = 700

  package func line(_ detail: Detail = .full) -> String {
    let what = ShownText.summary(description, limit: detail == .full ? 160 : 80)
    return "\(name)(\(signature(detail))) -> \(shape(detail))" + (what.isEmpty ? "" : "  # \(what)")
  }

  /// Its parameters, and which of them exclude or need each other.
  func signature(_ detail: Detail) -> String {
    if detail == .brief { return ShownText.line(TypeNotation.members(input.sparse, depth: 1), limit: 240) }
    let members = Self.fitted(Self.inputLimit) { TypeNotation.members(input, depth: $0) }
    for (keyword, words) in [("oneOf", "exactly one of"), ("anyOf", "at least one of")] {
      let choices = input.requiredSets(keyword).map { $0.joined(separator: "+") }
      guard choices.count > 1, choices.allSatisfy({ !$0.isEmpty }) else { continue }
      return "\(members); \(words) \(ShownText.line(choices.joined(separator: ", "), limit: 200))"
    }
    return members
  }

  /// What its output looks like.
  package func shape(_ detail: Detail = .full) -> String {
    guard let output else { return "any" }
    if detail == .brief { return ShownText.line(TypeNotation.text(output, depth: 1), limit: 160) }
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

extension JSON {
  /// The sets of members of which exactly one (`oneOf`) or at least one (`anyOf`) is due.
  func requiredSets(_ keyword: String) -> [[String]] {
    (self[keyword]?.arrayValue ?? []).map { ($0["required"]?.arrayValue ?? []).compactMap(\.stringValue) }
  }

  /// The schema of an object with nothing but what is required of it; of several sets of which one is due, all.
  fileprivate var sparse: JSON {
    guard var object = objectValue, let properties = self["properties"]?.objectValue else { return self }
    var due = Set((self["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    for keyword in ["oneOf", "anyOf"] { due.formUnion(requiredSets(keyword).joined()) }
    if due.isEmpty { return self }
    object["properties"] = .object(
      JSONObject(properties.members.filter { due.contains($0.key) }.map { ($0.key, $0.value) })
    )
    return .object(object)
  }
}
