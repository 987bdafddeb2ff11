internal import JSON

/// A plan made by chance, and what must come out of each of its steps.
struct Submission {
  let id: String
  let plan: JSON
  let priority: Int64
  let deadlineMS: Int64?
  let isPaused: Bool
  /// By step: the value, or with `for_each` the values of its items.
  let expected: [String: [Int64]]
  /// Tools by step.
  let tools: [String: String]
  /// Steps that run once for each item.
  let lists: Set<String>
}

/// Makes plans: chains, fans and anything between, with all that can go wrong on purpose.
struct Workload {
  static let modulus: Int64 = 1_000_003
  private var random: SeededRandom
  private let hasSandbox: Bool
  private var count = 0

  init(seed: UInt64, hasSandbox: Bool) {
    random = SeededRandom(seed: seed)
    self.hasSandbox = hasSandbox
  }

  mutating func next() -> Submission {
    count += 1
    var steps: [JSON] = []
    var expected: [String: [Int64]] = [:]
    var tools: [String: String] = [:]
    var lists: Set<String> = []
    for index in 0..<Int.random(in: 1...9, using: &random) {
      let id = "s\(index)"
      let tool = tool()
      let add = Int64.random(in: 1..<1_000_000, using: &random)
      var sum = add % Self.modulus
      var parts: [JSON] = []
      for other in 0..<index where random.chance(index < 3 ? 60 : 30) && tools["s\(other)"] != "bash" {
        let name = "s\(other)"
        parts.append(.string("step:\(name)#\(lists.contains(name) ? "/0" : "")/value"))
        sum = (sum + expected[name]![0]) % Self.modulus
      }
      tools[id] = tool
      var step: JSONObject = ["id": .string(id), "tool": .string(tool)]
      if tool == "bash" {
        step["input"] = ["command": .string("sleep 0.0\(Int.random(in: 1...6, using: &random)); echo \(add)")]
        if index > 0, random.chance(50) { step["depends_on"] = [.string("s\(index - 1)")] }
        expected[id] = []
      } else {
        var input: JSONObject = ["add": .integer(add), "sleep_ms": .integer(Int64.random(in: 0...25, using: &random))]
        if !parts.isEmpty { input["of"] = .array(parts) }
        if tool == "count", random.chance(12) {
          input["fail_first"] = .integer(Int64.random(in: 1...3, using: &random))
        }
        expected[id] = [(sum + (Self.nested[tool] ?? 0) * add) % Self.modulus]
        if tool == "count" || tool == "once" || tool == "asked", random.chance(15) {
          let items = (0..<Int64.random(in: 1...7, using: &random)).map { $0 * 1_000 }
          let rest = (sum - add % Self.modulus + Self.modulus) % Self.modulus
          input["add"] = "item:value"
          input["fail_first"] = nil
          expected[id] = items.map { ($0 + rest) % Self.modulus }
          step["for_each"] = ["in": .array(items.map { .integer($0) }), "concurrency": random.chance(50) ? 2 : 8]
          lists.insert(id)
        }
        step["input"] = .object(input)
      }
      step["on_unknown"] = random.chance(50) ? "fail" : "wait"
      if random.chance(20) { step["on_failure"] = "skip" }
      if tool == "count" || Self.nested[tool] != nil {
        step["retry"] = ["max_attempts": 3, "backoff_ms": .integer(random.chance(50) ? 2 : 40)]
      }
      steps.append(.object(step))
    }
    return Submission(
      id: "job.\(count)",
      plan: ["steps": .array(steps)],
      priority: Int64.random(in: 0...9, using: &random),
      deadlineMS: random.chance(4) ? Int64.random(in: 20...600, using: &random) : nil,
      isPaused: random.chance(4),
      expected: expected,
      tools: tools,
      lists: lists
    )
  }

  /// How often a tool has others add the same number: `nest` twice, `deep` through `nest` three times, `delegate` once.
  private static let nested: [String: Int64] = ["nest": 2, "deep": 3, "delegate": 1]

  private mutating func tool() -> String {
    switch Int.random(in: 0..<100, using: &random) {
    case ..<37: "count"
    case ..<60: "once"
    case ..<67: "asked"
    case ..<70: "delegate"
    case ..<78: "pure"
    case ..<87: "nest"
    case ..<90: "deep"
    case ..<94: "breed"
    default: hasSandbox ? "bash" : "count"
    }
  }
}
