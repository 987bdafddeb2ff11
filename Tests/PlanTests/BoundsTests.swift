import JSON
import Plan
import Testing
import Wire

@Suite struct `Bounds of plans` {
  private func steps(_ count: Int, _ more: (Int) -> [(String, JSON)] = { _ in [] }) -> JSON {
    ["steps": .array((0..<count).map { .object(JSONObject([("id", .string("s\($0)")), ("tool", "t")] + more($0))) })]
  }

  @Test func `a plan has as many steps as the limit says and not one more`() throws {
    #expect(try Plan(decoding: steps(Limit.steps)).steps.count == Limit.steps)
    let found = errors(steps(Limit.steps + 1))
    #expect(found.map(\.name) == [.tooManySteps] && found[0].path == "/steps")
    #expect(found[0].message == "10001 steps exceed the limit of 10000")
  }

  @Test func `for_each takes as many items as the limit says and not one more`() throws {
    func listed(_ count: Int) -> JSON {
      steps(1) { _ in [("for_each", .array((0..<count).map { .integer(Int64($0)) }))] }
    }
    let step = try Plan(decoding: listed(Limit.fanOut)).steps[0]
    #expect(try step.forEach?.elements(scope([:])).count == Limit.fanOut)
    #expect(errors(listed(Limit.fanOut + 1)).map { "\($0.path) \($0.name)" } == ["/steps/0/for_each limit_exceeded"])
    let referred = try Plan(decoding: steps(2) { $0 == 0 ? [("for_each", "step:s1")] : [] }).steps[0]
    let items = JSON.array(.init(repeating: 1, count: Limit.fanOut))
    #expect(try referred.forEach?.elements(scope([1: items])).count == Limit.fanOut)
    let more = JSON.array(.init(repeating: 1, count: Limit.fanOut + 1))
    let error = thrown { () throws(WireError) in try referred.forEach?.elements(scope([1: more])) }
    #expect(error?.name == .limitExceeded)
    func maximum(_ count: Int) -> JSON { steps(1) { _ in [("for_each", ["in": [], "max": .integer(Int64(count))])] } }
    #expect(try Plan(decoding: maximum(Limit.fanOut)).steps[0].forEach?.maxItems == Limit.fanOut)
    #expect(errors(maximum(Limit.fanOut + 1)).map(\.path) == ["/steps/0/for_each/max"])
    #expect(errors(maximum(0)).map(\.path) == ["/steps/0/for_each/max"])
  }

  @Test func `an id has as many bytes as the limit says and not one more`() throws {
    func named(_ count: Int) -> JSON {
      ["steps": [["id": .string(String(repeating: "x", count: count)), "tool": "t"]]]
    }
    #expect(try Plan(decoding: named(128)).steps.count == 1)
    #expect(errors(named(129)).map(\.path) == ["/steps/0/id"])
  }

  @Test func `texts of a plan are bounded`() throws {
    func described(_ count: Int) -> JSON {
      ["description": .string(String(repeating: "x", count: count)), "steps": [["id": "a", "tool": "t"]]]
    }
    #expect(try Plan(decoding: described(Limit.descriptionBytes)).description?.utf8.count == Limit.descriptionBytes)
    #expect(errors(described(Limit.descriptionBytes + 1)).map(\.name) == [.limitExceeded])
    func requested(_ count: Int) -> JSON {
      ["request_id": .string(String(repeating: "x", count: count)), "steps": [["id": "a", "tool": "t"]]]
    }
    #expect(try Plan(decoding: requested(Limit.idBytes)).requestID?.utf8.count == Limit.idBytes)
    #expect(errors(requested(Limit.idBytes + 1)).map(\.path) == ["/request_id"])
  }

  @Test func `references are bounded`() throws {
    func referring(_ count: Int) -> JSON {
      let text = String(repeating: "{{step:b}}", count: count)
      return ["steps": [["id": "a", "tool": "t", "input": ["x": .string(text)]], ["id": "b", "tool": "t"]]]
    }
    #expect(try Plan(decoding: referring(PlanLimit.references)).steps[0].input.references.count == 1)
    #expect(errors(referring(PlanLimit.references + 1)).map(\.name) == [.limitExceeded])
  }

  @Test func `patterns are bounded`() throws {
    func patterns(_ count: Int, _ bytes: Int) -> JSON {
      steps(count) { i in
        let pattern = String(repeating: "x", count: bytes - 6) + String(100_000 + i)
        return [("when", ["value": 1, "matches": .string(pattern)])]
      }
    }
    #expect(try Plan(decoding: patterns(PlanLimit.patternBytes / 4_096, 4_096)).steps.count == 64)
    #expect(errors(patterns(PlanLimit.patternBytes / 4_096 + 1, 4_096)).map(\.path) == ["/steps/64/when/matches"])
    // The same pattern again costs nothing.
    let same = steps(200) { _ in [("when", ["value": 1, "matches": .string(String(repeating: "x", count: 4_096))])] }
    #expect(try Plan(decoding: same).steps.count == 200)
  }

