import JSON
import Posix
import Testing
import Wire

@testable import Planner

@Suite struct MakerTests {
  private static let request = PlanningRequest(text: "Add tax of 8 % to 100")
  private static let input = PlanningInput(request)
  private static let withFile = PlanningInput(PlanningRequest(text: request.text, files: [Fixture.file("image")]))

  private static func answer(_ steps: JSON, template: String = "{{step:a}}") -> JSON {
    ["reason": "because", "decision": "plan", "steps": steps, "answer_template": .string(template)]
  }

  private static func tax(
    _ input: JSON = #"{"amount": 100, "tax_rate": 0.08}"#,
    tool: JSON = "compute_tax",
    id: JSON = "a"
  ) -> JSON {
    ["id": id, "tool": tool, "input": input]
  }

  private static let good = answer([tax()])

  @Test func `a good plan is taken at once`() async throws {
    let script = Script([.value(Self.good)])
    let output = try await script.maker().make(Self.input)
    #expect(output["decision"] == "plan" && output["tries"] == 1)
    #expect(output["plan"]?["steps"]?[0]?["input"] == ["amount": 100, "tax_rate": JSON.number(JSONNumber("0.08")!)])
    #expect(output["by"] == ["kind": "large_model", "provider": "p", "model": "m"])
    #expect(output["tokens"]?["schemas"]?.integerValue ?? 0 > 0)
    let question = try #require(script.questions.first)
    #expect(question.role == "planner" && question.schema != nil && question.temperature == nil)
    #expect(script.state.withLock { $0.checked.count } == 1)
  }

  @Test func `a plan that takes none of the request's files is none for it`() async throws {
    let request = PlanningRequest(text: "Add tax of 8 % to what it says", files: [Fixture.file("image")])
    let reads = Self.tax(#"{"artifact": "file:image"}"#, tool: "receipt_ocr")
    let script = Script([.value(Self.good), .value(Self.answer([reads]))])
    let output = try await script.maker().make(PlanningInput(request))
    #expect(output["tries"] == 2 && output["plan"]?["steps"]?[0]?["tool"] == "receipt_ocr")
    #expect(
      script.state.withLock { $0.notices } == [
        "asking the role 'planner' for a plan (try 1 of 3)",
        "asking the role 'planner' for a plan (try 2 of 3, the last plan had a mistake)",
      ]
    )
    #expect(script.questions[1].prompt.contains("no step takes the request's file: file:image (unused_file)"))
  }

