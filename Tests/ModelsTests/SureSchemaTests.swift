import JSON
import Testing

@testable import Models

/// The schema by which a small model says whether it is sure.
@Suite struct SureSchemaTests {
  private static let number: JSON = [
    "type": "object", "properties": ["n": ["type": "integer"]], "required": ["n"], "additionalProperties": false,
  ]

  private static func sure(_ schema: JSON) throws -> SureSchema? { SureSchema(schema, try JSONSchema(schema)) }

  private static func read(_ text: String, _ schema: JSON = number) throws -> SureSchema.Answer {
    try #require(try sure(schema)).read(text)
  }

  @Test func `the answer comes before the judgement, in a form that strict providers take`() throws {
    let schema = try #require(try Self.sure(Self.number)).source
    #expect(schema["properties"]?.objectValue?.keys == ["answer", "sure"])
    #expect(schema["required"] == ["answer", "sure"] && schema["properties"]?["answer"] == Self.number)
    #expect(StrictSchema.fits(schema))
    #expect(schema.description.contains(#""properties":{"answer":{"#), "the order is kept in what is sent")
  }

  @Test(arguments: [
    (#"{"answer": {"n": 4}, "sure": true}"#, true), (#"{"answer": {"n": 4}, "sure": false}"#, false),
    ("Sure!\n```json\n{\"sure\": false, \"answer\": {\"n\": 4}}\n```", false),
    // What small models make of it.
    (#"{"answer": {"n": 4}}"#, true), (#"{"n": 4}"#, true), (#"{"answer": {"n": 4}, "sure": "No"}"#, false),
    (#"{"answer": {"n": 4}, "sure": "yes"}"#, true), (#"{"answer": {"n": 4}, "sure": 0.2}"#, false),
    (#"{"answer": {"n": 4}, "sure": 0.9}"#, true), (#"{"answer": {"n": 4}, "sure": true, "why": "x"}"#, true),
  ])
  func `the answer is found, and whether it is sure`(_ text: String, _ isSure: Bool) throws {
    #expect(try Self.read(text) == SureSchema.Answer(value: ["n": 4], isSure: isSure))
  }

  @Test(arguments: [
    #"{"answer": {"n": "four"}, "sure": true}"#, #"{"n": 4, "sure": false}"#, #"{"sure": true}"#, "four", "", "[]",
    #"{"answer": "4", "sure": true}"#,
  ])
  func `what does not fit is a mismatch`(_ text: String) throws {
    do {
      let answer = try Self.read(text)
      Issue.record("\(answer)")
    } catch let error as ModelError {
      #expect(error.code == .schemaMismatch && !error.message.isEmpty)
    }
  }

  @Test func `a lax schema does not take the judgement for the answer`() throws {
    let lax: JSON = ["type": "object"]
    #expect(try Self.read(#"{"answer": {"n": 4}, "sure": "no"}"#, lax).value == ["n": 4])
    #expect(try Self.read(#"{"n": 4}"#, lax).value == ["n": 4])
    let own: JSON = ["type": "object", "properties": ["answer": ["type": "string"]], "required": ["answer"]]
    #expect(try Self.read(#"{"answer": "four"}"#, own) == SureSchema.Answer(value: ["answer": "four"], isSure: true))
    let whole = try Self.read(#"{"answer": {"answer": "four"}, "sure": false}"#, own)
    #expect(whole == SureSchema.Answer(value: ["answer": "four"], isSure: false))
  }

  @Test func `references lead where they did`() throws {
    let tree: JSON = [
      "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.org/tree", "type": "object",
      "properties": [
        "left": ["$ref": "#"], "leaf": ["$ref": "#/$defs/leaf"], "again": ["$ref": "#/properties/leaf"],
        "$ref": ["type": "boolean"], "kind": ["enum": [["$ref": "#"]]],
      ],
      "$defs": ["leaf": ["type": "integer", "maximum": 9]],
    ]
    let schema = try #require(try Self.sure(tree)).source
    #expect(schema["$defs"]?["leaf"]?["maximum"] == 9 && schema["properties"]?["answer"]?["$defs"] == nil)
    #expect(schema["properties"]?["answer"]?["properties"]?["kind"]?["enum"] == [["$ref": "#"]], "data stay data")
    #expect(
      try Self.read(#"{"answer": {"left": {"left": {"leaf": 3}}, "again": 4, "$ref": true}, "sure": true}"#, tree)
        .isSure
    )
    #expect(throws: ModelError.self) {
      try Self.read(#"{"answer": {"left": {"left": {"leaf": 30}}}, "sure": true}"#, tree)
    }
    #expect(throws: ModelError.self) { try Self.read(#"{"answer": {"again": 30}, "sure": true}"#, tree) }
  }

  @Test(
    arguments: [
      ["type": "object", "properties": ["a": ["$id": "https://example.org/a"]]],
      ["$ref": "https://json-schema.org/draft/2020-12/schema"], ["$defs": ["a": ["$anchor": "a"]], "$ref": "#a"],
    ] as [JSON]
  )
  func `a schema that cannot stand within another is left as it is`(_ schema: JSON) throws {
    #expect(SureSchema(schema, try JSONSchema(["type": "object"])) == nil)
  }

  @Test func `an answer goes back with what is wrong with it, unless it is very long`() {
    let error = ModelError(.schemaMismatch, "the answer holds no JSON")
    let messages = SchemaRepair.messages("four", error)
    #expect(messages?.map(\.role) == [.assistant, .user] && messages?[0].text == "four")
    #expect(messages?[1].text.contains("holds no JSON") == true)
    #expect(SchemaRepair.messages(String(repeating: "x", count: 16_385), error) == nil)
    #expect(SchemaRepair.messages("", error) == nil)
  }
}
