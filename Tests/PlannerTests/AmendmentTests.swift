import JSON
import Posix
import Testing
import Wire

@testable import Planner

@Suite struct AmendmentTests {
  private static let input: PlanningInput = PlanningInput([
    "request": ["text": "Read the receipt and sum it up", "files": [Fixture.file("image").artifact]],
    "role": "planner", "attempt": 2, "taken_ids": ["planning", "ocr", "parse", "list"],
    "done": [["id": "ocr", "tool": "receipt_ocr"], ["id": "list", "tool": "compute_tax", "list": true]],
    "failed": ["step": "parse", "tool": "line_item_parser", "error": ["name": "tool_failed", "message": "no items"]],
  ])

  private static func answer(_ input: String) -> JSON {
    [
      "decision": "plan", "steps": [["id": "parse2", "tool": "line_item_parser", "input": .string(input)]],
      "answer_template": "",
    ]
  }

  @Test func `what remains may refer to what is done`() async throws {
    let script = Script([.value(Self.answer(#"{"text": "step:ocr#/text"}"#))])
    let output = try await script.maker().make(Self.input)
    #expect(output["plan"]?["steps"]?.arrayValue?.count == 1)
    let prompt = script.questions[0].prompt
    #expect(
      prompt.contains("- ocr: receipt_ocr -> {text, ")
        && prompt.contains("parse of tool line_item_parser failed: tool_failed: no items")
    )
    #expect(prompt.contains("Ids that new steps cannot have: list, ocr, parse") && !prompt.contains("planning"))
    // The coordinator checks it with the steps that are done behind it.
    let checked = try #require(script.state.withLock { $0.checked.first })
    #expect(checked["steps"]?.arrayValue?.map { $0["id"]?.stringValue } == ["parse2", "ocr", "list"])
  }

  @Test func `a place that a done step's output cannot have is a mistake`() async throws {
    let script = Script([
      .value(Self.answer(#"{"text": "step:ocr#/words"}"#)), .value(Self.answer(#"{"text": "step:ocr#/text"}"#)),
    ])
    #expect(try await script.maker().make(Self.input)["tries"] == 2)
    #expect(script.questions[1].prompt.contains("cannot have 'words'"))
  }

  @Test func `the output of a step that ran for each item is a list`() async throws {
    let good = Self.answer(#"{"text": "{{step:list#/0/tax}}"}"#)
    #expect(try await Script([.value(good)]).maker().make(Self.input)["tries"] == 1)
    let bad = Self.answer(#"{"text": "{{step:list#/tax}}"}"#)
    #expect(await Script([.value(bad)]).failure(Self.input)?.data["reason"] == "no_plan")
  }

  @Test func `mistakes that the coordinator finds in done steps are none of the plan`() async throws {
    let mistake = Mistake(path: "/steps/1/input", name: "invalid_input", message: "image is missing")
    let script = Script([.value(Self.answer(#"{"text": "step:ocr#/text"}"#))], refusals: [[mistake]])
    #expect(try await script.maker().make(Self.input)["tries"] == 1)
  }

  @Test func `no recipe is looked for, and none is offered`() async throws {
    let script = Script([.value(Self.answer(#"{"text": "step:ocr#/text"}"#))], recipes: [Fixture.receiptRecipe])
    _ = try await script.maker().make(Self.input)
    #expect(!script.questions[0].system.contains("Recipes:"))
  }

  @Test func `a result that was no answer is told with its reasons`() async throws {
    var input = Self.input
    input.failed = nil
    input.unverified = ["the currency is missing"]
    let script = Script([.value(Self.answer(#"{"text": "step:ocr#/text"}"#))])
    _ = try await script.maker().make(input)
    #expect(script.questions[0].prompt.contains("does not answer the request:\n- the currency is missing"))
  }

  @Test func `a plan that the coordinator refused is shown at once, and not taken again`() async throws {
    let plan: JSON = [
      "steps": [["id": "a", "tool": "compute_tax", "input": ["amount": 1, "tax_rate": 2]]],
      "final_synthesis": ["prompt_template": "x"],
    ]
    let input = PlanningInput([
      "request": ["text": "tax"],
      "refused": [
        "plan": plan,
        "mistakes": [["path": "/steps/0", "name": "privileges_not_granted", "message": "nobody granted it"]],
      ],
    ])
    let same: JSON = [
      "decision": "plan", "steps": [["id": "a", "tool": "compute_tax", "input": #"{"amount": 1, "tax_rate": 2}"#]],
      "answer_template": "x",
    ]
    let script = Script([.value(same)], refusals: [[], [Mistake(path: "", name: "x", message: "y")]])
    #expect(script.questions.isEmpty)
    let error = try #require(await script.failure(input))
    #expect(script.questions[0].prompt.contains("nobody granted it"))
    #expect(error.data["stopped"] == "same_plan" && script.questions.count == 1)
  }

  @Test func `a small model's steps have ids of their own and may refer to done ones`() async throws {
    let step: JSON = [
      "id": "s1", "tool": "line_item_parser", "input": ["text": "step:ocr#/text"], "depends_on": ["ocr"],
    ]
    let script = Script([.value(["steps": [step]])], models: Script.small)
    let output = try await script.maker().make(Self.input)
    #expect(output["plan"]?["steps"]?[0]?["depends_on"] == ["ocr"] && output["by"]?["kind"] == "small_model")
  }
}
