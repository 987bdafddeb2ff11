internal import JSON

/// Picks the tools that a request may need, where there are more than a prompt should hold.
package struct ToolSearch {
  /// Of two rankings the place counts, not the score, whose scales have nothing in common: a tool's worth is the sum of
  /// 1 / (60 + place). Source: reciprocal rank fusion, Cormack, Clarke and Büttcher 2009.
  private static let fusion = 60.0
  /// Name, description, parameters.
  private static let weights = [4.0, 2.0, 1.0]

  private let embedder: Embedder
  private let source: Embedder.Source?
  private let notice: @Sendable (String) -> Void

  /// - Parameters:
  ///   - source: nil: search by words alone.
  ///   - notice: told when there is a source that gives no vectors.
  package init(
    _ embedder: Embedder,
    _ source: Embedder.Source?,
    notice: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.embedder = embedder
    self.source = source
    self.notice = notice
  }

  /// At most `count` tools of the catalog, in its order, beside those in `wanted`, which take nobody's place.
  package func pick(
    _ count: Int,
    of catalog: ToolCatalog,
    for request: String,
    wanted: Set<String> = []
  ) async throws -> ToolCatalog {
    guard catalog.tools.count > count + wanted.count else { return catalog }
    let ranking = try await ranking(catalog.tools, request)
    var picked: Set<String> = []
    for tool in catalog.tools where wanted.contains(tool.name) { picked.insert(tool.name) }
    // Behind those that match come the others as they stand: a prompt with room costs little, a missing tool the plan.
    let limit = picked.count + count
    for index in ranking + Array(catalog.tools.indices) where picked.count < limit {
      picked.insert(catalog.tools[index].name)
    }
    return catalog.keeping { picked.contains($0.name) }
  }

  /// Indices of the tools that match, best first.
  package func ranking(_ tools: [CatalogTool], _ request: String) async throws -> [Int] {
    var worth: [Int: Double] = [:]
    for ranking in [try byWords(tools, request), try await byMeaning(tools, request)] {
      for (place, index) in ranking.enumerated() { worth[index, default: 0] += 1 / (Self.fusion + Double(place + 1)) }
    }
    return worth.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
  }

  private func byWords(_ tools: [CatalogTool], _ request: String) throws -> [Int] {
    let index = try TextIndex(columns: ["name", "description", "parameters"])
    for (row, tool) in tools.enumerated() {
      try index.insert(
        row,
        [Self.spaced(tool.name), tool.description, Self.spaced(tool.parameters.joined(separator: " "))]
      )
    }
    return try index.search(request, weights: Self.weights, limit: tools.count)
  }

  /// Every tool, by how near its description is. Without an embedder, or when it fails, none: words remain.
  private func byMeaning(_ tools: [CatalogTool], _ request: String) async throws -> [Int] {
    guard let source else { return [] }
    let texts = tools.map { "\(Self.spaced($0.name)): \($0.description)" }
    guard let likeness = try await embedder.likeness(of: texts, to: request, from: source, notice) else { return [] }
    return tools.indices.sorted { (likeness[$1], $0) < (likeness[$0], $1) }
  }

  /// `lineItemParser` and `line_item_parser` as words.
  private static func spaced(_ name: String) -> String {
    var words = ""
    var wasSmall = false
    for character in name {
      if character.isUppercase, wasSmall { words.append(" ") }
      wasSmall = character.isLowercase
      words.append(character == "_" || character == "." || character == "-" ? " " : character)
    }
    return words
  }
}
