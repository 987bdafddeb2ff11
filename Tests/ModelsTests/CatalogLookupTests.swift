import JSON
import Models
import Testing

@Suite struct `What a catalog knows of a model` {
  static func context(_ model: String, _ entries: [(String, JSON)]) throws -> Int? {
    let models = JSON.object(JSONObject(entries))
    return try ModelCatalog(decoding: ["as_of": "2026-11-21", "models": models]).facts(of: model).context
  }

  @Test(arguments: [
    ("gpt-4o", 1), ("GPT-4o", 1), ("openai/gpt-4o", 1), ("openrouter/openai/gpt-4o", 1), ("gpt-4o-2024-08-06", 1),
    ("openai/gpt-4o-2024-08-06", 1), ("gpt-4o-2024-05-13", 2), ("gpt-4o-mini", 3), ("gpt-4o-mini-2024-07-18", 3),
    ("gpt-4o-audio-preview", 4), ("gpt-4.9", 5), ("claude-3-5-sonnet-20241022", 6), ("claude-3-5-sonnet@20240620", 6),
    ("claude-3-5-sonnet-latest", 6), ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", 6),
    ("anthropic.claude-3-5-sonnet-20240620-v1:0", 6), ("local/gpt-4o", 7), ("local/a/gpt-4o", 7), ("mistral-large", 8),
  ]) func `is found by its own name, its name without a date, and the longest pattern`(
    _ model: String,
    _ expected: Int
  ) throws {
    let names = [
      "gpt-4o", "gpt-4o-2024-05-13", "gpt-4o-mini", "gpt-4o*", "gpt-4*", "claude-3-5-sonnet", "local/*",
      "mistral*large",
    ]
    let entries = names.enumerated().map { ($0.element, ["context": .integer(Int64($0.offset + 1))] as JSON) }
    #expect(try Self.context(model, entries) == expected)
    #expect(try Self.context(model, entries.reversed()) == expected)
  }

  @Test(arguments: ["", "/", "gpt-5", "gpt-3.5", "agpt-4o", "gpt-4o/", String(repeating: "/", count: 10_000)])
  func `is nothing for other names`(_ model: String) throws {
    #expect(try Self.context(model, [("gpt-4o", ["context": 1]), ("x*y*z", ["context": 2])]) == nil)
  }

  @Test func `comes from the closest entry that states each fact`() throws {
    let catalog = try ModelCatalog(decoding: [
      "as_of": "2026-11-21",
      "models": [
        "*": ["max_output": 9, "prices": ["input": 9, "output": 9]],
        "a-*": ["context": 2, "quirks": ["drops": ["temperature"], "schema": "prompt"]],
        "a-chat": ["prices": ["input": 1, "output": 2], "quirks": ["drops": []]],
        "a-free": ["prices": .null],
      ],
    ])
    let chat = catalog.facts(of: "x/a-chat")
    #expect(chat.context == 2 && chat.maxOutput == 9 && chat.price?.rates.output == 2_000_000)
    #expect(chat.quirks.drops == [] && chat.quirks.schema == .prompt)
    #expect(catalog.facts(of: "a-free").price == nil, "an unknown price is not that of a wider entry")
    #expect(catalog.facts(of: "a-free").maxOutput == 9)
  }

  @Test func `is what an operator says before what is shipped`() throws {
    let shipped = try ModelCatalog(decoding: [
      "as_of": "2026-01-01", "models": ["m": ["context": 1, "max_output": 2], "n*": ["context": 3]],
    ])
    let own = try ModelCatalog(decoding: [
      "as_of": "2026-02-02", "models": ["M": ["context": 10], "n*": ["max_output": 4], "mine": ["context": 5]],
    ])
    let both = shipped.overlaid(with: own)
    #expect(both.asOf == "2026-02-02" && both.count == 3)
    #expect(both.facts(of: "m").context == 10 && both.facts(of: "m").maxOutput == 2)
    #expect(both.facts(of: "nn").context == 3 && both.facts(of: "nn").maxOutput == 4)
    #expect(both.facts(of: "mine").context == 5)
  }

  @Test func `is found quickly whatever the patterns and the name`() throws {
    let entries = (0..<2000).map { ("a*a*a*a*a*b\($0)", ["context": 1] as JSON) }
    let name = String(repeating: "a", count: 100_000)
    var found: Int?
    let time = try ContinuousClock().measure { found = try Self.context(name, entries) }
    #expect(found == nil)
    #expect(time < .seconds(20))
  }
}
