import JSON
import Testing

@testable import Planner

@Suite struct RecipeTests {
  private static let recipes = [Fixture.receiptRecipe, Fixture.summaryRecipe]

  private func match(_ text: String, _ files: [RequestFile], context: JSONObject = [:]) async throws -> RecipeMatch? {
    let request = PlanningRequest(text: text, context: context, files: files)
    return try await RecipeMatcher(Embedder(), nil).match(request, among: Self.recipes)
  }

  @Test(arguments: [
    "Process this receipt and categorize all items", "Please process the receipt and categorise its items.",
    "process receipt, categorize items", "Process this receipt", "Extract expenses from receipt image",
    "Could you read this receipt and tell me what was spent?",
    "Read the receipt: what was spent on what?",
  ])
  func `a request that says what an example says is served`(_ text: String) async throws {
    let found = try await match(text, [Fixture.file("r.jpg")])
    let score = try await score(text)
    #expect(found?.name == "receipt", "\(score)")
    #expect(found?.parameters["image"] == Fixture.file("r.jpg").artifact && found?.parameters.count == 1)
  }

  /// All with a picture that would fit.
  @Test(arguments: [
    "What is in this picture?", "Resize this receipt image to 100 by 100 pixels", "Translate the receipt into German",
    "Is this receipt forged?", "Do not categorize the items, process the receipt",
    "Process this receipt without categorizing its items",
    "Delete this receipt", "Write a poem about categories", "Process this invoice",
    "Read the receipt and mail the total to my accountant", "hello", "receipt", "Read the receipt and print it",
    "Process this receipt and categorize all items, then compare them with last month's prices on the web and order what is missing",
  ])
  func `a request that asks something else is left to a model`(_ text: String) async throws {
    let score = try await score(text)
    #expect(try await match(text, [Fixture.file("r.jpg")]) == nil, "\(score)")
  }

  private func score(_ text: String) async throws -> [RecipeMatcher.Score] {
    try await RecipeMatcher(Embedder(), nil).scores(text, Self.recipes)
  }

  @Test func `files must find their places`() async throws {
    let text = "Process this receipt and categorize all items"
    #expect(try await match(text, []) == nil)
    #expect(try await match(text, [Fixture.file("r.pdf", "application/pdf")]) == nil)
    #expect(try await match(text, [Fixture.file("a.jpg"), Fixture.file("b.jpg")]) == nil)
    #expect(try await match(text, [Fixture.file("a.jpg"), Fixture.file("b.txt", "text/plain")]) == nil)
    #expect(
      try await match("Summarise this document", [Fixture.file("b.txt", "text/plain; charset=utf-8")])?.name
        == "summary"
    )
  }

  @Test func `other parameters come from the context, if they fit`() async throws {
    let text = "Process this receipt and categorize all items"
    let found = try await match(text, [Fixture.file("r.jpg")], context: ["language": "deu", "mood": "good"])
    #expect(found?.parameters["language"] == "deu" && found?.parameters["mood"] == nil)
    #expect(try await match(text, [Fixture.file("r.jpg")], context: ["language": 7]) == nil)
  }

  @Test func `a required parameter without a value or a default is for a model`() {
    var recipe = Fixture.receiptRecipe
    recipe.parameters = ["type": "object", "required": ["city"], "properties": ["city": ["type": "string"]]]
    #expect(recipe.bound(to: PlanningRequest(text: "x")) == nil)
    #expect(recipe.bound(to: PlanningRequest(text: "x", context: ["city": "Rome"])) == ["city": "Rome"])
  }

  @Test func `a list of files takes all that fit, and a name settles which goes where`() {
    var recipe = Fixture.receiptRecipe
    recipe.parameters = [
      "type": "object", "required": ["images"],
      "properties": ["images": ["type": "array", "items": ["format": "artifact", "media_types": ["image/*"]]]],
    ]
    let files = [Fixture.file("a"), Fixture.file("b")]
    #expect(recipe.bound(to: PlanningRequest(text: "x", files: files))?["images"] == .array(files.map(\.artifact)))
    recipe.parameters = [
      "type": "object", "required": ["a", "b"],
      "properties": ["b": ["format": "artifact"], "a": ["format": "artifact"]],
    ]
    let bound = recipe.bound(to: PlanningRequest(text: "x", files: files))
    #expect(bound?["a"] == files[0].artifact && bound?["b"] == files[1].artifact)
  }

  @Test func `two recipes that fit alike are for a model`() async throws {
    var twin = Fixture.receiptRecipe
    twin.name = "twin"
    let request = PlanningRequest(text: "Process this receipt and categorize all items", files: [Fixture.file("r.jpg")])
    let matcher = RecipeMatcher(Embedder(), nil)
    #expect(try await matcher.match(request, among: [Fixture.receiptRecipe, twin]) == nil)
  }

  @Test func `meaning finds a recipe that words do not, and no vectors change nothing`() async throws {
    let request = PlanningRequest(text: "Where did my money go?", files: [Fixture.file("r.jpg")])
    let near = RecipeMatcher(Embedder()) { texts in
      texts.map { $0.contains("spent") || $0.contains("money") ? [1, 0.2] : [0, 1] }
    }
    #expect(try await near.match(request, among: Self.recipes)?.name == "receipt")
    let far = RecipeMatcher(Embedder()) { texts in texts.map { $0.contains("money") ? [1, 1] : [0, 1] } }
    #expect(try await far.match(request, among: Self.recipes) == nil)
    struct Broken: Error {}
    let broken = RecipeMatcher(Embedder()) { _ in throw Broken() }
    #expect(try await broken.match(request, among: Self.recipes) == nil)
  }

  @Test func `a recipe whose schema cannot be used is not chosen`() {
    var recipe = Fixture.receiptRecipe
    recipe.parameters = ["type": "object", "properties": ["a": ["pattern": "("]]]
    #expect(recipe.bound(to: PlanningRequest(text: "x")) == nil)
  }
}