  @Test func `an input is as deep as a message can carry`() throws {
    func nested(_ depth: Int, _ inner: JSON) -> JSON {
      var value = inner
      for _ in 1..<depth { value = [value] }
      return ["steps": [["id": "a", "tool": "t", "input": ["x": value]], ["id": "b", "tool": "t"]]]
    }
    #expect(try Plan(decoding: nested(PlanLimit.inputDepth, 1)).steps.count == 2)
    #expect(errors(nested(PlanLimit.inputDepth + 1, 1)).map(\.name) == [.limitExceeded])
    let step = try Plan(decoding: nested(PlanLimit.inputDepth - 1, "step:b")).steps[0]
    #expect(try step.input.resolve(scope([1: [1]]))["x"] != nil)
    let error = thrown { () throws(WireError) in try step.input.resolve(scope([1: [[1]]])) }
    #expect(error?.name == .limitExceeded && error?.data["limit"] == "depth")
  }

  @Test func `references do not unfold into more than an input can hold`() throws {
    let output = JSON.string(String(repeating: "x", count: 1_000_000))
    func input(_ text: String) throws -> Template { try step(input: text).input }
    let four = #"{"a":["step:a","step:a","step:a","step:a"]}"#
    #expect(try input(four).resolve(scope([1: output]))["a"]?.arrayValue?.count == 4)
    for text in [
      #"{"a":["step:a","step:a","step:a","step:a","step:a"]}"#,
      #"{"a":"{{step:a}}{{step:a}}{{step:a}}{{step:a}}{{step:a}}"}"#,
      #"{"a":"{{step:a}}{{step:a}}{{step:a}}","b":[{"c":"step:a"},"step:a"]}"#,
    ] {
      let template = try input(text)
      let error = thrown { () throws(WireError) in try template.resolve(scope([1: output])) }
      #expect(error?.name == .limitExceeded && error?.data["limit"] == "input_bytes")
    }
    let plan = try Plan(decoding: [
      "steps": steps(5)["steps"] ?? nil, "final_synthesis": ["prompt_template": "{{steps}}"],
    ])
    let prompt = try #require(plan.finalSynthesis?.promptTemplate)
    #expect(try prompt.resolve(scope([0: output, 2: output, 3: output])).utf8.count > 3_000_000)
    let error = thrown { () throws(WireError) in try prompt.resolve(Scope(output: { _ in output })) }
    #expect(error?.name == .limitExceeded)
  }

  @Test func `a chain of ten thousand steps, in and against the plan's order, and its cycle`() throws {
    let count = Limit.steps
    let forward = try Plan(decoding: steps(count) { $0 > 0 ? [("depends_on", [.string("s\($0 - 1)")])] : [] })
    #expect(forward.graph.order == Array(0..<count) && forward.graph.levels.count == count)
    #expect(forward.graph.downstream(of: 0).count == count - 1)
    let backward = try Plan(
      decoding: steps(count) { $0 < count - 1 ? [("input", ["x": .string("step:s\($0 + 1)")])] : [] }
    )
    #expect(backward.graph.order == Array((0..<count).reversed()))
    let found = errors(steps(count) { [("depends_on", [.string("s\(($0 + 1) % count)")])] })
    #expect(found.map(\.name) == [.cycle])
    #expect(found[0].message.hasSuffix("s18 → s19 → … (10000 steps in all) → s0"))
  }

  @Test func `ten thousand steps around one`() throws {
    let count = Limit.steps
    let all = JSON.array((1..<count).map { .string("s\($0)") })
    let plan = try Plan(decoding: steps(count) { $0 == 0 ? [("depends_on", all)] : [] })
    #expect(plan.graph.levels.map(\.count) == [count - 1, 1])
  }

  @Test func `many long names and many mistakes cost no seconds`() {
    let name = String(repeating: "n", count: 120)
    let source: JSON = [
      "steps": .array(
        (0..<9_000).map { i in
          ["id": .string(name + "\(i)"), "tool": "t", "depends_on": [.string(name + "x\(i)")]]
        }
      )
    ]
    let clock = ContinuousClock()
    let start = clock.now
    let found = errors(source)
    #expect(found.count == 101 && found.last?.message == "8900 more mistakes")
    #expect(clock.now - start < .seconds(20))
  }

  @Test(arguments: ["{{step:", "{{", "{{ ", "\\{{", "{{{", "{{step:a{{", "{{a   }}", "}}{{", "\\", "{{step:a#/", "{"])
  func `a text of nothing but beginnings is read in linear time`(_ part: String) throws {
    let text =
      String(repeating: part, count: 1_000_000 / part.utf8.count) + String(repeating: " ", count: 100_000) + "}}"
    let clock = ContinuousClock()
    let start = clock.now
    _ = errors(["steps": [["id": "a", "tool": "t", "input": ["x": .string(text)]]]])
    #expect(clock.now - start < .seconds(30))
  }
}
