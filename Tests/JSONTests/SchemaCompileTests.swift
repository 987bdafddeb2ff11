import JSON
import Testing

/// Schemas that cannot be compiled say where and why.
struct SchemaCompileTests {
  @Test(arguments: [
    (#"3"#, "schema: an integer where a schema is due"),
    (
      #"{"properties":{"a":{"type":"strin"}}}"#,
      #"schema: 'type' is "strin" where a type name or an array of them is due at '/properties/a/type'"#
    ),
    (#"{"type":[]}"#, "schema: 'type' is an array of 0 items where a type name or an array of them is due at '/type'"),
    (#"{"items":[{}]}"#, "schema: an array where a schema is due at '/items'"),
    (
      #"{"properties":[]}"#,
      "schema: 'properties' is an array of 0 items where an object of schemas is due at '/properties'"
    ),
    (#"{"allOf":{}}"#, "schema: 'allOf' is an object of 0 members where an array of schemas is due at '/allOf'"),
    (#"{"anyOf":[]}"#, "schema: 'anyOf' is an array of 0 items where an array of schemas is due at '/anyOf'"),
    (#"{"oneOf":[{"not":null}]}"#, "schema: null where a schema is due at '/oneOf/0/not'"),
    (#"{"enum":1}"#, "schema: 'enum' is 1 where an array is due at '/enum'"),
    (#"{"minLength":-1}"#, "schema: 'minLength' is -1 where a whole number from 0 is due at '/minLength'"),
    (#"{"maxItems":1.5}"#, "schema: 'maxItems' is 1.5 where a whole number from 0 is due at '/maxItems'"),
    (#"{"minimum":"0"}"#, #"schema: 'minimum' is "0" where a number is due at '/minimum'"#),
    (#"{"exclusiveMinimum":true}"#, "schema: 'exclusiveMinimum' is true where a number is due at '/exclusiveMinimum'"),
    (
      #"{"multipleOf":0}"#,
      "schema: 'multipleOf' is 0 where a number above 0 of at most 18 significant digits is due at '/multipleOf'"
    ),
    (#"{"uniqueItems":1}"#, "schema: 'uniqueItems' is 1 where a boolean is due at '/uniqueItems'"),
    (#"{"required":"a"}"#, #"schema: 'required' is "a" where an array of strings is due at '/required'"#),
    (
      #"{"dependentRequired":{"a":[1]}}"#, "schema: 'a' is 1 where an array of strings is due at '/dependentRequired/a'"
    ),
    (#"{"pattern":"(a"}"#, "schema: pattern '(a': missing closing parenthesis at '/pattern'"),
    (
      #"{"patternProperties":{"a/\\Z":{}}}"#,
      #"schema: pattern 'a/\Z': '\Z' is not in ECMA-262 at character 2 at '/patternProperties/a~1\Z'"#
    ),
    (#"{"$ref":1}"#, "schema: '$ref' is 1 where a string is due at '/$ref'"),
    (##"{"$ref":"#/$defs/a"}"##, "schema: reference '#/$defs/a' leads nowhere at '/$ref'"),
    (##"{"items":{"$dynamicRef":"#a"}}"##, "schema: reference '#a' leads nowhere at '/items/$dynamicRef'"),
    (
      #"{"$ref":"https://example.com/other"}"#, "schema: reference 'https://example.com/other' leads nowhere at '/$ref'"
    ),
    (##"{"$ref":"#/x","x":5}"##, "schema: an integer where a schema is due at '/x'"),
    (##"{"$ref":"#%FF"}"##, "schema: reference '#%FF' leads nowhere at '/$ref'"),
    (##"{"$ref":"#"}"##, "schema: schema applies itself to the same value without end"),
    (
      ##"{"$defs":{"a":{"allOf":[{"$ref":"#/$defs/b"}]},"b":{"if":{"$ref":"#/$defs/a"}}}}"##,
      "schema: schema applies itself to the same value without end at '/$defs/b/if'"
    ),
    (
      ##"{"$defs":{"a":{"$anchor":"x"},"b":{"$anchor":"x"}}}"##,
      "schema: anchor 'x' appears twice at '/$defs/b/$anchor'"
    ),
    (
      ##"{"$defs":{"a":{"$id":"x"},"b":{"$id":"./x"}}}"##, "schema: $id 'x' appears twice at '/$defs/b/$id'"
    ),
  ])
  func `a bad schema is refused with its place`(schema: String, message: String) throws {
    let json = try JSON(parsing: schema)
    let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(json) }
    #expect(error?.description == message)
  }

  @Test func `a mistake in another document names that document`() throws {
    let schema = try JSON(parsing: #"{"$ref":"https://example.com/b#/$defs/n"}"#)
    let other = try JSON(parsing: #"{"$defs":{"n":{"minimum":null}}}"#)
    let error = #expect(throws: JSONSchemaError.self) {
      try JSONSchema(schema, documents: ["https://example.com/b": other])
    }
    #expect(error?.code == .invalidKeyword)
    #expect(error?.path == "https://example.com/b#/$defs/n/minimum")
  }

  @Test func `another document's schemas are told apart in a violation`() throws {
    let schema = try JSONSchema(
      JSON(parsing: #"{"properties":{"a":{"$ref":"b"}},"$id":"https://example.com/a"}"#),
      documents: ["https://example.com/b": JSON(parsing: #"{"type":"null"}"#)]
    )
    #expect(schema.violations(in: ["a": 1]).map(\.schemaPath) == ["https://example.com/b#/type"])
    #expect(schema.isValid(["a": nil]))
  }

  @Test func `limits are refused one beyond`() throws {
    func nested(_ depth: Int) -> JSON { (0..<depth).reduce(true) { inner, _ in ["not": inner] } }
    var limits = JSONSchema.Limits(depth: 10, subschemas: 11)
    _ = try JSONSchema(nested(10), limits: limits)
    #expect(throws: JSONSchemaError.self) { try JSONSchema(nested(11), limits: limits) }
    limits.depth = 20
    let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(nested(11), limits: limits) }
    #expect(error?.code == .limitExceeded)
    #expect(error?.detail == "more subschemas than the limit of 11")
    limits.patternBytes = 4
    // A pattern that occurs twice counts once.
    let patterns: JSON = ["allOf": [["pattern": "ab"], ["pattern": "ab"], ["pattern": "cd"]]]
    _ = try JSONSchema(patterns, limits: limits)
    limits.patternBytes = 3
    let refusal = #expect(throws: JSONSchemaError.self) { try JSONSchema(patterns, limits: limits) }
    #expect(refusal?.description == "schema: more bytes of patterns than the limit of 3 at '/allOf/2/pattern'")
  }

  @Test func `identifiers and annotations of older drafts do no harm`() throws {
    let schema = try JSONSchema(
      JSON(
        parsing: ##"""
          {"$schema":"http://json-schema.org/draft-07/schema#","title":7,"format":"email","default":"x",
           "properties":{"a":{"$id":"#/properties/a","$ref":"#/definitions/n"}},"definitions":{"n":{"type":"number"}}}
          """##
      )
    )
    #expect(schema.isValid(["a": 1]))
    #expect(!schema.isValid(["a": "1"]))
  }

  @Test(arguments: [
    ("http://a/b/c/d;p?q", "g", "http://a/b/c/g"), ("http://a/b/c/d;p?q", "./g/", "http://a/b/c/g/"),
    ("http://a/b/c/d;p?q", "/g", "http://a/g"), ("http://a/b/c/d;p?q", "//g", "http://g"),
    ("http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"), ("http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q"),
    ("http://a/b/c/d;p?q", ".", "http://a/b/c/"), ("http://a/b/c/d;p?q", "..", "http://a/b/"),
    ("http://a/b/c/d;p?q", "../../../g", "http://a/g"), ("http://a/b/c/d;p?q", "g;x=1/../y", "http://a/b/c/y"),
    ("http://a/b/c/d;p?q", "urn:x:y", "urn:x:y"), ("http://a", "g", "http://a/g"),
  ])
  func `references resolve as in RFC 3986 section 5-4`(base: String, reference: String, target: String) throws {
    let schema: JSON = ["$id": .string(base), "items": ["$ref": .string(reference + "#/$defs/x")]]
    let defined: JSON = ["$defs": ["x": ["type": "null"]]]
    // Either the target is the schema's own resource or a document under exactly that name.
    if target == base {
      let error = #expect(throws: JSONSchemaError.self) { try JSONSchema(schema, documents: [target: defined]) }
      #expect(error?.code == .unresolvedReference)
    } else {
      #expect(try !JSONSchema(schema, documents: [target: defined]).isValid([1]))
    }
  }

  @Test func `the metaschema takes every schema of ours and refuses bad ones`() throws {
    let meta = try JSONSchema(["$ref": "https://json-schema.org/draft/2020-12/schema"])
    #expect(meta.isValid(["type": "object", "properties": ["a": ["minLength": 1, "enum": [1]]]]))
    let violations = meta.violations(in: ["properties": ["a": ["minLength": -1, "type": "strin"], "b": 5]])
    #expect(violations.map(\.path) == ["/properties/a/minLength", "/properties/a/type", "/properties/b"])
  }
}
