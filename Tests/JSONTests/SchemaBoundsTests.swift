import JSON
import Testing

/// Whatever schema and value come together, an answer comes soon, and it is complete.
struct SchemaBoundsTests {
  @Test func `every violation is reported with its path`() throws {
    let schema = try JSONSchema(
      JSON(
        parsing: #"""
          {"type":"object","required":["path","mode"],"additionalProperties":false,
           "properties":{"path":{"type":"string","pattern":"^/"},"mode":{"enum":["r","w"]},"size":{"minimum":0,"multipleOf":4},
             "lines":{"maxItems":1,"items":{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}}}}
          """#
      )
    )
    let value = try JSON(parsing: #"{"paht":"x","path":"x","size":-3,"lines":[{"n":"1"},{},7]}"#)
    #expect(
      schema.violations(in: value).map { "\($0.path) \($0.keyword)" } == [
        "/paht additionalProperties", "/path pattern", "/size minimum", "/size multipleOf", "/lines maxItems",
        "/lines/0/n type", "/lines/1 required", "/lines/2 type", " required",
      ]
    )
    #expect(schema.violations(in: value, limit: 3).count == 3)
    #expect(schema.violations(in: value, limit: 0).count == 1)
    #expect(!schema.isValid(value))
  }

  @Test(arguments: ["allOf", "not"])
  func `a schema that multiplies its own work runs into the step budget`(keyword: String) throws {
    // Each level applies the next one twice: 2^30 evaluations.
    let levels = (0..<30).map {
      ##""l\##($0)":{"allOf":[{"$ref":"#/$defs/l\##($0 + 1)"},{"$ref":"#/$defs/l\##($0 + 1)"}]}"##
    }
    // Negated too: there is no way around the budget.
    let root = ##"{"$ref":"#/$defs/l0"}"##
    let text =
      ##"{"\##(keyword)":\##(keyword == "not" ? root : "[" + root + "]"),"$defs":{\##(levels.joined(separator: ",")),"l30":{"type":"integer"}}}"##
    let schema = try JSONSchema(JSON(parsing: text))
    #expect(!schema.isValid(1))
    #expect(
      schema.violations(in: 1).map(\.message) == [
        "schema is too expensive for this value: more than 1000000 evaluations"
      ]
    )
  }

  @Test(arguments: ["uniqueItems", "const"])
  func `comparing large values takes from the step budget`(keyword: String) throws {
    let value = JSON.array((0..<2_000).map { JSON.integer($0) })
    let part: JSON = keyword == "const" ? ["const": value] : ["uniqueItems": true]
    let parts = JSON.array(Array(repeating: part, count: 100))
    #expect(try JSONSchema(["allOf": parts]).isValid(value))
    let tight = JSONSchema.Limits(steps: 10_000)
    #expect(try JSONSchema(["allOf": parts], limits: tight).violations(in: value).first?.keyword != nil)
    #expect(try !JSONSchema(["not": ["not": ["allOf": parts]]], limits: tight).isValid(value))
  }

  @Test func `a recursive schema follows a deep value and stops at the limit`() throws {
    let schema = try JSONSchema(JSON(parsing: ##"{"type":"array","items":{"$ref":"#"}}"##))
    func nested(_ depth: Int) -> JSON { (0..<depth).reduce(.array([])) { inner, _ in .array([inner]) } }
    // Two evaluations a level: the items' schema and the one it refers to.
    #expect(schema.isValid(nested(199)))
    #expect(!schema.isValid(nested(200)))
    #expect(
      schema.violations(in: nested(400)).map(\.message) == [
        "schema is too expensive for this value: evaluations nested deeper than 400"
      ]
    )
  }

  @Test func `a dynamic reference that never moves on ends`() throws {
    let schema = try JSONSchema(
      JSON(
        parsing: ##"""
          {"$id":"https://example.com/a","$dynamicAnchor":"x","$ref":"b",
           "$defs":{"b":{"$id":"b","$defs":{"x":{"$dynamicAnchor":"x"}},"$dynamicRef":"#x"}}}
          """##
      )
    )
    #expect(!schema.isValid(1))
    #expect(
      schema.violations(in: 1).map(\.message) == [
        "schema is too expensive for this value: evaluations nested deeper than 400"
      ]
    )
  }

  @Test func `a pattern that gives up fails the value, negated or not`() throws {
    let value = JSON.string(String(repeating: "a", count: 5_000) + "!")
    for text in [
      #"{"pattern":"^(a+)+$"}"#, #"{"not":{"pattern":"^(a+)+$"}}"#, #"{"anyOf":[{"pattern":"^(a+)+$"},true]}"#,
    ] {
      let schema = try JSONSchema(JSON(parsing: text))
      #expect(!schema.isValid(value))
      let violations = schema.violations(in: value)
      #expect(violations.count == 1)
      #expect(violations.first?.message == "pattern gave up: '^(a+)+$' takes too many steps on the value")
      #expect(violations.first?.keyword == "pattern")
    }
  }

  @Test func `many slow patterns end together`() throws {
    // Each search alone stays within its limits.
    let schema = try JSONSchema(
      ["items": ["pattern": "(?:ab)*c|$"]],
      limits: JSONSchema.Limits(patternMilliseconds: 50)
    )
    let text = JSON.string(String(repeating: "ab", count: 1_000))
    let value = JSON.array(Array(repeating: text, count: 20_000))
    let clock = ContinuousClock()
    let elapsed = clock.measure { #expect(!schema.isValid(value)) }
    #expect(elapsed < .seconds(2))
    #expect(schema.violations(in: value).map(\.message) == ["patterns took longer than 50 ms in all"])
  }

  @Test func `a repetition among very many items is found without comparing all pairs`() throws {
    let schema = try JSONSchema(["uniqueItems": true])
    var items = (0..<100_000).map { JSON.integer($0) }
    #expect(schema.isValid(.array(items)))
    items.append(try JSON(parsing: "5e3"))
    let violation = schema.violations(in: .array(items)).first
    #expect(violation?.message == "items 5000 and 100000 of the value are equal where all must differ")
  }

  @Test(arguments: [
    ("0.01", "10.10", true), ("0.01", "10.105", false), ("0.1", "0.3", true), ("0.01", "4.35", true),
    ("3", "9007199254740993", true), ("3", "9007199254740992", false), ("7", "1e400", false), ("8", "1e400", true),
    ("0.0000001", "1e-7", true), ("2.5", "100000000000000000000000000000000000000002.5", true),
    ("3", "100000000000000000000000000000000000000000002", true), ("1e30", "3e30", true), ("1e30", "1e29", false),
    ("123456789012345678", "0", true), ("3", "-9223372036854775808", false), ("2", "-9223372036854775808", true),
    ("0.3", "9223372036854775807", false), ("1e-18", "0.1", true), ("7", "1e999999999", false),
  ])
  func `multipleOf is exact`(divisor: String, value: String, fits: Bool) throws {
    let schema = try JSONSchema(["multipleOf": JSON(parsing: divisor)])
    #expect(try schema.isValid(JSON(parsing: value)) == fits)
  }

  @Test(arguments: [
    ("0.1", "0.10000000000000001", false), ("0.1", "0.1000", true), ("1e400", "9e399", true),
    ("1e400", "1.1e400", false),
    ("9223372036854775807", "9223372036854775808", false), ("-1e-400", "-1e-399", true), ("-1e-400", "0", false),
    ("12345678901234567.5", "12345678901234567", true), ("1e18", "999999999999999999", true), ("1e-18", "1e18", false),
  ])
  func `bounds are exact`(bound: String, value: String, fits: Bool) throws {
    let schema = try JSONSchema(["maximum": JSON(parsing: bound)])
    #expect(try schema.isValid(JSON(parsing: value)) == fits)
  }

  @Test func `names that look alike are different members`() throws {
    // é as one code point, and as e with a combining accent.
    let schema = try JSONSchema(["properties": ["\u{E9}": ["type": "null"]], "additionalProperties": false])
    #expect(schema.isValid(["\u{E9}": nil]))
    #expect(schema.violations(in: ["e\u{301}": nil]).map(\.keyword) == ["additionalProperties"])
    #expect(try !JSONSchema(["enum": ["\u{E9}"]]).isValid("e\u{301}"))
  }

  @Test(arguments: [3, 16, 17, 64, 65, 200])
  func `required and unknown members are found among many`(count: Int) throws {
    let names = (0..<count).map { "member\($0)" }
    let schema = try JSONSchema([
      "properties": .object(JSONObject(names.map { ($0, ["type": "integer"]) })),
      "required": .array(names.map { .string($0) }), "unevaluatedProperties": false,
    ])
    var object = JSONObject(names.reversed().map { ($0, 1) })
    #expect(schema.isValid(.object(object)))
    object["member1"] = nil
    object["extra"] = 1
    object["member2"] = "x"
    #expect(
      schema.violations(in: .object(object)).map { "\($0.path) \($0.keyword)" } == [
        "/member2 type", " required", "/extra unevaluatedProperties",
      ]
    )
  }

  @Test func `one compiled schema serves many threads at once`() async throws {
    let schema = try JSONSchema(["items": ["pattern": "^[a-z]+[0-9]$", "maxLength": 9]])
    let good: JSON = ["abc1", "x2"]
    let bad: JSON = ["abc1", "X2", "toolongname1"]
    let counts = await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<1_000).count { _ in schema.isValid(good) && schema.violations(in: bad).count == 2 }
        }
      }
      return await group.reduce(into: []) { $0.append($1) }
    }
    #expect(counts == Array(repeating: 1_000, count: 8))
  }
}
