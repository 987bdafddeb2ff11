import JSON
import Models
import Testing

@Suite struct `JSON in what a model says` {
  static let schema: JSON = [
    "type": "object", "properties": ["a": ["type": "integer"]], "required": ["a"], "additionalProperties": false,
  ]

  @Test(arguments: [
    #"{"a": 1}"#, "  \n{\"a\": 1}\n", "```json\n{\"a\": 1}\n```", "Here you are:\n```\n{\"a\": 1}\n```\nEnjoy!",
    #"The answer is {"a": 1}, I think."#, #"{"b": 1} is wrong, {"a": 1} is right"#,
    "```json\n{\"b\": 1}\n```\n```json\n{\"a\": 1}\n```", "<think>Perhaps {\"a\": 2}?</think>\n{\"a\": 1}",
    "<think>x</think>Well: {\"a\": 1}", #"{not json} [1, {"a": 1}"#, "{\"a\": 1", #"```json"# + "\n{\"a\": 1}",
  ]) func `is found, and the first that fits is taken`(_ text: String) throws {
    let schema = try JSONSchema(Self.schema)
    let found = StructuredText.extract(text, schema)
    if text == "{\"a\": 1" {
      #expect(found == nil)
    } else {
      #expect(found?.json == ["a": 1] && found?.violations == [], "\(text)")
      #expect(ModelError.mismatch(found) == nil)
    }
  }

  @Test func `is held against its schema`() throws {
    let schema = try JSONSchema(Self.schema)
    let found = try #require(StructuredText.extract(#"I say {"a": "1", "b": 2} or {"a": "1"}."#, schema))
    #expect(found.json == ["a": "1"], "the one that comes closest")
    #expect(found.violations.map(\.path) == ["/a"])
    let error = try #require(ModelError.mismatch(found))
    #expect(error.code == .schemaMismatch && error.message.contains("at '/a'"))
    #expect(ModelError.mismatch(nil)?.message == "the answer holds no JSON")
  }

  static let values: [String: JSON] = [
    "42": 42, "\"</think>\"": "</think>", "null": .null, "[1]": [1], "so: [1]": [1],
  ]

  @Test(arguments: values.keys) func `may be any value`(_ text: String) throws {
    let expected = try #require(Self.values[text])
    #expect(StructuredText.extract(text, nil)?.json == expected)
  }

  @Test(arguments: ["", "no", "{", "}{", "]]", "```", "``` ```"]) func `is not found where there is none`(
    _ text: String
  ) {
    #expect(StructuredText.extract(text, nil) == nil)
  }

  @Test func `is looked for in bounded time`() {
    for hostile in ["{", "[{\"a\":", "{}", "```\n", "</think>", "\"{"] {
      let text = "x" + String(repeating: hostile, count: 2_000_000 / hostile.utf8.count)
      let time = ContinuousClock().measure { _ = StructuredText.extract(text, nil) }
      #expect(time < .seconds(20), "\(hostile)")
    }
  }

  @Test func `is asked for with its schema`() {
    var request = ModelRequest(messages: conversation("s:Be brief.", "u:hello"))
    #expect(SchemaPrompt.applied(to: request) == request)
    request.schema = Self.schema
    let plain = SchemaPrompt.applied(to: request)
    #expect(plain.schema == nil && plain.messages[1] == request.messages[1])
    #expect(plain.messages[0].text == "Be brief.\n\n" + SchemaPrompt.text(Self.schema))
    #expect(SchemaPrompt.text(Self.schema).hasSuffix(Self.schema.description))
    request.tools = [ToolOffer(name: "f", description: "", parameters: [:])]
    #expect(SchemaPrompt.applied(to: request).messages[0].text.contains("rather than call a tool"))
  }
}
