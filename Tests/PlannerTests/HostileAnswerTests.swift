import JSON
import Testing
import Wire

@testable import Planner

/// A model may answer anything.
@Suite struct HostileAnswerTests {
  @Test func `no answer is more than a plan or a list of mistakes`() async throws {
    var chaos = Chaos(seed: 11)
    var decided = 0
    for round in 0..<3_000 {
      let answer = chaos.answer()
      let mode = [InputMode.text, .free, .typed][round % 3]
      let form: any PlanForm =
        round % 4 == 3
        ? SmallForm(tools: Fixture.receipts.tools, files: [], steps: 2, writer: "w")
        : Self.large[mode]!
      do throws(Undecided) {
        guard case .plan(let plan) = try form.read(answer) else { continue }
        decided += 1
        let found = LocalPlanCheck(catalog: Fixture.receipts, input: Self.input).mistakes(in: plan)
        #expect(found.allSatisfy { !$0.json.description.isEmpty })
        _ = PlanPrompt.repair(plan, found)
      } catch {
        #expect(!error.mistakes.isEmpty)
      }
    }
    #expect(decided > 100)
  }

  private static let input: PlanningInput = {
    var input = PlanningInput(PlanningRequest(text: "x", files: [Fixture.file("image")]))
    input.done = [.init(id: "done", tool: "receipt_ocr"), .init(id: "done", tool: "gone", isList: true)]
    return input
  }()

  private static let large = Dictionary(
    uniqueKeysWithValues: [InputMode.text, .free, .typed].map { mode in
      (
        mode,
        LargeForm(
          tools: Fixture.receipts.tools,
          recipes: [Fixture.receiptRecipe],
          files: [Fixture.file("image")],
          inputs: mode,
          writer: "w"
        )
      )
    }
  )

  @Test func `what is deep or long is a mistake, not an end`() {
    var deep: JSON = "step:a"
    for _ in 0..<110 { deep = ["x": deep] }
    let many = JSON.array((0..<12_000).map { ["id": .string("s\($0)"), "tool": "receipt_ocr", "input": [:]] })
    let check = LocalPlanCheck(catalog: Fixture.receipts, input: Self.input)
    #expect(!check.mistakes(in: ["steps": [["id": "a", "tool": "receipt_ocr", "input": deep]]]).isEmpty)
    #expect(check.mistakes(in: ["steps": many]).first?.name == "too_many_steps")
    #expect(check.mistakes(in: "prose").first?.name == "invalid_value")
    #expect(check.mistakes(in: [:]).first?.name == "missing_member")
  }
}

/// Answers with the members of a plan, and anything in them.
private struct Chaos {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  private mutating func chance(_ count: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(count))
  }

  mutating func answer() -> JSON {
    if chance(20) == 0 { return anything(2) }
    var answer: JSONObject = ["decision": chance(10) == 0 ? anything(1) : "plan"]
    answer["steps"] = chance(10) == 0 ? anything(2) : .array((0..<chance(4)).map { _ in step() })
    for name in ["reason", "answer_template", "checks", "write", "recipe", "parameters"] where chance(3) == 0 {
      answer[name] = anything(3)
    }
    return .object(answer)
  }

  private mutating func step() -> JSON {
    var step = JSONObject()
    for name in ["id", "tool", "input", "depends_on", "for_each", "when"] where chance(5) > 0 {
      step[name] = chance(3) == 0 ? anything(3) : .string(word())
    }
    return chance(15) == 0 ? anything(1) : .object(step)
  }

  private mutating func word() -> String {
    [
      "a", "b", "done", "receipt_ocr", "line_item_parser", "step:a", "step:done#/text", "step:", "{{step:a}}", "{{",
      "{}",
      #"{"image": "file:image"}"#, #"{"ocr": "step:a"}"#, "[", "item:value", "file:x", "\u{0}", "planning",
    ][chance(18)]
  }

  private mutating func anything(_ depth: Int) -> JSON {
    switch chance(depth > 0 ? 8 : 5) {
    case 0: .null
    case 1: .bool(chance(2) == 0)
    case 2: .integer(Int64(chance(100)) - 50)
    case 3, 4: .string(word())
    case 5: .array((0..<chance(4)).map { _ in anything(depth - 1) })
    default:
      .object(
        JSONObject(
          (0..<chance(4)).map { _ in
            (["id", "value", "is", "to", "x", "tool"][chance(6)], anything(depth - 1))
          }
        )
      )
    }
  }
}
