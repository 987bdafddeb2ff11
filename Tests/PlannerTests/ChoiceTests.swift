import JSON
import Posix
import Testing
import Wire

@testable import Planner

/// Whether a recipe or a model, and which form.
@Suite struct ChoiceTests {
  private static let request = PlanningRequest(
    text: "Process this receipt and categorize all items",
    files: [Fixture.file("image")]
  )
  private static let input = PlanningInput(request)
  private static let small: JSON = ["steps": [["id": "s1", "tool": "receipt_ocr", "input": ["image": "file:image"]]]]
  private static let large: JSON = ["decision": "answer", "answer": "x", "reason": ""]

  @Test func `a small model is not asked where a recipe serves`() async throws {
    let script = Script(recipes: [Fixture.receiptRecipe, Fixture.summaryRecipe], models: Script.small)
    let output = try await script.maker().make(Self.input)
    #expect(
      output == [
        "decision": "recipe", "by": ["kind": "recipe"], "tries": 0,
        "recipe": ["name": "receipt", "parameters": ["image": Fixture.file("image").artifact]],
      ]
    )
    #expect(script.questions.isEmpty)
  }

  @Test func `without any model a recipe serves, and what no recipe serves has no provider`() async throws {
    for models in [nil, Script.list(kind: "openai", model: "gpt-4o", more: ["has_key": false])] as [JSON?] {
      let script = Script(recipes: [Fixture.receiptRecipe], models: models)
      #expect(try await script.maker().make(Self.input)["by"]?["kind"] == "recipe")
      let other = PlanningInput(PlanningRequest(text: "Write a poem"))
      let error = try #require(await script.failure(other))
      #expect(error.name == .toolFailed && error.data["reason"] == "no_provider" && error.message.contains("hint:"))
    }
  }

  @Test func `a large model is offered recipes, unless they come first or are off`() async throws {
    func asked(_ recipes: PlannerSettings.Recipes) async throws -> (JSON, [PlannerServices.Question]) {
      var settings = PlannerSettings()
      settings.recipes = recipes
      let script = Script([.value(Self.large)], recipes: [Fixture.receiptRecipe])
      return (try await script.maker(settings).make(Self.input), script.questions)
    }
    #expect(try await asked(.auto).1.first?.system.contains("Recipes:\nreceipt(") == true)
    #expect(try await asked(.offered).1.first?.system.contains("Recipes:\nreceipt(") == true)
    #expect(try await asked(.first).0["decision"] == "recipe")
    #expect(try await asked(.off).1.first?.system.contains("Recipes:") == false)
  }

  @Test func `a small model gets the small form, cool at first and warm when it is asked again`() async throws {
    let broken: JSON = ["steps": [["id": "s1", "tool": "receipt_ocr", "input": ["image": "file:image", "x": 1]]]]
    let script = Script([.value(broken), .value(Self.small)], models: Script.small)
    let output = try await script.maker().make(Self.input)
    #expect(output["by"]?["kind"] == "small_model" && output["tries"] == 2)
    #expect(output["plan"]?["final_synthesis"] == ["prompt_template": "{{steps}}", "role": "worker"])
    #expect(script.questions.map(\.temperature) == [0, 0.7] && script.questions[0].maxTokens == 1_024)
    #expect(script.questions[0].schema?["$defs"]?["s1"] != nil)
    // Eight tools, each in a line of its own.
    #expect(script.questions[0].system.split(separator: "\n").filter { $0.contains(") -> ") }.count == 8)
  }

  @Test func `the size is what the settings say, or what the model's name says`() async throws {
    var settings = PlannerSettings()
    settings.sizes = ["planner": .small]
    let forced = Script([.value(Self.small)])
    #expect(try await forced.maker(settings).make(Self.input)["by"]?["kind"] == "small_model")
    let local = Script([.value(Self.large)], models: Script.localLarge)
    #expect(try await local.maker().make(Self.input)["by"]?["kind"] == "large_model")
    // A grammar holds the inputs.
    let schema = local.questions[0].schema
    #expect(schema?["properties"]?["steps"]?["items"]?["anyOf"]?[0]?["properties"]?["tool"]?["const"] != nil)
    let unknown = Script([.value(Self.small)], models: Script.list(kind: "llamacpp", model: nil))
    _ = try await unknown.maker().make(Self.input)
    #expect(unknown.state.withLock { $0.lives } == ["p"] && forced.state.withLock { $0.lives } == [])
  }

  @Test func `a role without a model is the planner's`() async throws {
    let script = Script([.value(Self.large)])
    _ = try await script.maker().make(PlanningInput(Self.request, role: "executor"))
    #expect(script.questions[0].role == "planner")
  }

  @Test func `tools are searched by meaning where there is a model for it`() async throws {
    var list = Script.large.objectValue!
    list["roles"] = ["planner": ["p/gpt-4o"], "embedder": ["p/e"]]
    var settings = PlannerSettings()
    settings.tools = 2
    let script = Script(
      [.value(Self.large)],
      models: .object(list),
      vectors: { $0.contains("tax") || $0.contains("levy") ? [1, 0] : [0, 1] }
    )
    _ = try await script.maker(settings).make(PlanningInput(PlanningRequest(text: "What levy is due?")))
    #expect(script.questions[0].system.contains("compute_tax("))
    #expect(script.state.withLock { $0.embedded.count } == 1)
  }

  @Test func `a request without any tool is answered by a large model, and by a small one not`() async throws {
    var input = Self.input
    input.request.tools = []
    #expect(try await Script([.value(Self.large)]).maker().make(input)["decision"] == "answer")
    #expect(await Script(models: Script.small).failure(input)?.data["reason"] == "no_plan")
  }
}
