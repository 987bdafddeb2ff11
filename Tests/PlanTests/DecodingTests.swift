import JSON
import Plan
import Testing
import Wire

@Suite struct `Reading plans` {
  /// As published with the two-model orchestrator, unchanged.
  static let seed = """
    {
      "request_id": "req-001",
      "steps": [
        {
          "id": "step-1",
          "tool": "receipt_ocr",
          "input": {"image_uri": "https://example.com/receipts/2024-12-receipt.jpg"}
        },
        {
          "id": "step-2",
          "tool": "function_call",
          "input": {
            "name": "compute_tax",
            "args": {"amount": "step:step-1", "tax_rate": 0.08}
          },
          "depends_on": ["step-1"]
        }
      ],
      "final_synthesis": {
        "prompt_template": "Summary:\\n{{steps}}"
      }
    }
    """

  @Test func `the seed's plan loads unchanged`() throws {
    let plan = try plan(Self.seed)
    #expect(plan.requestID == "req-001")
    #expect(plan.steps.map(\.id) == ["step-1", "step-2"])
    #expect(plan.steps.map(\.dependsOn) == [[], [0]])
    #expect(plan.source == (try json(Self.seed)))
    let input = try plan.steps[1].input.resolve(scope([0: 12.50]))
    #expect(input.description == #"{"name":"compute_tax","args":{"amount":12.5,"tax_rate":0.08}}"#)
    let prompt = try plan.finalSynthesis?.promptTemplate.resolve(scope([0: 12.50, 1: ["tax": 1]]))
    #expect(prompt == #"Summary:"# + "\n" + #"{"step-1":12.5,"step-2":{"tax":1}}"#)
  }

  @Test func `members that are absent have their defaults`() throws {
    let step = try plan(#"{"steps":[{"id":"a","tool":"t"}]}"#).steps[0]
    #expect(try step.input.resolve(scope([:])) == [:])
    #expect(step.dependsOn == [] && step.when == nil && step.forEach == nil && step.timeoutMS == nil)
    #expect(step.needs == nil && step.limits == nil && step.isIdempotent == nil && step.description == nil)
    #expect(step.onFailure == .fail && step.onUnknown == .wait && step.onMissingTool == .wait)
    #expect(step.retry == Retry())
    #expect(step.retry.maxAttempts == 1 && step.retry.backoffMS == 1_000 && step.retry.maxBackoffMS == 60_000)
    #expect(step.retry.jitter == 0.2 && step.retry.on == nil)
  }

  @Test func `every member is read`() throws {
    let plan = try plan(
      #"""
      {"request_id":"r","description":"what for","steps":[{"id":"A.b-1_","description":"d","tool":"t","input":{"x":1},
       "depends_on":["z","z"],"when":{"value":"step:y","equals":1},"for_each":{"in":[1,2],"max":3,"concurrency":2},
       "retry":{"max_attempts":5,"backoff_ms":10,"max_backoff_ms":100,"jitter":0,"on":["tool_failed"]},
       "timeout_ms":7,"needs":{"read":["/usr"],"programs":["awk"]},"limits":{"cpu_ms":9},"idempotent":true,
       "on_failure":"continue","on_unknown":"retry","on_missing_tool":"fail"},
       {"id":"y","tool":"t"},{"id":"z","tool":"t"}],"final_synthesis":{"prompt_template":"p {{step:y#/q}}"}}
      """#
    )
    let step = plan.steps[0]
    #expect(plan.description == "what for" && step.id == "A.b-1_" && step.description == "d")
    #expect(step.dependsOn == [1, 2])
    #expect(step.forEach?.maxItems == 3 && step.forEach?.concurrency == 2)
    #expect(try step.forEach?.elements(scope([:])) == [1, 2])
    #expect(step.retry.maxAttempts == 5 && step.retry.backoffMS == 10 && step.retry.maxBackoffMS == 100)
    #expect(step.retry.jitter == 0 && step.retry.on == ["tool_failed"])
    #expect(step.timeoutMS == 7 && step.isIdempotent == true)
    #expect(step.needs?.read == ["/usr"] && step.needs?.programs == ["awk"] && step.limits?.cpuMS == 9)
    #expect(step.onFailure == .continue && step.onUnknown == .retry && step.onMissingTool == .fail)
    #expect(plan.finalSynthesis?.promptTemplate.usesAllSteps == false)
    #expect(plan.finalSynthesis?.promptTemplate.references.map(\.source) == [.step(1)])
    #expect(plan.index(of: "z") == 2 && plan.index(of: "q") == nil)
  }

  @Test(arguments: [
    (#"{"in":"step:a#/k"}"#, #"{"k":[1]}"#), (#""step:a""#, "[1]"), ("[1]", "null"), (#"["step:a"]"#, "1"),
  ])
  func `for_each takes an object, a reference or a list`(_ forEach: String, _ output: String) throws {
    let step = try step(input: "{}", more: #","for_each":\#(forEach)"#)
    #expect(try step.forEach?.elements(scope([1: try json(output)])) == [1])
    #expect(step.forEach?.maxItems == Limit.fanOut && step.forEach?.concurrency == nil)
  }

  @Test func `for_each refuses what is no list, and takes a list that was never made for empty`() throws {
    let step = try step(input: "{}", more: #","for_each":{"in":"step:a","max":2}"#)
    #expect(try step.forEach?.elements(scope([:])) == [])
    #expect(try step.forEach?.elements(scope([1: [1, 2]])) == [1, 2])
    let wrong = thrown { () throws(WireError) in try step.forEach?.elements(scope([1: ["a": 1]])) }
    #expect(wrong?.name == .invalidInput && wrong?.message == "'for_each' is object where array is due")
    #expect(wrong?.data["path"] == "/steps/0/for_each/in")
    let many = thrown { () throws(WireError) in try step.forEach?.elements(scope([1: [1, 2, 3]])) }
    #expect(many?.name == .limitExceeded && many?.data["limit"] == "fan_out" && many?.data["value"] == 3)
  }

  @Test func `references imply dependencies, wherever they stand`() throws {
    let plan = try plan(
      #"""
      {"steps":[{"id":"e","tool":"t","input":{"x":["{{step:d}}"]},"when":{"not":{"value":1,"equals":["step:c"]}},
       "for_each":"step:b","depends_on":["a","b"]},
       {"id":"a","tool":"t"},{"id":"b","tool":"t"},{"id":"c","tool":"t"},{"id":"d","tool":"t"}]}
      """#
    )
    #expect(plan.steps[0].dependsOn == [1, 2, 3, 4])
    #expect(plan.graph.dependencies[0] == [1, 2, 3, 4])
  }
}