  @Test func `a mistake is shown with the plan that had it, and another plan is asked for`() async throws {
    let script = Script([.value(Self.answer([Self.tax(#"{"amount": "much"}"#)])), .value(Self.good)])
    let output = try await script.maker().make(Self.input)
    #expect(output["tries"] == 2)
    let repair = script.questions[1].prompt
    #expect(
      repair.contains(#""amount":"much""#) && repair.contains("/steps/0/input/amount") && repair.contains("tax_rate")
    )
    #expect(
      script.questions[0].prompt.contains("refused") == false
        && script.questions[0].system == script.questions[1].system
    )
  }

  @Test func `what the coordinator finds wrong is mended too`() async throws {
    let mistake = Mistake(path: "/steps/0/tool", name: "refused", message: "not on Sundays")
    let script = Script(
      [.value(Self.good), .value(Self.answer([Self.tax(id: "b")], template: ""))],
      refusals: [[mistake]]
    )
    #expect(try await script.maker().make(Self.input)["tries"] == 2)
    #expect(script.questions[1].prompt.contains("not on Sundays"))
  }

  @Test func `the same broken plan again ends it early`() async throws {
    let script = Script([.value(Self.answer([Self.tax(tool: "compute_tex")]))])
    var settings = PlannerSettings()
    settings.tries = 5
    let error = try #require(await script.failure(Self.input, settings))
    #expect(error.name == .toolFailed && error.data["reason"] == "no_plan" && error.data["stopped"] == "same_plan")
    #expect(error.data["tries"]?.arrayValue?.count == 2 && script.questions.count == 2)
    #expect(error.message.contains("compute_tex") && error.message.contains("did you mean 'compute_tax'"))
  }

  @Test func `the tries are bounded, and what was wrong with each is told`() async throws {
    let broken = ["x", "y", "z", "w"].map { Script.Reply.value(Self.answer([Self.tax(tool: .string($0))])) }
    let error = try #require(await Script(broken).failure(Self.input))
    let names = error.data["tries"]?.arrayValue?.map { $0["mistakes"]?[0]?["name"]?.stringValue }
    #expect(names == ["unknown_tool", "unknown_tool", "unknown_tool"] && error.data["stopped"] == "tries")
  }

  @Test func `prose in place of JSON is told apart from a broken plan`() async throws {
    let prose = Script.Reply.failure(
      WireError(.toolFailed, "p/m: the answer holds no JSON", data: ["reason": "schema_mismatch"])
    )
    let script = Script([prose])
    let error = try #require(await script.failure(Self.input))
    #expect(error.data["reason"] == "no_plan" && error.data["tries"]?[2]?["mistakes"]?[0]?["name"] == "no_json")
    #expect(script.questions.count == 3)
    #expect(try await Script([prose, .value(Self.good)]).maker().make(Self.input)["tries"] == 2)
  }

  @Test func `a cycle and a reference to nowhere are no plan`() async throws {
    let cycle = Self.answer([
      ["id": "a", "tool": "compute_tax", "input": #"{"amount": "step:b#/tax", "tax_rate": 0.1}"#],
      ["id": "b", "tool": "compute_tax", "input": #"{"amount": "step:a#/tax", "tax_rate": 0.1}"#],
    ])
    let nowhere = Self.answer([Self.tax(#"{"amount": "step:c#/tax", "tax_rate": 0.1}"#)])
    let place = Self.answer([Self.tax(), Self.tax(#"{"amount": "step:a#/texas", "tax_rate": 0.1}"#, id: "b")])
    let error = try #require(await Script([.value(cycle), .value(nowhere), .value(place)]).failure(Self.input))
    let names = error.data["tries"]?.arrayValue?.map { $0["mistakes"]?[0]?["name"]?.stringValue }
    #expect(names == ["cycle", "dangling_reference", "dangling_reference"])
  }

  @Test func `a file that is not there and an id that is taken are no plan`() async throws {
    var input = Self.withFile
    input.takenIDs = ["a"]
    let file = Self.answer([["id": "b", "tool": "receipt_ocr", "input": #"{"image": "file:picture"}"#]], template: "")
    let stage = Self.answer([Self.tax(id: "synthesis-2")], template: "")
    let error = try #require(await Script([.value(Self.good), .value(file), .value(stage)]).failure(input))
    let messages = error.data["tries"]?.arrayValue?.map { $0["mistakes"]?[0]?["message"]?.stringValue ?? "" } ?? []
    #expect(messages[0].contains("was had by an earlier step") && messages[1].contains("its files are file:image"))
    #expect(messages[2].contains("is reserved"))
  }

  @Test func `files stay names in the plan, and are checked as what they are`() async throws {
    let read = Self.answer([["id": "a", "tool": "receipt_ocr", "input": #"{"artifact": "file:image"}"#]])
    let script = Script([.value(read)])
    let output = try await script.maker().make(Self.withFile)
    #expect(output["plan"]?["steps"]?[0]?["input"]?["artifact"] == "file:image")
    let checked = try #require(script.state.withLock { $0.checked.first })
    #expect(checked["steps"]?[0]?["input"]?["artifact"] == Fixture.file("image").artifact)
  }

  @Test func `the tools that a request names are all there are`() async throws {
    var input = Self.input
    input.request.tools = ["apply_discount"]
    let script = Script([.value(Self.good), .value(Self.answer([Self.tax(id: "b")], template: ""))])
    var settings = PlannerSettings()
    settings.tries = 2
    let error = try #require(await script.failure(input, settings))
    #expect(error.data["tries"]?[1]?["mistakes"]?[0]?["name"] == "unknown_tool")
    #expect(
      !script.questions[0].system.contains("compute_tax(") && script.questions[0].system.contains("apply_discount(")
    )
  }

  @Test func `the other decisions of a large model`() async throws {
    let four = try await Script([.value(["decision": "answer", "answer": "4", "reason": ""])]).maker().make(
      Self.withFile
    )
    #expect(four["decision"] == "answer" && four["answer"] == "4" && four["plan"] == nil)
    let no = try await Script([.value(["decision": "impossible", "reason": "no mail"])]).maker().make(Self.withFile)
    #expect(no["decision"] == "impossible" && no["reason"] == "no mail")
    let chosen: JSON = ["decision": "recipe", "recipe": "receipt", "parameters": #"{"image": "file:image"}"#]
    let script = Script([.value(chosen)], recipes: [Fixture.receiptRecipe])
    let output = try await script.maker().make(Self.withFile)
    #expect(output["decision"] == "recipe" && output["by"]?["kind"] == "large_model")
    #expect(output["recipe"] == ["name": "receipt", "parameters": ["image": Fixture.file("image").artifact]])
    #expect(script.questions[0].system.contains("receipt(image: file, language?=\"eng\")"))
  }

  @Test func `a provider that refuses the schema gets a plainer one`() async throws {
    let refused = WireError(.toolFailed, "unsupported schema", data: ["reason": "invalid_request"])
    let script = Script([
      .failure(refused),
      .value([
        "decision": "plan", "steps": [["id": "a", "tool": "compute_tax", "input": ["amount": 1, "tax_rate": 1]]],
      ]),
    ])
    #expect(try await script.maker().make(Self.input)["tries"] == 1)
    #expect(
      script.questions[1].schema?["properties"]?["steps"]?["items"]?["properties"]?["input"] == ["type": "object"]
    )
    // Once; then it is an error.
    #expect(await Script([.failure(refused)]).failure(Self.input)?.data["reason"] == "invalid_request")
  }

  @Test func `errors of providers are told as they are`() async throws {
    let error = WireError(.toolFailed, "p/m: too many requests", data: ["reason": "rate_limited"])
    let script = Script([.failure(error)])
    #expect(await script.failure(Self.input) == error && script.questions.count == 1)
  }
}
