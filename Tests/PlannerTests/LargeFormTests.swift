import JSON
import Models
import Plan
import Testing

@testable import Planner

@Suite struct LargeFormTests {
  private func form(_ mode: InputMode, isAmendment: Bool = false, tools: ToolCatalog = Fixture.receipts) -> LargeForm {
    LargeForm(
      tools: tools.tools,
      recipes: [Fixture.receiptRecipe],
      files: [Fixture.file("image")],
      inputs: mode,
      isAmendment: isAmendment,
      writer: "worker"
    )
  }

  private static let answer: JSON = [
    "reason": "the receipt is read and its items are sorted", "decision": "plan",
    "steps": [
      [
        "id": "ocr", "tool": "receipt_ocr", "input": #"{"image": "file:image"}"#, "depends_on": [], "for_each": "",
        "when": [],
      ],
      [
        "id": "parse", "tool": "line_item_parser", "input": #"{"ocr": "step:ocr"}"#, "depends_on": ["ocr"],
        "for_each": "", "when": [["value": "step:ocr#/confidence", "is": "gt", "to": "20"]],
      ],
    ],
    "answer_template": "Total: {{step:parse#/total}}", "write": false,
    "checks": [["value": "step:parse#/total", "is": "exists", "to": "true", "message": "no total"]], "answer": "",
    "recipe": "none", "parameters": "",
  ]

  @Test func `a question for the small model goes to the planner's when that is not sure`() throws {
    let withModel = form(.text, tools: Fixture.catalog.keeping { ["model"].contains($0.name) })
    #expect(withModel.instructions.contains("a small, cheap model") && !form(.text).instructions.contains("small"))
    let inputs = [
      #"{"prompt": "which kind?"}"#, #"{"prompt": "x", "role": "worker"}"#, #"{"prompt": "x", "role": "planner"}"#,
      #"{"prompt": "x", "model": "openai/gpt-4o"}"#, #"{"prompt": "x", "escalate": "verifier"}"#,
    ]
    let steps = inputs.enumerated().map { index, input -> JSON in
      [
        "id": .string("s\(index)"), "tool": "model", "input": .string(input), "depends_on": [], "for_each": "",
        "when": [],
      ]
    }
    let answer: JSON = ["decision": "plan", "reason": "", "steps": .array(steps), "answer_template": "x"]
    guard case .plan(let plan) = try withModel.read(answer) else { return #expect(Bool(false)) }
    let asked = (plan["steps"]?.arrayValue ?? []).map { $0["input"]?["escalate"]?.stringValue ?? "-" }
    #expect(asked == ["planner", "planner", "-", "-", "verifier"])
    #expect(plan["steps"]?[0]?["input"]?["role"] == "worker")
  }

  @Test func `an answer becomes a plan that the coordinator takes`() throws {
    guard case .plan(let plan) = try form(.text).read(Self.answer) else { return #expect(Bool(false)) }
    #expect(
      plan == [
        "description": "the receipt is read and its items are sorted",
        "steps": [
          ["id": "ocr", "tool": "receipt_ocr", "input": ["image": "file:image"]],
          [
            "id": "parse", "tool": "line_item_parser", "input": ["ocr": "step:ocr"], "depends_on": ["ocr"],
            "when": ["value": "step:ocr#/confidence", "gt": 20],
          ],
        ],
        "checks": [["that": ["value": "step:parse#/total", "exists": true], "message": "no total"]],
        "final_synthesis": ["prompt_template": "Total: {{step:parse#/total}}"],
      ]
    )
    #expect(try Plan(decoding: plan).steps.count == 2)
  }

  @Test(arguments: [InputMode.text, .free, .typed])
  func `a good answer fits the schema of its form, and a bad one does not`(_ mode: InputMode) throws {
    let schema = try JSONSchema(form(mode).schema)
    var answer = Self.answer.objectValue!
    if mode != .text {
      answer["parameters"] = [:]
      let steps = answer["steps"]!.arrayValue!.map { step -> JSON in
        var step = step.objectValue!
        step["input"] = try! JSON(parsing: step["input"]!.stringValue!)
        return .object(step)
      }
      answer["steps"] = .array(steps)
    }
    #expect(schema.violations(in: .object(answer)) == [])
    answer["decision"] = "guess"
    #expect(!schema.isValid(.object(answer)))
    answer["decision"] = "plan"
    answer["steps"] = [["id": "a", "tool": "rm", "input": mode == .text ? "{}" : [:]]]
    #expect(!schema.isValid(.object(answer)))
  }

  @Test func `where schemas must be closed, the whole of it is taken with their promise`() {
    let request = { (schema: JSON) -> JSON? in
      var request = ModelRequest(messages: [ModelMessage(.user, "x")])
      request.schema = schema
      return ModelFormat.openAIChat.write(request, model: "m", quirks: Quirks()).body["response_format"]
    }
    #expect(request(form(.text).schema)?["json_schema"]?["strict"] == true)
    #expect(request(form(.text, isAmendment: true).schema)?["json_schema"]?["strict"] == true)
    #expect(request(form(.free).schema)?["json_schema"]?["strict"] == false)
  }

  @Test func `a grammar holds the tools' own parameters, each of which may be a reference`() throws {
    let schema = try JSONSchema(form(.typed).schema)
    func fits(_ tool: JSON, _ input: JSON) -> Bool {
      schema.isValid(["reason": "", "decision": "plan", "steps": [["id": "a", "tool": tool, "input": input]]])
    }
    #expect(fits("receipt_ocr", ["image": "file:image", "min_words": 3]))
    #expect(fits("receipt_ocr", ["artifact": "step:x#/a/0", "min_words": "item:value#/n"]))
    #expect(!fits("receipt_ocr", ["picture": "file:image"]))
    #expect(!fits("receipt_ocr", ["image": "file:image", "min_words": "three"]))
    #expect(!fits("receipt_ocr", ["image": "x", "artifact": "y"]))
    #expect(fits("expense_categorizer", ["items": [["name": "tea", "price": 2.5]]]))
    #expect(fits("expense_categorizer", ["items": "step:parse#/items"]))
    #expect(!fits("expense_categorizer", [:]))
  }

  @Test func `parameters too many for a grammar are left free`() {
    let wide = CatalogTool(
      name: "wide",
      description: "",
      input: ["type": "object", "properties": .object(JSONObject((0..<3_000).map { ("p\($0)", ["type": "number"]) }))]
    )
    #expect(form(.typed, tools: ToolCatalog(source: "t", tools: [wide])).inputs == .free)
    #expect(form(.typed).inputs == .typed)
  }

  @Test func `decisions without tools`() throws {
    let form = form(.free)
    #expect(try form.read(["decision": "answer", "answer": "4", "reason": ""]) == .answer("4"))
    #expect(try form.read(["decision": "impossible", "reason": "no\nmail"]) == .impossible("no mail"))
    let recipe: JSON = ["decision": "recipe", "recipe": "receipt", "parameters": ["image": "file:image"]]
    #expect(
      try form.read(recipe)
        == .recipe(RecipeMatch(name: "receipt", parameters: ["image": Fixture.file("image").artifact]))
    )
  }

