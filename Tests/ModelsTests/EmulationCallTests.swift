import JSON
import Testing

@testable import Models

@Suite struct `Calls that a model writes as text` {
  static let tools = ["search", "add"].map { ToolOffer(name: $0, description: "", parameters: ["type": "object"]) }

  static func read(_ text: String, choice: ToolChoice = .auto) throws -> ModelResponse {
    var request = ModelRequest(messages: [ModelMessage(.user, "x")])
    request.tools = tools
    request.toolChoice = choice
    var response = ModelResponse()
    response.text = text
    response.stop = .stop
    return try ToolEmulation.read(response, request)
  }

  /// Text, with the calls it holds, and what is left of it.
  static let forms: [(text: String, calls: [(String, JSON)], rest: String)] = [
    ("TOOL: search\nARGS: {\"q\": \"a\"}", [("search", ["q": "a"])], ""),
    ("I look.\n\nTOOL: search\nARGS: {\"q\": \"a\"}\n\nDone.", [("search", ["q": "a"])], "I look.\n\n\n\nDone."),
    (
      "TOOL: search\nARGS: {\n  \"q\": \"a}\",\n  \"n\": {\"m\": [1]}\n}", [("search", ["q": "a}", "n": ["m": [1]]])],
      ""
    ),
    (
      "TOOL: search\nARGS: {\"q\":1}\nTOOL: add\nARGS: {\"a\":2}\n", [("search", ["q": 1]), ("add", ["a": 2])], ""
    ),
    ("**Tool:** `search`\n**Args:** ```json\n{\"q\": 1}\n```\nok", [("search", ["q": 1])], "ok"),
    ("- TOOL: \"search\"\n\n  ARGS:\n{\"q\": 1}", [("search", ["q": 1])], ""),
    ("TOOL: search", [("search", [:])], ""),
    ("TOOL: search\nARGS:\nTOOL: add\nARGS: {}", [("search", [:]), ("add", [:])], ""),
    ("```\nTOOL: search\nARGS: {\"q\": 1}\n```", [("search", ["q": 1])], ""),
    ("Sure:\n```json\n{\"tool\": \"search\", \"arguments\": {\"q\": 1}}\n```\n", [("search", ["q": 1])], "Sure:"),
    ("```\n{\"name\": \"add\", \"args\": {\"a\": 1}}\n```", [("add", ["a": 1])], ""),
    ("```tool_call\n{\"name\": \"add\", \"parameters\": {\"a\": 1}}\n```", [("add", ["a": 1])], ""),
    ("```json\n[{\"tool\":\"add\",\"input\":{}},{\"tool\":\"search\"}]\n```", [("add", [:]), ("search", [:])], ""),
    (
      "```json\n{\"name\":\"add\",\"arguments\":{\"a\":1}}\n```\nand\n```json\n{\"name\":\"search\",\"arguments\":{}}\n```",
      [("add", ["a": 1]), ("search", [:])], "and"
    ),
    ("{\"tool_calls\":[{\"function\":{\"name\":\"add\",\"arguments\":\"{\\\"a\\\":1}\"}}]}", [("add", ["a": 1])], ""),
    ("{\"name\": \"add\", \"arguments\": null}", [("add", [:])], ""),
    ("<tool_call>\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}\n</tool_call> ok", [("add", ["a": 1])], "ok"),
    ("```json\n{\"name\": \"add\", \"arguments\": {\"a\": 1}}", [("add", ["a": 1])], ""),
  ]

  @Test(arguments: forms.indices) func `are found in every form that models use`(_ index: Int) throws {
    let (text, calls, rest) = Self.forms[index]
    let response = try Self.read(text)
    #expect(response.toolUses.map(\.name) == calls.map(\.0), "\(text)")
    #expect(response.toolUses.map(\.arguments) == calls.map(\.1), "\(text)")
    #expect(response.text == rest && response.stop == .toolCalls)
    #expect(Set(response.toolUses.map(\.id)).count == calls.count)
  }

  @Test(arguments: [
    "Just words.", "TOOL: delete\nARGS: {}", "The TOOL: search is good.",
    "```json\n{\"name\": \"delete\", \"arguments\": {}}\n```",
    "{\"name\": \"Ann\", \"age\": 3}", "[]", "{}", "```json\n[1, {\"tool\": \"add\"}]\n```", "TOOL:", "TOOL", "", "```",
    "<tool_call>",
    "TOOLS: search", "ARGS: {}",
  ]) func `are not seen where there are none`(_ text: String) throws {
    let response = try Self.read(text)
    #expect(response.toolUses.isEmpty && response.text == text && response.stop == .stop)
  }

  @Test(arguments: [
    "TOOL: search\nARGS: {\"q\": }", "TOOL: search\nARGS: q=1", "TOOL: search\nARGS: {\"q\": 1",
    "TOOL: search\nARGS: [1]",
    "{\"name\": \"add\", \"arguments\": [1]}", "{\"name\": \"add\", \"arguments\": \"1 and 2\"}",
    "TOOL: add\nARGS: {}\nTOOL: search\nARGS: {",
  ]) func `are refused when they cannot be read`(_ text: String) {
    let error = #expect(throws: ModelError.self) { try Self.read(text) }
    #expect(error?.code == .malformedToolCall)
  }

  @Test func `count only for tools that may be called`() throws {
    let text = "TOOL: search\nARGS: {}"
    #expect(try Self.read(text, choice: .none).toolUses.isEmpty)
    #expect(try Self.read(text, choice: .named("add")).toolUses.isEmpty)
    #expect(try Self.read(text, choice: .named("search")).toolUses.count == 1)
  }

  @Test func `are bounded`() throws {
    let many = String(repeating: "TOOL: add\nARGS: {}\n", count: 500)
    #expect(try Self.read(many).toolUses.count == 128)
    for hostile in ["{", "[", "{\"", "```json\n{", "<tool_call>{", "TOOL: add\nARGS: {\"a\":", "\n", "```\n", "{}"] {
      let text = String(repeating: hostile, count: 2_000_000 / hostile.utf8.count)
      let time = ContinuousClock().measure { _ = try? Self.read(text) }  // Safety: what it finds is not asked.
      #expect(time < .seconds(20), "\(hostile)")
    }
  }
}
