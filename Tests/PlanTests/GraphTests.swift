import JSON
import Plan
import Testing
import Wire

@Suite struct `The graph of a plan` {
  /// A plan of steps `0`, `1`, … with these dependencies.
  static func source(_ dependencies: [[Int]]) -> JSON {
    [
      "steps": .array(
        dependencies.enumerated().map { index, others in
          ["id": .string("\(index)"), "tool": "t", "depends_on": .array(others.map { .string("\($0)") })]
        }
      )
    ]
  }

  private func graph(_ dependencies: [[Int]]) throws -> PlanGraph {
    try Plan(decoding: Self.source(dependencies)).graph
  }

  @Test func `steps that can run in the plan's order do`() throws {
    let graph = try graph([[], [0], [], [1, 2], []])
    #expect(graph.order == [0, 1, 2, 3, 4])
    #expect(graph.levels == [[0, 2, 4], [1], [3]])
    #expect(graph.dependents == [[1], [3], [3], [], []])
    #expect(graph.dependencies == [[], [0], [], [1, 2], []])
  }

  @Test func `a step comes right behind what it waits for`() throws {
    let graph = try graph([[4], [], [0], [], [3]])
    #expect(graph.order == [3, 4, 0, 1, 2])
    #expect(graph.levels == [[1, 3], [4], [0], [2]])
  }

  @Test func `downstream is everything that waits, however indirectly`() throws {
    let graph = try graph([[], [0], [1], [], [2, 3]])
    #expect(graph.downstream(of: 0) == [1, 2, 4])
    #expect(graph.downstream(of: 3) == [4])
    #expect(graph.downstream(of: 4) == [])
    #expect(graph.downstream(of: 99) == [])
  }

  @Test(
    arguments: [
      ([[1], [0]], ["steps depend on each other: 0 → 1 → 0"], ["/steps/0"]),
      ([[1], [2], [0]], ["steps depend on each other: 0 → 1 → 2 → 0"], ["/steps/0"]),
      ([[], [2], [3, 0], [1], [3]], ["steps depend on each other: 1 → 2 → 3 → 1"], ["/steps/1"]),
      (
        [[1], [0], [3], [2]], ["steps depend on each other: 0 → 1 → 0", "steps depend on each other: 2 → 3 → 2"],
        ["/steps/0", "/steps/2"]
      ),
      ([[1], [2], [0, 3], [2]], ["steps depend on each other: 0 → 1 → 2 → 0, and 1 more step"], ["/steps/0"]),
      ([[2, 1], [0], [1]], ["steps depend on each other: 0 → 1 → 0, and 1 more step"], ["/steps/0"]),
    ] as [([[Int]], [String], [String])]
  )
  func `a cycle is named once, in order`(_ dependencies: [[Int]], _ messages: [String], _ paths: [String]) {
    let found = errors(Self.source(dependencies))
    #expect(found.allSatisfy { $0.name == .cycle })
    #expect(found.map(\.message) == messages)
    #expect(found.map(\.path) == paths)
  }

  @Test func `a cycle through references is found`() throws {
    let found = try errors(
      #"{"steps":[{"id":"a","tool":"t","input":{"x":"step:b"}},{"id":"b","tool":"t","when":{"value":"step:a","exists":true}}]}"#
    )
    #expect(found.map(\.message) == ["steps depend on each other: a → b → a"])
  }

  /// Against a simple definition, over many small random graphs.
  @Test func `orders and cycles agree with their definitions`() {
    var random = Random(state: 42)
    var acyclic = 0
    for _ in 0..<3_000 {
      let count = 1 + random.below(7)
      let dependencies = (0..<count).map { step in
        (0..<count).filter { $0 != step && random.below(5) == 0 }
      }
      var reaches = dependencies.map(Set.init)
      for _ in 0..<count {
        for step in 0..<count { for other in reaches[step] { reaches[step].formUnion(reaches[other]) } }
      }
      let cyclic = (0..<count).filter { reaches[$0].contains($0) }
      let components = Set(
        cyclic.map { step in Set(cyclic.filter { reaches[step].contains($0) && reaches[$0].contains(step) }) }
      )
      let source = Self.source(dependencies)
      guard let plan = try? Plan(decoding: source) else {  // Safety: the errors are looked at.
        let found = errors(source)
        #expect(found.count == components.count && found.allSatisfy { $0.name == .cycle })
        #expect(Set(found.map(\.path)) == Set(components.compactMap { $0.min() }.map { "/steps/\($0)" }))
        continue
      }
      acyclic += 1
      #expect(cyclic.isEmpty)
      let position = Dictionary(uniqueKeysWithValues: plan.graph.order.enumerated().map { ($1, $0) })
      #expect(position.count == count)
      for (step, others) in dependencies.enumerated() {
        for other in others { #expect((position[other] ?? count) < (position[step] ?? -1)) }
        #expect(plan.graph.downstream(of: step) == Set((0..<count).filter { reaches[$0].contains(step) }))
      }
      let level = Dictionary(uniqueKeysWithValues: plan.graph.levels.enumerated().flatMap { l, s in s.map { ($0, l) } })
      for step in 0..<count {
        #expect(level[step] == (dependencies[step].compactMap { level[$0] }.max().map { $0 + 1 } ?? 0))
      }
    }
    #expect(acyclic > 500 && acyclic < 2_900)
  }

  @Test func `a drawing for Graphviz`() throws {
    let plan = try plan(
      #"""
      {"steps":[{"id":"a","tool":"get"},{"id":"b","tool":"parse","input":{"x":"step:a"},"when":{"value":"step:a","exists":true}},
       {"id":"c","tool":"sum","for_each":"step:b","retry":{"max_attempts":3}}]}
      """#
    )
    #expect(
      plan.graph.dot(plan) == #"""
        digraph plan {
          rankdir=LR;
          node [shape=box];
          "a" [label="a\nget"];
          "b" [label="b\nparse\nconditional", style=dashed];
          "c" [label="c\nsum\nfor each, up to 3 attempts"];
          "a" -> "b";
          "b" -> "c";
        }

        """#
    )
  }

  @Test func `a drawing for the terminal`() throws {
    let plan = try plan(
      #"""
      {"steps":[{"id":"ocr","tool":"receipt_ocr"},{"id":"rates","tool":"http"},
       {"id":"parse","tool":"parser","input":{"x":"step:ocr"},"when":{"value":"step:ocr","exists":true}},
       {"id":"total","tool":"sum","for_each":[1,2],"depends_on":["parse","rates"]}]}
      """#
    )
    #expect(
      plan.graph.terminal(plan, mark: { $0 == 0 ? "✔ " : "· " }) == [
        "1 ┬ ✔ ocr    receipt_ocr", "  └ · rates  http", "2 ─ · parse  parser       ← ocr  (conditional)",
        "3 ─ · total  sum          ← rates, parse  (× 2)",
      ]
    )
    #expect(plan.graph.terminal(plan, width: 20)[2] == "2 ─ parse  parser  …")
  }
}

/// A small generator with a seed, so that a failure can be repeated.
struct Random {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % bound
  }
}
