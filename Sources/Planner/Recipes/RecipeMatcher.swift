internal import JSON

/// Finds the recipe that serves a request without asking a model, where one clearly does.
///
/// A request is held against each recipe's description and examples, by words and, with an embedder, by meaning. Words: twice
/// the number of common stems over the number of both texts' stems, those that say nothing left out (Dice's coefficient), so
/// that what a request asks beside counts against it. The best recipe must reach a threshold, lead the next by a margin, and
/// be able to take all the request's files. Whatever denies (`not`, `without`, `instead`) and is not in the recipe's text
/// ends the search: a model has to read that.
package struct RecipeMatcher {
  /// Of the requests in the tests those that should be served have 0.66 and more, the others 0.58 and less.
  static let wordThreshold = 0.65
  /// Of the request's own words, how many the recipe's text must have.
  static let coverage = 0.6
  /// With all-MiniLM-L6-v2: other ways to ask for what a recipe does have 0.73 and more, other tasks with the same receipt
  /// 0.63 and less.
  static let meaningThreshold = 0.7
  static let margin = 0.08
  private static let requestLimit = 600

  private let embedder: Embedder
  private let source: Embedder.Source?
  private let notice: @Sendable (String) -> Void

  package init(
    _ embedder: Embedder,
    _ source: Embedder.Source?,
    notice: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    self.embedder = embedder
    self.source = source
    self.notice = notice
  }

  /// How much a recipe has in common with a request.
  struct Score: Equatable {
    var words = 0.0
    var meaning = 0.0
  }

  package func match(_ request: PlanningRequest, among recipes: [Recipe]) async throws -> RecipeMatch? {
    // What is long asks more than one thing.
    guard !recipes.isEmpty, request.text.utf8.count <= Self.requestLimit else { return nil }
    let scores = try await scores(request.text, recipes)
    func winner(_ value: (Score) -> Double, _ threshold: Double) -> Int? {
      let order = scores.indices.sorted { (value(scores[$1]), $0) < (value(scores[$0]), $1) }
      guard let best = order.first, value(scores[best]) >= threshold else { return nil }
      if order.count > 1, value(scores[best]) - value(scores[order[1]]) < Self.margin { return nil }
      return best
    }
    guard let best = winner(\.words, Self.wordThreshold) ?? winner(\.meaning, Self.meaningThreshold),
      let parameters = recipes[best].bound(to: request)
    else { return nil }
    return RecipeMatch(name: recipes[best].name, parameters: parameters)
  }

  func scores(_ request: String, _ recipes: [Recipe]) async throws -> [Score] {
    let asked = Self.denials(request)
    let texts = recipes.enumerated().flatMap { index, recipe in
      recipe.texts.filter { asked.isSubset(of: Self.denials($0)) }.map { (recipe: index, text: $0) }
    }
    var scores = recipes.map { _ in Score() }
    if texts.isEmpty { return scores }
    let index = try TextIndex(columns: ["body"])
    try index.insert(0, [Self.content(request)])
    for (row, text) in texts.enumerated() { try index.insert(row + 1, [Self.content(text.text)]) }
    let stems = try index.stems()
    let own = stems[0] ?? []
    for (row, text) in texts.enumerated() {
      let others = stems[row + 1] ?? []
      let common = Double(own.intersection(others).count)
      guard common >= Self.coverage * Double(own.count), common > 0 else { continue }
      let dice = 2 * common / Double(own.count + others.count)
      scores[text.recipe].words = max(scores[text.recipe].words, dice)
    }
    guard let source,
      let likeness = try await embedder.likeness(of: texts.map(\.text), to: request, from: source, notice)
    else { return scores }
    for (text, value) in zip(texts, likeness) { scores[text.recipe].meaning = max(scores[text.recipe].meaning, value) }
    return scores
  }

  private static func denials(_ text: String) -> Set<String> {
    let words = text.lowercased().split { !$0.isLetter && $0 != "'" && $0 != "’" }.map(String.init)
    let denied = words.contains { denying.contains($0) || $0.hasSuffix("n't") || $0.hasSuffix("n’t") }
    return denied ? ["no"] : []
  }

  private static func content(_ text: String) -> String { SilentWords.without(text).joined(separator: " ") }

  private static let denying: Set<String> = [
    "no", "not", "never", "without", "except", "instead", "but", "unless", "neither", "nor", "ignore", "skip", "stop",
    "avoid", "only", "delete", "remove",
  ]
}
