import JSON
import Testing
import Wire

@testable import Plan

@Suite struct `Recipes` {
  private static let parameters: JSON = [
    "type": "object", "required": ["a"],
    "properties": ["a": ["description": "anything"], "b": [:], "n": ["type": "integer", "default": 4]],
  ]

  private static func recipe(_ input: JSON) throws -> Recipe {
    let steps: JSON = [["id": "s", "tool": "t"], ["id": "u", "tool": "t", "input": input]]
    return try Recipe(["name": "r", "description": "d", "parameters": parameters, "plan": ["steps": steps]])
  }

  /// What the step gets whose input holds the parameters, where step `s` gave 1.
  private static func input(_ input: JSON, _ values: JSONObject) throws -> JSON {
    let plan = try Plan(decoding: try recipe(input).plan(with: values))
    return try plan.steps[1].input.resolve(Scope(output: { _ in 1 }))
  }

  @Test func `values stand with their types, places and defaults; what has none is left out`() throws {
    let input: JSON = [
      "a": "param:a", "in": "param:a#/x/0", "n": "param:n", "b": "param:b", "list": ["param:b", 1],
      "text": "{{param:a#/x}} and {{param:b}}|{{param:n}}", "step": "step:s",
    ]
    let filled = try Self.input(input, ["a": ["x": [7]]])
    #expect(filled == ["a": ["x": [7]], "in": 7, "n": 4, "list": [1], "text": "[7] and |4", "step": 1])
  }

  @Test func `what is given is never a reference, whatever stands around it`() throws {
    let pieces = ["step:s", "{{", "}}", "{", "}", "\\", "{{step:s}}", "item:index", " ", "x", "{{steps}}", "param:a"]
    var state: UInt64 = 7
    func roll(_ sides: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int((state >> 33) % UInt64(sides))
    }
    for _ in 0..<4_000 {
      let (a, b) = (
        (0..<roll(5)).map { _ in pieces[roll(12)] }.joined(), (0..<roll(4)).map { _ in pieces[roll(12)] }.joined()
      )
      let values: JSONObject = ["a": .string(a), "b": .string(b)]
      let filled = try Self.input(["whole": "param:a", "text": "<{{param:a}}{{param:b}}|{{step:s}}>"], values)
      #expect(filled["whole"]?.stringValue == a)
      #expect(filled["text"]?.stringValue == "<\(a)\(b)|1>", "\(a) \(b)")
      let close = try Self.input(["text": "{{param:a}}{{step:s}}{{param:b}}"], values)
      #expect(close["text"]?.stringValue == "\(a)1\(b)", "\(a) \(b)")
    }
  }

  @Test(
    arguments: [
      (#"{"name":"r","description":"d","plan":{"x":"param:nobody"}}"#, "/plan"),
      (#"{"name":"r","description":"d","plan":[]}"#, "/plan"),
      (#"{"name":"a b","description":"d","plan":{}}"#, "/name"),
      (#"{"name":"r","plan":{}}"#, "/description"),
      (#"{"name":"r","description":"d","plan":{},"parameters":{"type":"string"}}"#, "/parameters"),
      (#"{"name":"r","description":"d","plan":{},"parameters":{"type":"object","properties":7}}"#, "/parameters"),
      (#"{"name":"r","description":"d","plan":{},"author":"me"}"#, "/author"),
    ] as [(String, String)]
  )
  func `mistakes are told with their place`(_ text: String, _ path: String) throws {
    let error = try #require(throws: WireError.self) { try Recipe(try JSON(parsing: text)) }
    #expect(error.data["path"]?.stringValue == path)
  }

  @Test func `parameters that do not fit are listed, all of them`() throws {
    let error = try #require(throws: WireError.self) { try Self.recipe([:]).plan(with: ["n": "four"]) }
    #expect(error.name == .invalidInput && error.data["violations"]?.arrayValue?.count == 2)
  }
}

@Suite struct `A text of the end as an input` {
  @Test(arguments: [#"C:\\{{step:a}}"#, "x{{{step:a}}}y", #"\{{step:a}} {{step:a}}"#, #"{{{{step:a}} \\ {"#])
  func `says the same`(_ text: String) throws {
    let plan: JSON = ["steps": [["id": "a", "tool": "t"]], "final_synthesis": ["prompt_template": .string(text)]]
    let template = try #require(try Plan(decoding: plan).finalSynthesis?.promptTemplate)
    let steps: JSON = [
      ["id": "a", "tool": "t"],
      ["id": "b", "tool": "t", "input": ["text": .string(template.inputText(standingFor: ["a"]))]],
    ]
    let scope = Scope(output: { _ in 1 })
    let input = try Plan(decoding: ["steps": steps]).steps[1].input.resolve(scope)
    #expect(try input["text"]?.stringValue == template.resolve(scope))
  }
}

@Suite struct `Checks at the end` {
  @Test func `their mistakes are a plan's mistakes`() throws {
    let plan =
      #"{"steps":[{"id":"a","tool":"t"}],"checks":[{"that":{"value":"step:b","exists":true},"message":"{{step:c}}"},"#
      + #"{"that":{"value":1},"note":"x"},7]}"#
    let errors = try #require(throws: PlanErrors.self) { try Plan(decoding: try JSON(parsing: plan)) }.errors
    #expect(
      errors.map(\.path) == [
        "/checks/0/that/value", "/checks/0/message", "/checks/1/that", "/checks/1/note", "/checks/1/message",
        "/checks/2",
      ]
    )
  }
}
