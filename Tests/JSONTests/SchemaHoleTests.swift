import Foundation
import JSON
import Testing

/// Values of which a part is not known yet.
@Suite struct SchemaHoleTests {
  // MARK: Nothing is reported that a filling avoids

  /// The value itself is one filling of every value with holes that is made of it.
  // Safety: `the suite is there` fails without the files.
  @Test(arguments: (try? SchemaSuiteTests.requiredFiles()) ?? [])
  func `a value that fits has no violation, whatever part of it is unknown`(_ file: String) throws {
    let folder = SchemaSuiteTests.folder.appendingPathComponent("tests/draft2020-12")
    let groups = try JSON(parsing: Array(Data(contentsOf: folder.appendingPathComponent(file))))
    var count = 0
    for group in groups.arrayValue ?? [] {
      let schema = try JSONSchema(try #require(group["schema"]), documents: SchemaSuiteTests.remotes)
      for test in group["tests"]?.arrayValue ?? [] {
        let value = try #require(test["data"])
        guard schema.isValid(value) else { continue }
        for partial in Self.partials(of: value) + [Self.withoutLeaves(value)] {
          count += 1
          let found = schema.violations(inPartial: partial)
          #expect(found.isEmpty, "\(group["description"] ?? nil) | \(test["description"] ?? nil) | \(value): \(found)")
        }
      }
    }
    #expect(count > 0)
  }

  /// `value` with a hole in one place, for every place.
  static func partials(of value: JSON) -> [JSON] {
    var found: [JSON] = [.hole(.anything)]
    switch value {
    case .string: found.append(.hole(.text))
    case .integer(let number) where number >= 0: found.append(.hole(.index))
    case .array(let elements):
      for (i, element) in elements.enumerated() {
        for part in partials(of: element) {
          var copy = elements
          copy[i] = part
          found.append(.array(copy))
        }
      }
    case .object(let object):
      for member in object.members {
        for part in partials(of: member.value) {
          var copy = object
          copy[member.key] = part
          found.append(.object(copy))
        }
      }
    default: break
    }
    return found
  }

  /// `value` with a hole for every scalar.
  static func withoutLeaves(_ value: JSON) -> JSON {
    switch value {
    case .array(let elements): .array(elements.map(withoutLeaves))
    case .object(let object): .object(JSONObject(object.members.map { ($0.key, withoutLeaves($0.value)) }))
    case .string: .hole(.text)
    default: .hole(.anything)
    }
  }

  // MARK: What no filling avoids is reported

  /// In the values `"?"` is a hole, `"?text"` a text, `"?index"` an integer from 0.
  @Test(
    arguments: [
      (#"{"required":["a","b"]}"#, #"{"a":"?"}"#, ["missing member 'b'"]),
      (
        #"{"properties":{"a":true},"additionalProperties":false}"#, #"{"b":"?"}"#,
        ["unknown member 'b' (did you mean 'a'?)"]
      ),
      (
        #"{"properties":{"a":{"type":"integer"},"b":{"type":"string"}}}"#, #"{"a":"?","b":1}"#,
        ["'/b' is a number where a string is due"]
      ),
      (#"{"properties":{"a":{"type":"integer"}}}"#, #"{"a":"?text"}"#, ["'/a' is a string where an integer is due"]),
      (#"{"properties":{"a":{"type":"string"}}}"#, #"{"a":"?index"}"#, ["'/a' is a number where a string is due"]),
      (
        ##"{"items":{"$ref":"#/$defs/i"},"$defs":{"i":{"required":["x"]}}}"##, #"["?",{}]"#,
        ["missing member 'x' in '/1'"]
      ),
      (
        #"{"oneOf":[{"required":["x"]},{"required":["y"]}]}"#, #"{"z":"?"}"#,
        ["the value matches none of 2 branches (0: missing member 'x'; 1: missing member 'y')"]
      ),
      (
        #"{"oneOf":[{"required":["x"]},{"required":["y"]}]}"#, #"{"x":"?","y":"?"}"#,
        ["the value matches branches 0 and 1 where exactly one is due"]
      ),
      (#"{"not":{"required":["x"]}}"#, #"{"x":"?"}"#, ["the value matches the schema that 'not' refuses"]),
      (#"{"minItems":3}"#, #"["?","?"]"#, ["the value has 2 items where at least 3 are due"]),
      (#"{"uniqueItems":true}"#, #"["?",7,"?",7]"#, ["items 1 and 3 of the value are equal where all must differ"]),
      (
        #"{"contains":{"const":1},"maxContains":1}"#, #"[1,"?",1]"#,
        ["the value has 2 matching items where at most 1 is due"]
      ),
      (
        #"{"contains":{"required":["k"]}}"#, #"[{},{"z":"?"}]"#,
        ["the value has 0 matching items where at least 1 is due"]
      ),
      (#"{"if":{"required":["x"]},"then":{"required":["y"]}}"#, #"{"x":"?"}"#, ["missing member 'y'"]),
      (#"{"dependentRequired":{"x":["y"]}}"#, #"{"x":"?"}"#, ["missing member 'y', due because 'x' is present"]),
      (#"{"properties":{"a":true},"unevaluatedProperties":false}"#, #"{"a":"?","c":"?"}"#, ["unknown member 'c'"]),
    ] as [(String, String, [String])]
  )
  func `what no filling avoids is reported`(_ schema: String, _ value: String, _ messages: [String]) throws {
    let schema = try JSONSchema(JSON(parsing: schema))
    let found = schema.violations(inPartial: Self.holes(in: try JSON(parsing: value)))
    #expect(found.map(\.message) == messages)
  }

  @Test(arguments: [
    (#"{"properties":{"a":{"type":"integer","minimum":3}}}"#, #"{"a":"?"}"#),
    (#"{"properties":{"a":{"minLength":3,"pattern":"x","enum":["abc"]}}}"#, #"{"a":"?text"}"#),
    (#"{"enum":[{"a":1}]}"#, #"{"a":"?"}"#), (#"{"const":[1,2]}"#, #"["?",3]"#),
    (#"{"oneOf":[{"properties":{"k":{"const":1}},"required":["x"]},{"properties":{"k":{"const":2}}}]}"#, #"{"k":"?"}"#),
    (#"{"anyOf":[{"properties":{"k":{"const":1}}},{"required":["z"]}]}"#, #"{"k":"?"}"#),
    (
      #"{"if":{"properties":{"k":{"const":1}}},"then":{"required":["x"]},"else":{"required":["y"]}}"#,
      #"{"k":"?","y":1}"#
    ),
    (#"{"not":{"properties":{"k":{"const":1}}}}"#, #"{"k":"?"}"#), (#"{"contains":{"const":1}}"#, #"["?",2]"#),
    (#"{"uniqueItems":true}"#, #"["?","?",1]"#), (#"{"properties":{"a":false}}"#, #"{"a":"?"}"#),
    (
      #"{"anyOf":[{"properties":{"k":{"const":1},"x":true}},{"properties":{"y":true}}],"unevaluatedProperties":false}"#,
      #"{"k":"?","x":1}"#
    ),
  ])
  func `what depends on a hole is not reported`(_ schema: String, _ value: String) throws {
    let schema = try JSONSchema(JSON(parsing: schema))
    #expect(schema.violations(inPartial: Self.holes(in: try JSON(parsing: value))) == [])
  }

  static func holes(in value: JSON) -> JSON {
    switch value {
    case "?": .hole(.anything)
    case "?text": .hole(.text)
    case "?index": .hole(.index)
    case .array(let elements): .array(elements.map(holes))
    case .object(let object): .object(JSONObject(object.members.map { ($0.key, holes(in: $0.value)) }))
    default: value
    }
  }

  @Test func `without holes a value is checked in full`() throws {
    let schema = try JSONSchema(["properties": ["a": ["enum": [1, 2]]]])
    #expect(schema.violations(inPartial: ["a": 3]) == schema.violations(in: ["a": 3]))
    #expect(schema.violations(inPartial: ["a": 3]).count == 1)
  }

  @Test func `alternatives within alternatives end within bounds and report nothing that is not certain`() throws {
    var schema: JSON = ["properties": ["k": ["const": 1]]]
    for _ in 0..<60 { schema = ["oneOf": [schema, ["required": ["z"]]]] }
    #expect(try JSONSchema(schema).violations(inPartial: ["k": .hole(.anything)]) == [])
  }

  // MARK: Pointers that lead nowhere

  @Test(
    arguments: [
      (
        #"{"type":"object","properties":{"items":{"type":"array","items":{"properties":{"price":{"type":"number"}},"additionalProperties":false}}},"additionalProperties":false}"#,
        [
          ("/items/0/price", nil), ("/items", nil), ("/itms", 0), ("/items/x", 1), ("/items/0/prce", 2),
          ("/items/0/price/y", 3),
        ]
      ),
      (#"{"type":"object"}"#, [("/a/b", nil)]), (#"{}"#, [("/a", nil)]), (#"false"#, [("/a", 0)]),
      (#"{"type":["string","null"]}"#, [("/a", 0), ("/0", 0)]),
      (#"{"type":["object","null"],"additionalProperties":false}"#, [("/a", 0)]),
      (
        ##"{"$ref":"#/$defs/x","$defs":{"x":{"type":"object","properties":{"y":{"$ref":"#"}},"additionalProperties":false}}}"##,
        [("/y/y/y", nil), ("/y/z", 1)]
      ),
      (
        #"{"anyOf":[{"type":"object","properties":{"a":true},"additionalProperties":false},{"type":"string"}]}"#,
        [("/a", nil), ("/b", 0)]
      ),
      (
        #"{"type":"object","patternProperties":{"^x":{"type":"string"}},"additionalProperties":false}"#,
        [("/xy", nil), ("/xy/z", 1), ("/y", 0)]
      ),
      (
        #"{"type":"array","prefixItems":[{"type":"string"}],"items":false}"#,
        [("/0", nil), ("/1", 0), ("/0/a", 1), ("/-", 0)]
      ),
      (#"{"type":"array","maxItems":2}"#, [("/1", nil), ("/2", 0), ("/01", 0)]),
      (#"{"allOf":[{"type":"object"},{"properties":{"a":{"type":"integer"}}}]}"#, [("/a/b", 1), ("/c/d", nil)]),
    ] as [(String, [(String, Int?)])]
  )
  func `a pointer is ruled out only where no value can hold it`(_ schema: String, _ cases: [(String, Int?)]) throws {
    let schema = try JSONSchema(JSON(parsing: schema))
    for (pointer, position) in cases {
      #expect(schema.deadEnd(of: try JSONPointer(parsing: pointer))?.position == position, "\(pointer)")
    }
  }

  /// Whatever is in a value that fits, no schema rules its place out.
  // Safety: `the suite is there` fails without the files.
  @Test(arguments: (try? SchemaSuiteTests.requiredFiles()) ?? [])
  func `no place in a value that fits is ruled out`(_ file: String) throws {
    let folder = SchemaSuiteTests.folder.appendingPathComponent("tests/draft2020-12")
    let groups = try JSON(parsing: Array(Data(contentsOf: folder.appendingPathComponent(file))))
    for group in groups.arrayValue ?? [] {
      let schema = try JSONSchema(try #require(group["schema"]), documents: SchemaSuiteTests.remotes)
      for test in group["tests"]?.arrayValue ?? [] {
        let value = try #require(test["data"])
        guard schema.isValid(value) else { continue }
        for place in Self.places(in: value) {
          #expect(schema.deadEnd(of: place) == nil, "\(group["description"] ?? nil) | \(value) | \(place)")
        }
      }
    }
  }

  private static func places(in value: JSON) -> [JSONPointer] {
    var found = [JSONPointer()]
    switch value {
    case .array(let elements):
      for (i, element) in elements.enumerated() {
        found += places(in: element).map { JSONPointer([String(i)] + $0.tokens) }
      }
    case .object(let object):
      for member in object.members { found += places(in: member.value).map { JSONPointer([member.key] + $0.tokens) } }
    default: break
    }
    return found
  }
}