  /// What is wrong with each, by its place.
  @Test(
    arguments: [
      (["decision": "answer", "answer": ""], "/answer"), (["decision": "dance"], "/decision"), ([:], "/decision"),
      (3, "/decision"),
      (["decision": "plan", "steps": []], "/steps"), (["decision": "plan"], "/steps"),
      (["decision": "plan", "steps": [["id": "a", "tool": "t", "input": "{"]]], "/steps/0/input"),
      (["decision": "plan", "steps": [["id": "a", "tool": "t", "when": [["value": "step:b"]]]]], "/steps/0/when/0"),
      (["decision": "plan", "steps": [["id": "a"]], "checks": ["x"]], "/checks/0"),
      (["decision": "recipe", "recipe": "cake"], "/recipe"),
      (["decision": "recipe", "recipe": "receipt", "parameters": "["], "/parameters"),
      (["decision": "recipe", "recipe": "receipt", "parameters": "[]"], "/parameters"),
      (["decision": "recipe", "recipe": "receipt", "parameters": "{\"image\": 3}"], "/parameters/image"),
    ] as [(JSON, String)]
  )
  func `what cannot be read is told with its place`(_ answer: JSON, _ path: String) {
    #expect { try form(.text).read(answer) } throws: { ($0 as? Undecided)?.mistakes.first?.path == path }
  }

  @Test func `an amendment is neither an answer nor a recipe`() {
    let form = form(.free, isAmendment: true)
    #expect(throws: Undecided.self) { try form.read(["decision": "answer", "answer": "4"]) }
    #expect(throws: Undecided.self) { try form.read(["decision": "recipe", "recipe": "receipt"]) }
    #expect(form.schema["properties"]?["recipe"] == nil && form.schema["properties"]?["answer"] == nil)
  }

  @Test func `without a text of its own the answer is written from all outputs`() throws {
    guard case .plan(let plan) = try form(.free).read(["decision": "plan", "steps": [["id": "a", "tool": "t"]]]) else {
      return #expect(Bool(false))
    }
    #expect(plan["final_synthesis"] == ["prompt_template": "{{steps}}", "role": "worker"])
    #expect(plan["steps"]?[0]?["input"] == [:])
  }
}
