import JSON
import Plan
import Testing

@testable import Planner

@Suite struct SmallFormTests {
  private func form(files: [RequestFile] = [Fixture.file("image")], done: [String] = [], steps: Int = 4) -> SmallForm {
    SmallForm(
      tools: Fixture.catalog.forPlans().tools,
      files: files,
      done: done,
      taken: Set(done),
      steps: steps,
      writer: "worker"
    )
  }

  @Test func `whatever fits the form is a graph without cycles and without a dangling reference`() throws {
    let form = form()
    let schema = try JSONSchema(form.schema)
    var writer = RandomAnswer(form.schema, seed: 7)
    var sizes: Set<Int> = []
    var edges = 0
    for _ in 0..<400 {
      let answer = writer.next()
      try #require(schema.isValid(answer), "\(answer): \(schema.violations(in: answer))")
      guard case .plan(let plan) = try form.read(answer) else { continue }
      let decoded = try Plan(decoding: plan)
      sizes.insert(decoded.steps.count)
      edges += decoded.graph.dependencies.reduce(0) { $0 + $1.count }
    }
    #expect(sizes == [1, 2, 3, 4] && edges > 400)
  }

  @Test func `ids that are taken are not given again, and what is done can be referred to`() throws {
    let form = form(done: ["s1", "s3", "a.b"], steps: 3)
    #expect(form.ids == ["s2", "s4", "s5"])
    let schema = try JSONSchema(form.schema)
    func step(_ id: String, _ items: String) -> JSON {
      ["steps": [["id": .string(id), "tool": "expense_categorizer", "input": ["items": .string(items)]]]]
    }
    #expect(schema.isValid(step("s2", "step:s3#/items")) && schema.isValid(step("s2", "step:a.b#/items")))
    #expect(!schema.isValid(step("s2", "step:s4#/items")) && !schema.isValid(step("s2", "step:axb#/items")))
    #expect(!schema.isValid(step("s1", "step:s3#/items")))
  }

  @Test func `a place must have the type that is due`() throws {
    let schema = try JSONSchema(form().schema)
    func fits(_ tool: String, _ input: JSON) -> Bool {
      let first: JSON = ["id": "s1", "tool": "receipt_ocr", "input": ["image": "file:image"]]
      return schema.isValid(["steps": [first, ["id": "s2", "tool": .string(tool), "input": input]]])
    }
    #expect(fits("line_item_parser", ["ocr": "step:s1"]) && fits("line_item_parser", ["text": "step:s1#/text"]))
    #expect(!fits("line_item_parser", ["text": "step:s1"]) && !fits("line_item_parser", ["text": "step:s1#/width"]))
    #expect(
      !fits("expense_categorizer", ["items": "step:s1"]) && fits("expense_categorizer", ["items": "step:s1#/lines"])
    )
    #expect(fits("compute_tax", ["amount": "step:s1#/width", "tax_rate": 0.1]))
    #expect(!fits("compute_tax", ["amount": "ten", "tax_rate": 0.1]))
  }

  @Test func `a tool that takes a file is not called first without one`() throws {
    let tools = Fixture.catalog.keeping { $0.name == "receipt_ocr" }.tools
    let artifact = CatalogTool(
      name: "see",
      description: "",
      input: ["type": "object", "required": ["image"], "properties": ["image": ["format": "artifact"]]]
    )
    let none = SmallForm(tools: [artifact], files: [], steps: 2, writer: "worker")
    #expect(none.schema["$defs"] == [:])
    let some = SmallForm(tools: tools + [artifact], files: [Fixture.file("a")], steps: 2, writer: "worker")
    let schema = try JSONSchema(some.schema)
    #expect(schema.isValid(["steps": [["id": "s1", "tool": "see", "input": ["image": "file:a"]]]]))
    #expect(!schema.isValid(["steps": [["id": "s1", "tool": "see", "input": ["image": "file:b"]]]]))
    // With a file at hand an address is not made up.
    #expect(!schema.isValid(["steps": [["id": "s1", "tool": "receipt_ocr", "input": ["image": "image.png"]]]]))
  }

  @Test func `no literal text can be taken for a reference`() throws {
    let tool = CatalogTool(
      name: "say",
      description: "",
      input: ["type": "object", "required": ["text"], "properties": ["text": ["type": "string"]]]
    )
    let schema = try JSONSchema(SmallForm(tools: [tool], files: [], steps: 1, writer: "w").schema)
    func fits(_ text: String) -> Bool {
      schema.isValid(["steps": [["id": "s1", "tool": "say", "input": ["text": .string(text)]]]])
    }
    for text in ["", "Grüße, 東京!", "50 % off", "https://example.org/a?b=c", "step one", "it's"] {
      #expect(fits(text), "\(text)")
    }
    for text in ["step:s1", "{{step:s1}}", "file:x", "a\nb", "say \"x\"", "a\\b", String(repeating: "x", count: 161)] {
      #expect(!fits(text), "\(text)")
    }
  }

  @Test func `the same id twice to wait for is one`() throws {
    let answer: JSON = ["steps": [["id": "s1", "tool": "t"], ["id": "s2", "tool": "t", "depends_on": ["s1", "s1"]]]]
    guard case .plan(let plan) = try form().read(answer) else { return #expect(Bool(false)) }
    #expect(plan["steps"]?[1]?["depends_on"] == ["s1"])
    #expect(throws: Undecided.self) { try form().read(["steps": []]) }
    #expect(throws: Undecided.self) { try form().read("prose") }
  }
}

