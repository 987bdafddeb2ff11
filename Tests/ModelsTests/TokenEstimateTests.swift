import JSON
import Models
import Testing

@Suite struct `An estimate of tokens` {
  /// Texts with what `cl100k_base` and `o200k_base` make of them (`tiktoken` 0.14).
  static let counted: [(text: String, cl100k: Int, o200k: Int)] = [
    ("The quick brown fox jumps over the lazy dog.", 10, 10),
    ("internationalization of the antidisestablishmentarianism", 10, 10),
    ("func count(_ text: String) -> Int { text.utf8.reduce(0) { $0 + ($1 == 10 ? 1 : 0) } }", 35, 36),
    (#"{"id":"call_1","name":"http_get","arguments":{"url":"https://example.com/a?b=1","retries":3}}"#, 31, 31),
    ("2026-11-21T10:25:39Z 1234567890 3.14159265 -42", 26, 26),
    ("dGhlIHF1aWNrIGJyb3duIGZveCBqdW1wcyBvdmVyIHRoZSBsYXp5IGRvZw9xZ8Kq", 48, 45),
    ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", 43, 43),
    ("人工智能是计算机科学的一个分支", 15, 10),
    ("人工知能とは、計算機科学の一分野を指す語", 24, 17),
    ("인공지능은 컴퓨터 과학의 세부 분야", 22, 12),
    ("Искусственный интеллект — свойство систем", 18, 9),
    ("الذكاء الاصطناعي هو سلوك", 18, 10),
    ("कृत्रिम बुद्धिमत्ता", 20, 7),
    ("ปัญญาประดิษฐ์", 17, 8),
    ("😀👍🏽🎉❤️🔥👨‍👩‍👧", 30, 16),
    ("    if x {\n        return y\n    }\n\n\n", 10, 10),
  ]

  @Test func `is not below what real vocabularies count, and not far above`() {
    for (text, cl100k, o200k) in Self.counted {
      let estimate = TokenEstimate.count(text)
      #expect(estimate >= max(cl100k, o200k), "\(text)")
      #expect(estimate <= min(cl100k, o200k) * 6 + 2, "\(text)")
    }
    let cl100k = Self.counted.map(\.cl100k).reduce(0, +)
    let estimate = Self.counted.map { TokenEstimate.count($0.text) }.reduce(0, +)
    #expect(Double(estimate) < Double(cl100k) * 1.7, "\(estimate) for \(cl100k)")
  }

  @Test func `of nothing is nothing, and grows with the text`() {
    #expect(TokenEstimate.count("") == 0)
    #expect(TokenEstimate.count("a") == 2)
    var dice = Dice(3)
    for _ in 0..<500 {
      let (a, b) = (dice.text(20), dice.text(20))
      #expect(TokenEstimate.count(a + "\n!\n" + b) >= TokenEstimate.count(a))
    }
  }

  @Test func `of a request counts messages, tools, schema and images`() {
    let counter = TokenCounter()
    #expect(!counter.isExact)
    var request = ModelRequest(messages: [ModelMessage(.user, "hello")])
    let plain = counter.count(request)
    #expect(plain == 3 + 4 + counter.count("hello"))
    request.messages.append(ModelMessage(.assistant, [.toolUse(ToolUse(id: "1", name: "f", arguments: ["a": 1]))]))
    let called = counter.count(request)
    #expect(called > plain + 12)
    request.messages.append(ModelMessage(.tool, [.toolResult(ToolOutcome(id: "1", name: "f", text: "done"))]))
    #expect(counter.count(request) > called + 12)
    let before = counter.count(request)
    request.tools = [ToolOffer(name: "f", description: "does it", parameters: ["type": "object"])]
    let withTools = counter.count(request)
    request.schema = ["type": "object"]
    #expect(before < withTools && withTools < counter.count(request))
    let withSchema = counter.count(request)
    request.messages.append(ModelMessage(.user, [.image(mediaType: "image/png", data: "AAAA")]))
    #expect(counter.count(request) == withSchema + 4 + 1600)
  }
}
