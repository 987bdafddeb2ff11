import JSON
import Plan
import Testing
import Wire

@Suite struct `Conditions` {
  /// Of step 0; step 1 is `a`, step 2 is `b`.
  private func condition(_ text: String) throws -> Condition {
    try #require(try step(input: "{}", more: #","when":\#(text)"#).when)
  }

  private func holds(_ text: String, _ a: String? = nil, _ b: String? = nil) throws -> Bool {
    var outputs: [Int: JSON] = [:]
    if let a { outputs[1] = try json(a) }
    if let b { outputs[2] = try json(b) }
    return try condition(text).evaluate(scope(outputs))
  }

  @Test(arguments: [
    (#""equals":1.0"#, "1", true), (#""equals":"1""#, "1", false), (#""equals":{"x":[1]}"#, #"{"x":[1.0]}"#, true),
    (#""not_equals":1"#, "1e0", false), (#""not_equals":1"#, "2", true), (#""equals":null"#, "null", true),
    (#""in":[1,"x",null]"#, #""x""#, true), (#""in":[1,"x"]"#, #""y""#, false), (#""in":[10.0]"#, "10", true),
    (#""in":[]"#, "1", false),
    (#""contains":"lo w""#, #""hello world""#, true), (#""contains":"""#, #""x""#, true),
    (#""contains":"low""#, #""hello""#, false),
    (#""contains":2"#, "[1,2.0]", true), (#""contains":"2""#, "[1,2]", false), (#""contains":1"#, "null", false),
    (#""matches":"^a+$""#, #""aaa""#, true), (#""matches":"b""#, #""abc""#, true),
    (#""matches":"^b""#, #""abc""#, false),
    (#""matches":"x""#, "null", false), (#""gt":1"#, "1", false), (#""gte":1"#, "1.00", true),
    (#""lt":10"#, "9.99", true),
    (#""lte":9"#, "9.0000000000000000000001", false), (#""gt":9"#, "9.0000000000000000000001", true),
    (#""lt":9007199254740993"#, "9007199254740992", true), (#""gt":-1"#, "-1e-300", true),
    (#""gt":1e400"#, "1e401", true),
    (#""gt":0.1"#, "0.10", false), (#""gte":0.1"#, "0.10", true), (#""gt":0"#, "null", false),
    (#""lt":0"#, "null", false),
    (#""exists":true"#, "0", true), (#""exists":true"#, "null", false), (#""exists":false"#, "null", true),
    (#""exists":false"#, "false", false),
    (#""gt":1,"lt":3"#, "2", true), (#""gt":1,"lt":3"#, "3", false),
  ])
  func `an operator`(_ check: String, _ output: String, _ expected: Bool) throws {
    #expect(try holds(#"{"value":"step:a",\#(check)}"#, output) == expected)
  }

  @Test(arguments: [
    ("a", "a", true), ("aab", "aaab", true), ("abab", "abaabab", true), ("aabaaab", "aabaabaaab", true),
    ("b", "", false),
    ("abc", "ab", false), ("é", "café", true), ("e\u{301}", "caf\u{e9}", false),
  ])
  func `text is looked for by its bytes`(_ part: String, _ text: String, _ expected: Bool) throws {
    let check = JSON.object(["value": "step:a", "contains": .string(part)]).description
    #expect(try holds(check, JSON.string(text).description) == expected)
  }

  @Test func `a hostile text is searched in linear time`() throws {
    let text = String(repeating: "a", count: 2_000_000)
    let part = String(repeating: "a", count: 1_000_000) + "b"
    let when = try condition(#"{"value":"step:a","contains":"step:b"}"#)
    let clock = ContinuousClock()
    let start = clock.now
    #expect(try when.evaluate(scope([1: .string(text), 2: .string(part)])) == false)
    let elapsed = clock.now - start
    #expect(elapsed < .seconds(10))
  }

  @Test func `operands may be references too`() throws {
    #expect(try holds(##"{"value":"step:a#/x","equals":"step:b"}"##, #"{"x":[1]}"#, "[1]"))
    #expect(try holds(#"{"value":5,"in":"step:b"}"#, nil, "[4,5]"))
    #expect(try holds(##"{"value":"{{step:a}}-{{step:b}}","equals":"1-2"}"##, "1", "2"))
    #expect(try holds(#"{"value":"step:a","lt":"step:b"}"#, "1", nil) == false)
    #expect(try holds(#"{"value":1,"in":"step:b"}"#) == false)
  }

  @Test(arguments: [
    (#"{"all":[{"value":1,"equals":1},{"value":2,"equals":2}]}"#, true),
    (#"{"all":[{"value":1,"equals":1},{"value":2,"equals":3}]}"#, false),
    (#"{"any":[{"value":1,"equals":2},{"value":2,"equals":2}]}"#, true), (#"{"any":[{"value":1,"equals":2}]}"#, false),
    (#"{"not":{"value":1,"equals":2}}"#, true),
    (#"{"not":{"any":[{"value":1,"equals":2},{"not":{"all":[{"value":1,"gt":0}]}}]}}"#, true),
  ])
  func `conditions combine`(_ text: String, _ expected: Bool) throws {
    #expect(try holds(text) == expected)
  }

  @Test func `what no longer matters is not looked at`() throws {
    let wrong = #"{"value":"x","gt":1}"#
    #expect(try holds(#"{"any":[{"value":1,"equals":1},\#(wrong)]}"#))
    #expect(try holds(#"{"all":[{"value":1,"equals":2},\#(wrong)]}"#) == false)
  }

  @Test func `exists takes a place that is not there for null, other operators do not`() throws {
    #expect(try holds(##"{"value":"step:a#/x","exists":true}"##, "{}") == false)
    #expect(try holds(##"{"value":"step:a#/x","exists":false}"##, "{}"))
    #expect(try holds(##"{"value":"step:a#/x","exists":true,"gt":3}"##, "{}") == false)
    #expect(try holds(##"{"value":"step:a#/x/y","equals":null}"##))
    let when = try condition(##"{"value":"step:a#/x","equals":1}"##)
    let error = thrown { () throws(WireError) in try when.evaluate(scope([1: [:]])) }
    #expect(error?.name == .invalidInput && error?.data["path"] == "/steps/0/when/value")
  }

  @Test(arguments: [
    (#"{"value":"step:a","gt":1}"#, #""x""#, "/gt", "'/steps/0/when/gt' compares string where number is due"),
    (#"{"value":1,"lt":"step:a"}"#, "{}", "/lt", "'/steps/0/when/lt' compares object where number is due"),
    (#"{"value":1,"in":"step:a"}"#, "5", "/in", "'/steps/0/when/in' has integer where array is due"),
    (
      #"{"value":"step:a","contains":"x"}"#, "5", "/contains",
      "'/steps/0/when/contains' looks into integer where a string or an array is due"
    ),
    (
      #"{"value":"step:a","contains":5}"#, #""5""#, "/contains",
      "'/steps/0/when/contains' looks for integer in a string"
    ),
    (
      #"{"value":"step:a","matches":"x"}"#, "5", "/matches",
      "'/steps/0/when/matches' looks into integer where string is due"
    ),
    (
      #"{"value":"step:a","matches":"^(a+)+$"}"#, #""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!""#,
      "/matches",
      "'/steps/0/when/matches' gave up: pattern '^(a+)+$' takes too many steps"
    ),
  ])
  func `what cannot be compared is an error`(_ text: String, _ output: String, _ path: String, _ message: String) throws
  {
    let when = try condition(text)
    let output = try json(output)
    let error = thrown { () throws(WireError) in try when.evaluate(scope([1: output])) }
    #expect(error?.name == .invalidInput)
    #expect(error?.message == message)
    #expect(error?.data["path"] == .string("/steps/0/when" + path))
  }

  @Test(arguments: [
    (#"true"#, " invalid_value", "'/steps/0/when' is boolean where object is due"),
    (
      #"{"value":1}"#, " missing_member",
      "'/steps/0/when' compares with nothing: one of equals, not_equals, in, contains, matches, gt, gte, lt, lte, exists is due"
    ),
    (#"{"equals":1}"#, "/value missing_member", "missing member 'value' in '/steps/0/when'"),
    (#"{"value":1,"eqals":1,"gt":0}"#, "/eqals unknown_member", "unknown member 'eqals' (did you mean 'equals'?)"),
    (
      #"{"value":1,"any":[],"gt":0}"#, " invalid_value",
      "'value' and 'any' stand beside each other where one of them is due"
    ),
    (
      #"{"not":{"value":1,"gt":0},"equals":1}"#, "/equals unknown_member",
      "'equals' cannot stand beside 'not'"
    ),
    (#"{"all":[]}"#, "/all invalid_value", "'/steps/0/when/all' is empty where at least one condition is due"),
    (#"{"any":{}}"#, "/any invalid_value", "'/steps/0/when/any' is object where array is due"),
    (#"{"value":1,"gt":"x"}"#, "/gt invalid_value", "'/steps/0/when/gt' is string where number is due"),
    (#"{"value":1,"in":5}"#, "/in invalid_value", "'/steps/0/when/in' is integer where array is due"),
    (#"{"value":1,"exists":"yes"}"#, "/exists invalid_value", "'/steps/0/when/exists' is string where boolean is due"),
    (#"{"value":1,"matches":"("}"#, "/matches invalid_value", "'(' is no pattern: missing closing parenthesis"),
    (
      #"{"value":"item:value","gt":0}"#, "/value misplaced_reference",
      "'item:value' refers to an item, but 'when' is decided once, before there are items"
    ),
    (#"{"value":"step:aa","gt":0}"#, "/value dangling_reference", "'step:aa' names no step (did you mean 'a'?)"),
  ])
  func `a mistake`(_ text: String, _ mistake: String, _ message: String) throws {
    let found = try errors(
      #"{"steps":[{"id":"s","tool":"t","when":\#(text),"for_each":[]},{"id":"a","tool":"t"}]}"#
    )
    #expect(found.map { "\($0.path) \($0.name)" } == ["/steps/0/when" + mistake])
    #expect(found.map(\.message) == [message])
  }

  @Test func `nesting and number of tests are bounded`() throws {
    func nested(_ depth: Int) -> String {
      String(repeating: #"{"not":"#, count: depth - 1) + #"{"value":1,"equals":1}"#
        + String(repeating: "}", count: depth - 1)
    }
    #expect(try holds(nested(PlanLimit.conditionDepth)) == false)
    #expect(try errors(#"{"steps":[{"id":"s","tool":"t","when":\#(nested(33))}]}"#).map(\.name) == [.limitExceeded])
    func wide(_ count: Int) -> String {
      #"{"any":["# + (0..<count).map { #"{"value":\#($0),"equals":0}"# }.joined(separator: ",") + "]}"
    }
    #expect(try holds(wide(PlanLimit.conditionTests)))
    #expect(try errors(#"{"steps":[{"id":"s","tool":"t","when":\#(wide(257))}]}"#).map(\.name) == [.limitExceeded])
    #expect(try errors(#"{"steps":[{"id":"s","tool":"t","when":\#(wide(400))}]}"#).map(\.name) == [.limitExceeded])
  }
}