/// Writes answers that fit a small form's schema, by chance.
struct RandomAnswer {
  private let schema: JSON
  private var state: UInt64

  init(_ schema: JSON, seed: UInt64) {
    self.schema = schema
    state = seed
  }

  mutating func next() -> JSON { value(schema) }

  private mutating func chance(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(max(count, 1)))
  }

  private mutating func value(_ schema: JSON) -> JSON {
    if let name = schema["$ref"]?.stringValue { return value(self.schema.resolved(name)!) }
    if let value = schema["const"] { return value }
    if let choices = schema["anyOf"]?.arrayValue { return value(choices[chance(choices.count)]) }
    if let values = schema["enum"]?.arrayValue { return values[chance(values.count)] }
    switch schema["type"]?.stringValue {
    case "object":
      let required = Set((schema["required"]?.arrayValue ?? []).compactMap(\.stringValue))
      var object = JSONObject()
      for member in schema["properties"]?.objectValue?.members ?? []
      where required.contains(member.key) || chance(2) == 0 {
        object[member.key] = value(member.value)
      }
      return .object(object)
    case "array":
      if let items = schema["prefixItems"]?.arrayValue { return .array(items.map { value($0) }) }
      let count = chance(Int(schema["maxItems"]?.integerValue ?? 3) + 1)
      return .array((0..<count).map { _ in value(schema["items"] ?? [:]) })
    case "string": return .string(text(schema["pattern"]?.stringValue ?? ""))
    case "number", "integer": return .integer(Int64(chance(100)))
    case "boolean": return .bool(chance(2) == 0)
    default: return .null
    }
  }

  /// One of the patterns of `ReferenceSchemas`: `^step:(a|b)(#/(x|y))?$`, or that of literal texts.
  private mutating func text(_ pattern: String) -> String {
    guard pattern.hasPrefix("^step:(") else { return ["", "plain words", "https://a.example/b"][chance(3)] }
    let groups = pattern.dropFirst(6).dropLast().split(separator: "#").map { group in
      group.split { "()/?".contains($0) }.joined().split(separator: "|").map { $0.replacing("\\.", with: ".") }
    }
    let id = groups[0][chance(groups[0].count)]
    if groups.count < 2 || pattern.hasSuffix("?$") && chance(2) == 0 { return "step:\(id)" }
    return "step:\(id)#/\(groups[1][chance(groups[1].count)])"
  }
}
