import JSON
import Plan
import Testing
import Wire

@Suite struct `Checking a plan against tools` {
  static func tool(_ input: String, _ output: String? = nil) throws -> PlanTool {
    PlanTool(
      inputSchema: try JSONSchema(json(input)),
      outputSchema: try output.map { try JSONSchema(json($0)) }
    )
  }

  /// `path name: message` for each mistake.
  private func check(_ text: String, _ tools: [String: PlanTool]) throws -> [String] {
    try plan(text).check({ tools[$0] }, knownTools: tools.keys.sorted()).map { "\($0.path) \($0.name): \($0.message)" }
  }

  private static let tax = #"""
    {"type":"object","properties":{"amount":{"type":"number","minimum":0},"rate":{"type":"number","maximum":1},
     "note":{"type":"string","maxLength":5},"mode":{"enum":["net","gross"]}},
     "required":["amount","rate"],"additionalProperties":false}
    """#

  @Test func `a tool that nobody offers is named with the nearest one`() throws {
    let tools = ["compute_tax": try Self.tool("{}"), "http_get": try Self.tool("{}")]
    let found = try check(
      #"{"steps":[{"id":"a","tool":"compute_tx"},{"id":"b","tool":"http_get"},{"id":"c","tool":"zzz"}]}"#,
      tools
    )
    #expect(
      found == [
        "/steps/0/tool unknown_tool: no worker offers the tool 'compute_tx' (did you mean 'compute_tax'?)",
        "/steps/2/tool unknown_tool: no worker offers the tool 'zzz'",
      ]
    )
  }

  @Test func `each tool is asked for once`() throws {
    let plan = try plan(#"{"steps":[{"id":"a","tool":"t"},{"id":"b","tool":"t"},{"id":"c","tool":"u"}]}"#)
    var asked: [String] = []
    _ = plan.check(
      { name in
        asked.append(name)
        return nil
      },
      knownTools: []
    )
    #expect(asked.sorted() == ["t", "u"])
  }

  @Test func `an input without references is checked in full`() throws {
    let found = try check(
      #"{"steps":[{"id":"a","tool":"tax","input":{"amount":-1,"rate":"x","mode":"both","nte":1}}]}"#,
      ["tax": try Self.tool(Self.tax)]
    )
    #expect(
      found
        == [
          "/steps/0/input/amount invalid_input: input of step 'a': '/amount' is -1 where at least 0 is due",
          "/steps/0/input/rate invalid_input: input of step 'a': '/rate' is a string where a number is due",
          #"/steps/0/input/mode invalid_input: input of step 'a': '/mode' is "both" where one of "net", "gross" is due"#,
          "/steps/0/input/nte invalid_input: input of step 'a': unknown member 'nte' (did you mean 'note'?)",
        ]
    )
  }

  @Test func `a reference hides nothing but itself`() throws {
    let found = try check(
      ##"""
      {"steps":[{"id":"x","tool":"any"},
       {"id":"a","tool":"tax","input":{"amount":"step:x#/sum","mode":"step:x","nte":"step:x"}},
       {"id":"b","tool":"tax","input":{"amount":"{{step:x}}","rate":2,"note":"a long text {{step:x}}"}},
       {"id":"c","tool":"tax","input":{"amount":"step:x","rate":"step:x"}},
       {"id":"d","tool":"tax","input":"step:x"},
       {"id":"e","tool":"tax","for_each":"step:x","input":{"amount":"item:value","rate":"item:index","note":"item:index"}}]}
      """##,
      ["tax": try Self.tool(Self.tax), "any": try Self.tool("{}")]
    )
    #expect(
      found == [
        "/steps/1/input/nte invalid_input: input of step 'a': unknown member 'nte' (did you mean 'note'?)",
        "/steps/1/input invalid_input: input of step 'a': missing member 'rate'",
        "/steps/2/input/amount invalid_input: input of step 'b': '/amount' is a string where a number is due",
        "/steps/2/input/rate invalid_input: input of step 'b': '/rate' is 2 where at most 1 is due",
        "/steps/5/input/note invalid_input: input of step 'e': '/note' is a number where a string is due",
      ]
    )
  }

  @Test func `escaped text is checked as what it stands for`() throws {
    let tools = ["t": try Self.tool(#"{"properties":{"x":{"const":"step:a"}}}"#)]
    #expect(try check(#"{"steps":[{"id":"s","tool":"t","input":{"x":"\\step:a"}}]}"#, tools) == [])
  }

  private static let receipt = #"""
    {"type":"object","properties":{"items":{"type":"array","items":{"type":"object",
     "properties":{"price":{"type":"number"}},"additionalProperties":false}},"total":{"type":"string"}},
     "additionalProperties":false}
    """#

  @Test func `a pointer into an output that cannot hold it is found, wherever it stands`() throws {
    let tools = ["ocr": try Self.tool("{}", Self.receipt), "any": try Self.tool("{}")]
    let found = try check(
      ##"""
      {"steps":[{"id":"r","tool":"ocr"},{"id":"free","tool":"any"},
       {"id":"a","tool":"any","input":{"ok":["step:r#/items/0/price","step:r#/total","step:free#/x/y","step:r"],
        "bad":"step:r#/itms","text":"{{step:r#/items/0/prce}}"},"when":{"value":"step:r#/total/x","exists":true}},
       {"id":"b","tool":"any","for_each":"step:r#/items/x"}],
       "final_synthesis":{"prompt_template":"{{step:r#/sum}}"}}
      """##,
      tools
    )
    #expect(
      found == [
        "/steps/2/input/bad dangling_reference: 'step:r#/itms' finds nothing: the output of tool 'ocr' cannot have 'itms' (did you mean 'items'?)",
        "/steps/2/input/text dangling_reference: 'step:r#/items/0/prce' finds nothing: the output of tool 'ocr' cannot have 'prce' in '/items/0' (did you mean 'price'?)",
        "/steps/2/when/value dangling_reference: 'step:r#/total/x' finds nothing: the output of tool 'ocr' cannot have 'x' in '/total'",
        "/steps/3/for_each dangling_reference: 'step:r#/items/x' finds nothing: the output of tool 'ocr' cannot have 'x' in '/items'",
        "/final_synthesis/prompt_template dangling_reference: 'step:r#/sum' finds nothing: the output of tool 'ocr' cannot have 'sum'",
      ]
    )
  }

  @Test func `the output of a step with for_each is a list`() throws {
    let found = try check(
      ##"""
      {"steps":[{"id":"r","tool":"ocr","for_each":[1]},
       {"id":"a","tool":"any","input":{"ok":["step:r#/0/total","step:r"],"name":"step:r#/total","deep":"step:r#/0/sum"}}]}
      """##,
      ["ocr": try Self.tool("{}", Self.receipt), "any": try Self.tool("{}")]
    )
    #expect(
      found == [
        "/steps/1/input/name dangling_reference: 'step:r#/total' finds nothing: the output of step 'r' is a list, one output for each item",
        "/steps/1/input/deep dangling_reference: 'step:r#/0/sum' finds nothing: the output of tool 'ocr' cannot have 'sum'",
      ]
    )
  }

  @Test func `of very many mistakes the first are listed and the rest are counted`() throws {
    let steps = (0..<130).map { JSON.object(["id": .string("s\($0)"), "tool": "no"]) }
    let found = try Plan(decoding: ["steps": .array(steps)]).check({ _ in nil }, knownTools: ["yes"])
    #expect(found.count == 101)
    #expect(found.last == PlanError(path: "", name: .moreErrors, message: "30 more mistakes"))
  }

  @Test func `the seed's plan fits tools that say what they take`() throws {
    let tools = [
      "receipt_ocr": try Self.tool(
        #"{"type":"object","properties":{"image_uri":{"type":"string"}},"required":["image_uri"],"additionalProperties":false}"#
      ),
      "function_call": try Self.tool(
        #"""
        {"type":"object","properties":{"name":{"enum":["compute_tax"]},"args":{"type":"object",
         "properties":{"amount":{"type":"number"},"tax_rate":{"type":"number"}},"required":["amount","tax_rate"]}},
         "required":["name","args"],"additionalProperties":false}
        """#
      ),
    ]
    #expect(try check(`Reading plans`.seed, tools) == [])
  }
}
