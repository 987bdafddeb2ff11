import JSON
import Testing
import Wire

@Suite(.serialized) struct ExecutorTests {
  /// The output as text, so that the places behind the point count too.
  static func run(_ name: String, _ arguments: String, on bench: ToolBench) throws -> ToolBench.Answer {
    try bench.call("function_call", ["name": .string(name), "args": try JSON(parsing: arguments)])
  }

  @Test(arguments: [
    (
      "compute_tax", #"{"amount": 100.0, "tax_rate": 0.08}"#,
      #"{"amount":100.00,"tax_rate":0.08,"tax":8.00,"total":108.00}"#
    ),
    // In binary floating point 1.005 × 0.5 is below the half, and 0.1 + 0.2 is not 0.3.
    (
      "compute_tax", #"{"amount": 2.01, "tax_rate": 0.5}"#,
      #"{"amount":2.01,"tax_rate":0.5,"tax":1.01,"total":3.02}"#
    ),
    (
      "compute_tax", #"{"amount": 2.01, "tax_rate": 0.5, "rounding": "half_even"}"#,
      #"{"amount":2.01,"tax_rate":0.5,"tax":1.00,"total":3.01}"#
    ),
    (
      "compute_tax", #"{"amount": 999999999999999.99, "tax_rate": 0.1}"#,
      #"{"amount":999999999999999.99,"tax_rate":0.1,"tax":100000000000000.00,"total":1099999999999999.99}"#
    ),
    (
      "compute_tax", #"{"amount": 1234, "tax_rate": 0.1, "currency": "JPY"}"#,
      #"{"amount":1234,"tax_rate":0.1,"tax":123,"total":1357}"#
    ),
    (
      "compute_tax", #"{"amount": -10, "tax_rate": 0.0025, "currency": "KWD"}"#,
      #"{"amount":-10.000,"tax_rate":0.0025,"tax":-0.025,"total":-10.025}"#
    ),
    (
      "apply_discount", #"{"amount": 19.99, "discount_percent": 15}"#,
      #"{"amount":19.99,"discount_percent":15,"discount":3.00,"total":16.99}"#
    ),
    (
      "apply_discount", #"{"amount": 0.1, "discount_percent": 100, "digits": 4}"#,
      #"{"amount":0.1000,"discount_percent":100,"discount":0.1000,"total":0.0000}"#
    ),
    (
      "merge_items",
      #"{"items": [{"name": "tea", "price": 0.1}, {"name": "bun", "price": 1.25, "quantity": 0.333, "category": "food"}],"#
        + #" "more": [[{"name": "tea", "price": 0.2, "quantity": 1}]]}"#,
      #"{"items":[{"name":"tea","category":null,"count":2,"quantity":2,"total":0.30},"#
        + #"{"name":"bun","category":"food","count":1,"quantity":0.333,"total":0.42}],"count":2,"quantity":2.333,"total":0.72}"#
    ),
    (
      "filter_items_by_category",
      #"{"category": "food", "items": [{"name": "a", "price": 1.50, "category": "food", "sku": 7},"#
        + #" {"name": "b", "price": 2, "category": "Food"}, {"name": "c", "price": 3}]}"#,
      #"{"category":"food","items":[{"name":"a","price":1.50,"category":"food","sku":7}],"count":1,"quantity":1,"total":1.50}"#
    ),
    (
      "filter_items_by_category",
      #"{"category": "FOOD", "ignore_case": true, "items": [{"name": "b", "price": 2, "category": "Food"}]}"#,
      #"{"category":"FOOD","items":[{"name":"b","price":2,"category":"Food"}],"count":1,"quantity":1,"total":2.00}"#
    ),
    (
      "compute_item_statistics",
      #"{"items": [{"name": "a", "price": 10, "category": "x"}, {"name": "b", "price": 5, "quantity": 2}, {"name": "c", "price": 0.01}]}"#,
      #"{"count":3,"quantity":4,"total":20.01,"average":6.67,"minimum":0.01,"maximum":10.00,"by_category":["#
        + #"{"category":"x","count":1,"quantity":1,"total":10.00,"share_percent":49.98},"#
        + #"{"category":null,"count":2,"quantity":3,"total":10.01,"share_percent":50.02}]}"#
    ),
    (
      // As line_item_parser gives them: the price is the line's.
      "compute_item_statistics",
      #"{"items": [{"name": "a", "price": 12.90, "quantity": 2, "unit_price": 6.45}, {"name": "b", "price": 3, "quantity": 3, "unit_price": null}]}"#,
      #"{"count":2,"quantity":5,"total":15.90,"average":7.95,"minimum":3.00,"maximum":12.90,"by_category":["#
        + #"{"category":null,"count":2,"quantity":5,"total":15.90,"share_percent":100.00}]}"#
    ),
    (
      "compute_item_statistics", #"{"items": []}"#,
      #"{"count":0,"quantity":0,"total":0.00,"average":null,"minimum":null,"maximum":null,"by_category":[]}"#
    ),
  ])
  func `a function computes in decimals, exactly`(_ name: String, _ arguments: String, _ output: String) throws {
    let bench = try ToolBench("executor")
    let answer = try Self.run(name, arguments, on: bench)
    #expect(answer.error == nil)
    #expect(answer.output.description == output)
    // The same as a tool of its own.
    #expect(try bench.call(name, try JSON(parsing: arguments)).output.description == output)
    try bench.end()
  }

