import Foundation
import JSON
import Models
import Testing

@Suite struct `The catalog that is shipped` {
  static func load() throws -> ModelCatalog {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
    let file = folder.appending(path: "../../Workers/models/catalog.json")
    return try ModelCatalog(parsing: Array(Data(contentsOf: file)))
  }

  @Test func `is read, and knows the models that people use`() throws {
    let catalog = try Self.load()
    #expect(catalog.count > 100 && catalog.asOf >= "2026-11-21")
    let gpt = catalog.facts(of: "gpt-4o-2024-08-06")
    #expect(gpt.context == 128_000 && gpt.maxOutput == 16_384 && gpt.tokenizer == .o200k)
    #expect(gpt.price?.rates == .init(input: 2_500_000, output: 10_000_000, cachedInput: 1_250_000))
    #expect(gpt.quirks == QuirkChanges())
    #expect(catalog.facts(of: "gpt-4").tokenizer == .cl100k && catalog.facts(of: "gpt-4-0613").tokenizer == .cl100k)
    let claude = catalog.facts(of: "anthropic/claude-3-5-sonnet-20241022")
    #expect(claude.context == 200_000 && claude.price?.rates.cacheWrite == 3_750_000)
    #expect(catalog.facts(of: "anthropic/claude-sonnet-4.5") == catalog.facts(of: "claude-sonnet-4-5-20250929"))
    #expect(catalog.facts(of: "models/gemini-2.5-pro").price?.long?.over == 200_000)
  }

  @Test(arguments: ["o1", "o3-mini", "o4-mini-2025-04-16", "gpt-5", "openai/gpt-5-mini", "gpt-5.2-codex", "gpt-6-sol"])
  func `knows what reasoning models refuse`(_ model: String) throws {
    let quirks = try Self.load().facts(of: model).quirks.applied(to: Quirks())
    #expect(quirks.maxTokensMember == "max_completion_tokens" && quirks.drops == ["temperature", "top_p"])
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.temperature = 0.5
    request.topP = 0.9
    request.maxTokens = 8
    let body = ModelFormat.openAIChat.write(request, model: model, quirks: quirks).body
    #expect(body["temperature"] == nil && body["top_p"] == nil && body["max_tokens"] == nil)
    #expect(body["max_completion_tokens"] == 8)
  }

  @Test func `leaves other models their settings`() throws {
    let catalog = try Self.load()
    for model in ["gpt-5-chat-latest", "gpt-5.1-chat-latest"] {
      #expect(catalog.facts(of: model).quirks.applied(to: Quirks()).drops.isEmpty, "\(model)")
    }
    #expect(catalog.facts(of: "claude-opus-4-6").quirks.drops == nil)
    #expect(catalog.facts(of: "claude-opus-4-7").quirks.drops == ["temperature", "top_p"])
  }

  @Test func `has no price for what it does not know, and none to pay for what runs here`() throws {
    let catalog = try Self.load()
    #expect(catalog.facts(of: "gpt-4o-realtime-preview").price == nil)
    #expect(catalog.facts(of: "llama-3.3-70b-versatile").price == nil)
    let local = try #require(catalog.facts(of: "ollama/llama3.1:8b").price)
    #expect(Cost(ModelUsage(input: 1000, output: 1000, cached: 10), at: local)?.text == "$0.00")
    #expect(catalog.facts(of: "ollama/gpt-oss:120b-cloud").price == nil)
  }
}
