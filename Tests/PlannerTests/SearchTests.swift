import JSON
import Posix
import Testing

@testable import Planner

@Suite struct SearchTests {
  @Test func `words find their stems, whatever their accents and case`() throws {
    let index = try TextIndex(columns: ["body"])
    for (row, text) in ["Parses receipts", "Café prices", "unrelated"].enumerated() { try index.insert(row, [text]) }
    #expect(try index.search("a receipt, PARSED", weights: [1], limit: 9) == [0])
    #expect(try index.search("cafe", weights: [1], limit: 9) == [1])
    #expect(try index.stems()[0] == ["pars", "receipt"])
  }

  private static let queries: [String] = [
    "\" OR 1", "NEAR(a b)", "body: x", "*", "-a", "", "()'\";--", "a\u{0}b", String(repeating: "x ", count: 9_999),
  ]

  @Test(arguments: queries)
  func `no query is more than its words`(_ query: String) throws {
    let index = try TextIndex(columns: ["body"])
    try index.insert(0, ["plain text"])
    #expect(try index.search(query, weights: [1], limit: 9) == [])
  }

  private func names(_ request: String, _ count: Int, _ script: Script? = nil) async throws -> [String] {
    let services = script?.services
    let search = ToolSearch(Embedder(), services?.embed) { text in services?.notice(text) }
    let found: ToolCatalog = try await search.pick(count, of: Fixture.catalog.forPlans(), for: request)
    return found.tools.map(\.name)
  }

  @Test func `a request finds its tools by words`() async throws {
    #expect(try await names("Compute the tax of 100 at 8 percent", 2).contains("compute_tax"))
    #expect(try await names("read the text of this image", 2).contains("receipt_ocr"))
    #expect(try await names("give me a discount of 10 %", 1) == ["apply_discount"])
  }

  @Test func `a catalog that fits is not searched, and one without a match is filled up`() async throws {
    let script = Script(vectors: { _ in [1] })
    #expect(try await names("anything", 200, script).count == Fixture.catalog.forPlans().tools.count)
    #expect(script.state.withLock { $0.embedded }.isEmpty)
    #expect(try await names("zzz qqq", 3).count == 3)
  }

  /// One direction for taxes, whatever they are called, another for everything else.
  private static let vectors: @Sendable (String) -> [Double] = { text in
    text.contains("tax") || text.contains("levy") ? [2, 0] : [0, 3]
  }

  @Test func `meaning finds what words do not`() async throws {
    #expect(try await names("what levy is due?", 1).contains("compute_tax") == false)
    #expect(try await names("what levy is due?", 1, Script(vectors: Self.vectors)) == ["compute_tax"])
  }

  @Test func `vectors of descriptions are made once`() async throws {
    let script = Script(vectors: Self.vectors)
    let search = ToolSearch(Embedder(), script.services.embed)
    let tools = Fixture.catalog.forPlans().tools
    _ = try await search.ranking(tools, "levy")
    _ = try await search.ranking(tools, "levy of another kind")
    let asked = script.state.withLock { $0.embedded }
    #expect(asked.map(\.count) == [tools.count + 1, 1])
  }

  @Test func `without vectors words remain, and it is said`() async throws {
    let script = Script()
    #expect(try await names("give me a discount", 1, script) == ["apply_discount"])
    #expect(script.state.withLock { $0.notices } == ["no search by meaning: no vectors"])
  }

  @Test func `vectors of another model are made anew`() async throws {
    let embedder = Embedder()
    _ = try await embedder.vectors(["a"]) { $0.map { _ in [1, 0] } }
    await #expect(throws: Embedder.Failure.self) {
      _ = try await embedder.vectors(["a", "b"]) { $0.map { _ in [1, 0, 0] } }
    }
    #expect(try await embedder.vectors(["a", "b"]) { $0.map { _ in [0, 0, 2] } } == [[0, 0, 1], [0, 0, 1]])
  }

  @Test func `too few vectors are none`() async throws {
    await #expect(throws: Embedder.Failure.self) { _ = try await Embedder().vectors(["a", "b"]) { _ in [[1]] } }
    await #expect(throws: Embedder.Failure.self) { _ = try await Embedder().vectors(["a"]) { _ in [[]] } }
  }

  @Test func `wanted tools are always among the picked and take no place`() async throws {
    let search = ToolSearch(Embedder(), nil)
    let found = try await search.pick(1, of: Fixture.catalog.forPlans(), for: "discount", wanted: ["receipt_ocr"])
    #expect(Set(found.tools.map(\.name)) == ["apply_discount", "receipt_ocr"])
  }
}