  @Test(arguments: [
    (
      "compute_tax", #"{"amount": {"total": 5}, "tax_rate": 0.08}"#, "/amount",
      "'/amount' is an object where a number is due"
    ),
    ("compute_tax", #"{"amount": "100", "tax_rate": 0.08}"#, "/amount", "'/amount' is a string where a number is due"),
    ("compute_tax", #"{"amount": 100}"#, "", "missing member 'tax_rate'"),
    ("compute_tax", #"{"amount": 1, "tax_rate": 8}"#, "/tax_rate", "'/tax_rate' is 8 where at most 1 is due"),
    ("compute_tax", #"{"amount": 1e999999999, "tax_rate": 0}"#, "/amount", "1000000000000000"),
    ("compute_tax", #"{"amount": 1e-999999999, "tax_rate": 0}"#, "/amount", "multiple"),
    ("compute_tax", #"{"amount": 1, "tax_rate": 0, "roundin": "half_up"}"#, "/roundin", "did you mean 'rounding'?"),
    ("compute_tax", #"{"amount": 1, "tax_rate": 0, "rounding": "down"}"#, "/rounding", "half_even"),
    ("compute_tax", #"{"amount": 1, "tax_rate": 0, "currency": "euro"}"#, "/currency", "[A-Z]"),
    ("apply_discount", #"{"amount": 1, "discount_percent": 101}"#, "/discount_percent", "at most 100"),
    ("merge_items", #"{"items": [{"name": "a", "price": 1}, {"name": "b"}]}"#, "/items/1", "missing member 'price'"),
    ("merge_items", #"{"items": [{"name": "a", "price": 1, "quantity": -1}]}"#, "/items/0/quantity", "at least 0"),
    (
      "filter_items_by_category", #"{"items": "step:a", "category": "x"}"#, "/items",
      "is a string where an array is due"
    ),
  ])
  func `wrong arguments are refused with their path and what was due`(
    _ name: String,
    _ arguments: String,
    _ path: String,
    _ message: String
  ) throws {
    let bench = try ToolBench("executor")
    let answer = try Self.run(name, arguments, on: bench)
    #expect(answer.error?.name == .invalidInput)
    #expect(answer.violations.count == 1)
    #expect(
      answer.violations["/args" + path]?.contains(message.replacing("'/", with: "'/args/")) == true,
      "\(answer.violations)"
    )
    let direct = try bench.call(name, try JSON(parsing: arguments))
    #expect(direct.error?.name == .invalidInput)
    #expect(direct.violations[path]?.contains(message) == true, "\(direct.violations)")
    try bench.end()
  }

  @Test func `an unknown function is refused with those that there are`() throws {
    let bench = try ToolBench("executor")
    let answer = try Self.run("compute_taxes", "{}", on: bench)
    #expect(answer.error?.name == .invalidInput)
    #expect(answer.violations["/name"]?.contains("compute_tax") == true)
    #expect(try bench.call("function_call", ["name": "compute_tax"]).violations[""]?.contains("args") == true)
    try bench.end()
  }

  @Test func `every mistake is told at once`() throws {
    let bench = try ToolBench("executor")
    let answer = try Self.run("compute_tax", #"{"amount": "a", "tax_rate": "b", "x": 1}"#, on: bench)
    #expect(Set(answer.violations.keys) == ["/args/amount", "/args/tax_rate", "/args/x"])
    try bench.end()
  }

  @Test func `the functions are offered as pure tools whose outputs may be kept`() throws {
    let bench = try ToolBench("executor")
    let names = [
      "function_call", "compute_tax", "apply_discount", "merge_items", "filter_items_by_category",
      "compute_item_statistics",
    ]
    for name in names {
      let tool = try #require(bench.tool(name))
      #expect(tool.isPure && tool.isIdempotent)
      #expect(tool.cacheTTLMS == 86_400_000)
    }
    // To ask a person is nothing that has the same answer again.
    #expect(bench.tools == Set(names + ["ask_person"]))
    let question = try #require(bench.tool("ask_person"))
    #expect(question.needsApproval && !question.isPure)
    try bench.end()
  }

  @Test func `a plan is checked before the outputs that it refers to are there`() throws {
    let bench = try ToolBench("executor")
    let schema = try JSONSchema(try #require(bench.tool("function_call")?.inputSchema))
    func mistakes(_ name: JSON, _ args: JSON) -> [String: String] {
      let found = schema.violations(inPartial: ["name": name, "args": args])
      return Dictionary(found.map { ($0.path, $0.message) }) { $1 }
    }
    #expect(mistakes("compute_tax", ["amount": .hole(.anything), "tax_rate": 0.08]) == [:])
    #expect(mistakes("merge_items", ["items": .hole(.anything), "more": [.hole(.anything)]]) == [:])
    #expect(mistakes("compute_tax", ["amount": .hole(.text), "tax_rate": 0.08]).keys.contains("/args/amount"))
    #expect(mistakes("compute_tax", ["amount": .hole(.anything), "tax_rate": 8]).keys.contains("/args/tax_rate"))
    #expect(mistakes("compute_tax", ["amuont": .hole(.anything), "tax_rate": 0]).keys.contains("/args/amuont"))
    #expect(mistakes("compute_taxes", .hole(.anything)).keys.contains("/name"))
    try bench.end()
  }

  @Test func `a hundred thousand items are added up, one more is refused`() throws {
    let bench = try ToolBench("executor")
    let items = [JSON](repeating: ["name": "a", "price": 0.1], count: 100_000)
    let answer = try bench.call("compute_item_statistics", ["items": .array(items)])
    #expect(answer.output["total"]?.description == "10000.00")
    #expect(
      try bench.call("compute_item_statistics", ["items": .array(items + [items[0]])]).error?.name == .invalidInput
    )
    try bench.end()
  }
}
