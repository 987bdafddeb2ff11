import JSON
import Models
import Testing

@testable import Planner

@Suite struct CatalogTests {
  @Test func `a version is the same for the same tools and another one when a tool changes`() {
    let tool = CatalogTool(name: "a", description: "does a", input: ["type": "object"])
    var other = tool
    other.input = ["type": "object", "required": ["x"]]
    let version = ToolCatalog(source: "one", tools: [tool]).version
    #expect(version == ToolCatalog(source: "two", tools: [tool]).version && version.count == 16)
    #expect(version != ToolCatalog(source: "one", tools: [other]).version)
    #expect(ToolCatalog(source: "one", version: "7", tools: []).version == "7")
  }

  @Test func `plans get no tools of the planner, no lists of models, and functions rather than their umbrella`() {
    let names = Fixture.catalog.forPlans().tools.map(\.name)
    #expect(Fixture.catalog.tool("function_call") != nil && Fixture.catalog.tool("make_plan") != nil)
    #expect(names.contains("compute_tax") && names.contains("model") && names.contains("receipt_ocr"))
    for name in ["function_call", "make_plan", "write_answer", "verify_result", "model_list"] {
      #expect(!names.contains(name))
    }
  }

  @Test func `an umbrella stays while one of its functions is no tool itself`() {
    let rest = Fixture.catalog.keeping { $0.name != "compute_tax" }.forPlans()
    #expect(rest.tool("function_call") != nil)
  }

  @Test func `each provider gets the form that it takes`() {
    let tool = CatalogTool(
      name: "add",
      description: "Adds.",
      input: ["type": "object", "properties": ["a": ["type": "number"]], "required": ["a"]]
    )
    let catalog = ToolCatalog(source: "test", tools: [tool])
    #expect(
      catalog.exported(as: .openAI) == [
        ["type": "function", "function": ["name": "add", "description": "Adds.", "parameters": tool.input]]
      ]
    )
    #expect(catalog.exported(as: .anthropic) == [["name": "add", "description": "Adds.", "input_schema": tool.input]])
    #expect(
      catalog.exported(as: .gemini) == [
        ["functionDeclarations": [["name": "add", "description": "Adds.", "parametersJsonSchema": tool.input]]]
      ]
    )
    #expect(catalog.exported(as: .compact) == ["add(a: number) -> any  # Adds"])
    #expect(ToolCatalog(source: "none", tools: []).exported(as: .openAI) == [])
  }

  @Test func `lines of a prompt take far fewer tokens than any provider's form, although they tell the outputs too`() {
    let catalog = Fixture.catalog.forPlans()
    for catalog in [catalog, Fixture.receipts] {
      let compact = catalog.tokens(as: .compact)
      for form in [ToolCatalog.Form.openAI, .anthropic, .gemini] {
        #expect(Double(compact) < 0.5 * Double(catalog.tokens(as: form)), "\(form): \(catalog.tokens(as: form))")
      }
      #expect(Double(compact) < 0.3 * Double(catalog.schemaTokens()))
    }
  }
}
