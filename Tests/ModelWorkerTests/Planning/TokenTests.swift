import ClientKit
import JSON
import Testing
import Wire

@testable import Planner

/// What a plan for the receipts job costs, by the tools as their workers really offer them.
@Suite struct TokenTests {
  @Test func `catalog and framing take no more than a twentieth beyond the tools' own schemas`() async throws {
    let service = try await PlanningService(receipts: true)
    let tools = ["receipt_ocr", "line_item_parser", "expense_categorizer", "compute_item_statistics"]
    service.answer(PlanningService.plan([PlanningService.step("ocr", "receipt_ocr", ["artifact": "file:image"])]))
    let input: JSON = [
      "request": [
        "text": "Process this receipt and tell me what was spent on what.",
        "tools": .array(tools.map { .string($0) }),
        "files": [
          [
            "artifact": .string(String(repeating: "0", count: 64)), "name": "image", "media_type": "image/jpeg",
            "bytes": 9,
          ]
        ],
      ]
    ]
    let tokens = try #require(try await service.makePlan(input)["tokens"])
    func count(_ name: String) -> Double { tokens[name]?.doubleValue ?? .infinity }
    #expect(count("catalog") + count("framing") < 1.05 * count("schemas"), "\(tokens)")
    // The framing is the same however many tools there are.
    #expect(count("framing") < 1_000 && count("request") < 60, "\(tokens)")
    let all = try await service.client.tools(name: nil).map { entry in
      CatalogTool(
        name: entry.tool.name,
        description: entry.tool.description,
        input: entry.tool.inputSchema,
        output: entry.tool.outputSchema
      )
    }
    let catalog = ToolCatalog(source: "coordinator", tools: all).keeping { tools.contains($0.name) }
    #expect(count("catalog") == Double(catalog.tokens(as: .compact)))
    // Not even of what a provider's form would take, in which no output is told.
    for form in [ToolCatalog.Form.openAI, .anthropic, .gemini] {
      #expect(count("catalog") + count("framing") < Double(catalog.tokens(as: form)), "\(form)")
    }
  }
}
