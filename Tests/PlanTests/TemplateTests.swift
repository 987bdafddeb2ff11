import JSON
import Plan
import Testing
import Wire

@Suite struct `Templates` {
  /// `input` with `a` → first, `b` → second.
  private func resolved(_ input: String, _ a: String = "null", _ b: String = "null") throws -> String {
    let template = try step(input: input).input
    return try template.resolve(scope([1: try json(a), 2: try json(b)])).description
  }

  @Test(arguments: [
    ("true", "true"), ("null", "null"), ("10.00", "10.00"), ("1e2", "1e2"), ("123456789012345678901234567890", ""),
    (#"[1,{"x":[]}]"#, ""), (#""text""#, ""), ("{}", ""),
  ])
  func `a whole string keeps the type of the output`(_ output: String, _ same: String) throws {
    #expect(try resolved(#"{"v":"step:a"}"#, output) == #"{"v":\#(output)}"#)
  }

  @Test func `a pointer leads into the output`() throws {
    let output = #"{"items":[{"price":10.00,"a/b":{"m~n":true}}],"":7}"#
    #expect(try resolved(#"{"v":"step:a#/items/0/price"}"#, output) == #"{"v":10.00}"#)
    #expect(try resolved(#"{"v":"step:a#/items/0/a~1b/m~0n"}"#, output) == #"{"v":true}"#)
    #expect(try resolved(#"{"v":"step:a#/"}"#, output) == #"{"v":7}"#)
    #expect(try resolved(#"{"v":"step:a#"}"#, "3") == #"{"v":3}"#)
  }

  @Test func `references are found anywhere in an input, but not in its keys`() throws {
    let input = #"{"x":[1,{"y":["step:a","step:b#/k"]}],"step:a":"z","keep":{"me":[1.50]}}"#
    #expect(
      try resolved(input, "[2]", #"{"k":false}"#)
        == #"{"x":[1,{"y":[[2],false]}],"step:a":"z","keep":{"me":[1.50]}}"#
    )
    let references = try step(input: input).input.references
    #expect(references.map(\.source) == [.step(1), .step(2)])
    #expect(references.map(\.pointer.description) == ["", "/k"])
  }

  @Test func `an input can be one reference`() throws {
    #expect(try resolved(#""step:a#/in""#, #"{"in":{"x":1}}"#) == #"{"x":1}"#)
  }

  @Test func `an equal reference is listed once`() throws {
    #expect(try step(input: #"["step:a","x {{step:a}} {{step:a#/b}}"]"#.asMember).input.references.count == 2)
  }

  @Test(arguments: [
    ("a {{step:a}} b", #""x""#, "a x b"), ("{{step:a}}", "3", "3"), ("{{step:a}}", "10.00", "10.00"),
    ("{{ step:a }}{{\tstep:a#/1 }}", "[1,2]", "[1,2]2"), ("<{{step:a}}>", #"{"k":[null,"é"]}"#, #"<{"k":[null,"é"]}>"#),
    ("{{step:a}}", "null", "null"), ("{{{step:a}}}", "1", "{1}"), ("{{{{step:a}}}}", "1", "{{1}}"),
    ("{{step:a}}}", "1", "1}"), ("{{step:a", "1", "{{step:a"), ("{{x}} {{step:a}}", "1", "{{x}} 1"),
    ("{{ {{step:a}} }}", "1", "{{ 1 }}"), ("a{{}}b", "1", "a{{}}b"), ("}}{{", "1", "}}{{"),
  ])
  func `in a longer text a reference becomes text`(_ text: String, _ output: String, _ expected: String) throws {
    let input = JSON.object(["v": .string(text)]).description
    let found = try step(input: input).input.resolve(scope([1: try json(output)]))
    #expect(found == ["v": .string(expected)])
  }

  @Test(arguments: [
    (#"\step:a"#, "step:a"), (#"\\step:a"#, #"\step:a"#), (#"\item:value"#, "item:value"), (#"\step: x"#, #"\step: x"#),
    (#"\{{step:a}}"#, "{{step:a}}"), (#"\\{{step:a}}"#, #"\1"#), (#"\\\{{step:a}}"#, #"\{{step:a}}"#),
    (#"\{{"#, "{{"), (#"a\b"#, #"a\b"#), (#"\{"#, #"\{"#), (#"\n {{step:a}}"#, #"\n 1"#), (#"\"#, #"\"#),
    (#"\step:a#x"#, "step:a#x"),
  ])
  func `a backslash makes a reference plain text`(_ text: String, _ expected: String) throws {
    let input = JSON.object(["v": .string(text)]).description
    #expect(try step(input: input).input.resolve(scope([1: 1])) == ["v": .string(expected)])
  }

  @Test(arguments: [
    "step: hello there", "step:", "steps:a", "Step:a", "item:", "item:values", "item", "step:a b", "xstep:a",
    "step:\u{e9}", "step:\u{301}a", "{{ name }}", "{{user.name}}", "{{item}}",
    "step:" + String(repeating: "a", count: 129),
  ])
  func `what does not match the grammar is plain text`(_ text: String) throws {
    let template = try step(input: JSON.object(["v": .string(text)]).description).input
    #expect(template.isLiteral)
    #expect(try template.resolve(scope([:])) == ["v": .string(text)])
  }

  @Test func `items are known in a step with for_each`() throws {
    let input = #"{"v":"item:value","p":"item:value#/p","i":"item:index","t":"{{item:index}}: {{item:value#/p}}"}"#
    let template = try step(input: input, more: #","for_each":[1]"#).input
    let found = try template.resolve(scope([:], item: ["p": "x"], index: 4))
    #expect(found == ["v": ["p": "x"], "p": "x", "i": 4, "t": "4: x"])
    #expect(template.references.map(\.source) == [.itemValue, .itemValue, .itemIndex])
  }

  @Test func `what a skipped step would have made is null, whatever the pointer`() throws {
    let template = try step(input: #"{"v":"step:a#/x/y","t":"{{step:a#/x}}"}"#).input
    #expect(try template.resolve(scope([:])) == ["v": nil, "t": "null"])
  }

  @Test func `a pointer that finds nothing names the place, the step and the pointer`() throws {
    let template = try step(input: #"{"list":[0,"step:a#/items/3/price"]}"#).input
    let error = thrown { () throws(WireError) in try template.resolve(scope([1: ["items": [1]]])) }
    #expect(error?.name == .invalidInput)
    #expect(error?.message == "'step:a#/items/3/price' finds nothing: no index '3' in an array of 1 at '/items/3'")
    #expect(error?.data["path"] == "/steps/0/input/list/1")
    #expect(error?.data["step"] == "a")
    #expect(error?.data["pointer"] == "/items/3/price")
  }

  @Test func `a template without references gives the stored value itself`() throws {
    let input = try json(#"{"big":[1,2,3],"text":"plain"}"#)
    let plan = try Plan(decoding: ["steps": [["id": "s", "tool": "t", "input": input]]])
    let found = try plan.steps[0].input.resolve(scope([:]))
    #expect(plan.steps[0].input.isLiteral)
    #expect(storage(of: found["big"]) == storage(of: input["big"]))
  }

  private func storage(of value: JSON?) -> UnsafeRawPointer? {
    value?.arrayValue?.withUnsafeBufferPointer { UnsafeRawPointer($0.baseAddress) }
  }
}

extension String {
  fileprivate var asMember: String { #"{"v":\#(self)}"# }
}
