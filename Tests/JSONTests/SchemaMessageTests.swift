import JSON
import Testing

/// The wording of violations is part of the interface: people and models read it.
struct SchemaMessageTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let schema: String
    let value: String
    let expected: [String]
    var testDescription: String { schema }

    init(_ schema: String, _ value: String, _ expected: String...) {
      self.schema = schema
      self.value = value
      self.expected = expected
    }
  }

  static let table: [Case] = [
    Case(
      #"{"properties":{"items":{"items":{"properties":{"price":{"type":"number"}}}}}}"#,
      #"{"items":[{"price":"x"}]}"#,
      "/items/0/price | type | /properties/items/items/properties/price/type | '/items/0/price' is a string where a number is due"
    ),
    Case(
      #"{"type":"object"}"#,
      #""x""#,
      " | type | /type | the value is a string where an object is due"
    ),
    Case(
      #"{"properties":{"n":{"type":"integer"}}}"#,
      #"{"n":1.5}"#,
      "/n | type | /properties/n/type | '/n' is 1.5 where an integer is due"
    ),
    Case(
      #"{"properties":{"n":{"type":["string","null","array"]}}}"#,
      #"{"n":7}"#,
      "/n | type | /properties/n/type | '/n' is a number where a string, null or an array is due"
    ),
    Case(
      #"{"properties":{"n":{"type":"null"}}}"#,
      #"{"n":false}"#,
      "/n | type | /properties/n/type | '/n' is a boolean where null is due"
    ),
    Case(
      #"{"properties":{"mode":{"enum":["a","b"]}}}"#,
      #"{"mode":"x"}"#,
      #"/mode | enum | /properties/mode/enum | '/mode' is "x" where one of "a", "b" is due"#
    ),
    Case(
      #"{"properties":{"mode":{"enum":["a"]}}}"#,
      #"{"mode":{"k":1}}"#,
      #"/mode | enum | /properties/mode/enum | '/mode' is an object of 1 member where "a" is due"#
    ),
    Case(
      #"{"enum":[1,2,3,4,5,6,7,8,9,10,11]}"#,
      "[1]",
      " | enum | /enum | the value is an array of 1 item where one of 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, … (11 in all) is due"
    ),
    Case(
      #"{"enum":[]}"#,
      "0",
      " | enum | /enum | the value is 0 where nothing is due"
    ),
    Case(
      #"{"properties":{"v":{"const":"on"}}}"#,
      #"{"v":2}"#,
      #"/v | const | /properties/v/const | '/v' is 2 where "on" is due"#
    ),
    Case(
      #"{"properties":{"n":{"minimum":5}}}"#,
      #"{"n":3}"#,
      "/n | minimum | /properties/n/minimum | '/n' is 3 where at least 5 is due"
    ),
    Case(
      #"{"properties":{"n":{"maximum":5.50}}}"#,
      #"{"n":6}"#,
      "/n | maximum | /properties/n/maximum | '/n' is 6 where at most 5.50 is due"
    ),
    Case(
      #"{"properties":{"n":{"exclusiveMinimum":5}}}"#,
      #"{"n":5}"#,
      "/n | exclusiveMinimum | /properties/n/exclusiveMinimum | '/n' is 5 where more than 5 is due"
    ),
    Case(
      #"{"properties":{"n":{"exclusiveMaximum":5}}}"#,
      #"{"n":5.0}"#,
      "/n | exclusiveMaximum | /properties/n/exclusiveMaximum | '/n' is 5.0 where less than 5 is due"
    ),
    Case(
      #"{"properties":{"n":{"multipleOf":0.01}}}"#,
      #"{"n":1.005}"#,
      "/n | multipleOf | /properties/n/multipleOf | '/n' is 1.005 where a multiple of 0.01 is due"
    ),
    Case(
      #"{"properties":{"s":{"minLength":3}}}"#,
      #"{"s":"é🐲"}"#,
      "/s | minLength | /properties/s/minLength | '/s' has 2 characters where at least 3 are due"
    ),
    Case(
      #"{"properties":{"s":{"maxLength":1}}}"#,
      #"{"s":"é🐲"}"#,
      "/s | maxLength | /properties/s/maxLength | '/s' has 2 characters where at most 1 is due"
    ),
    Case(
      #"{"properties":{"s":{"pattern":"^x"}}}"#,
      #"{"s":"a\"b"}"#,
      #"/s | pattern | /properties/s/pattern | '/s' is "a\"b" where a match of '^x' is due"#
    ),
    Case(
      #"{"minItems":2}"#,
      "[1]",
      " | minItems | /minItems | the value has 1 item where at least 2 are due"
    ),
    Case(
      #"{"maxItems":2}"#,
      "[1,2,3]",
      " | maxItems | /maxItems | the value has 3 items where at most 2 are due"
    ),
    Case(
      #"{"minProperties":1}"#,
      "{}",
      " | minProperties | /minProperties | the value has 0 members where at least 1 is due"
    ),
    Case(
      #"{"maxProperties":0}"#,
      #"{"a":1}"#,
      " | maxProperties | /maxProperties | the value has 1 member where at most 0 are due"
    ),
    Case(
      #"{"properties":{"xs":{"uniqueItems":true}}}"#,
      #"{"xs":[1,"a",1.0]}"#,
      "/xs | uniqueItems | /properties/xs/uniqueItems | items 0 and 2 of '/xs' are equal where all must differ"
    ),
    Case(
      #"{"contains":{"type":"string"}}"#,
      "[1]",
      " | contains | /contains | the value has 0 matching items where at least 1 is due"
    ),
    Case(
      #"{"contains":{"type":"string"},"minContains":2}"#,
      #"["a",1]"#,
      " | minContains | /minContains | the value has 1 matching item where at least 2 are due"
    ),
    Case(
      #"{"contains":{"type":"string"},"maxContains":1}"#,
      #"["a","b"]"#,
      " | maxContains | /maxContains | the value has 2 matching items where at most 1 is due"
    ),
    Case(
      #"{"required":["path"]}"#,
      "{}",
      " | required | /required | missing member 'path'"
    ),
    Case(
      #"{"properties":{"a":{"required":["path"]}}}"#,
      #"{"a":{}}"#,
      "/a | required | /properties/a/required | missing member 'path' in '/a'"
    ),
    Case(
      #"{"properties":{"path":{}},"additionalProperties":false}"#,
      #"{"paht":1}"#,
      "/paht | additionalProperties | /additionalProperties | unknown member 'paht' (did you mean 'path'?)"
    ),
    Case(
      #"{"properties":{"path":{}},"additionalProperties":false}"#,
      #"{"paht":1,"path":2}"#,
      "/paht | additionalProperties | /additionalProperties | unknown member 'paht'"
    ),
    Case(
      #"{"properties":{"a":{"properties":{"path":{}},"additionalProperties":false}}}"#,
      #"{"a":{"colour":1}}"#,
      "/a/colour | additionalProperties | /properties/a/additionalProperties | unknown member 'colour' in '/a'"
    ),
    Case(
      #"{"allOf":[{"properties":{"a":{}}}],"properties":{"limit":{}},"unevaluatedProperties":false}"#,
      #"{"a":1,"limt":1}"#,
      "/limt | unevaluatedProperties | /unevaluatedProperties | unknown member 'limt' (did you mean 'limit'?)"
    ),
    Case(
      #"{"prefixItems":[true],"unevaluatedItems":false}"#,
      "[1,2]",
      "/1 | unevaluatedItems | /unevaluatedItems | '/1' is not allowed"
    ),
    Case(
      #"{"properties":{"old":false}}"#,
      #"{"old":1}"#,
      "/old | properties | /properties/old | '/old' is not allowed"
    ),
    Case(
      "false",
      "1",
      " |  |  | the value is not allowed"
    ),
    Case(
      #"{"propertyNames":{"maxLength":2,"pattern":"^[a-z]+$"}}"#,
      #"{"Foo":1}"#,
      "/Foo | maxLength | /propertyNames/maxLength | member name 'Foo' has 3 characters where at most 2 are due",
      #"/Foo | pattern | /propertyNames/pattern | member name 'Foo' is "Foo" where a match of '^[a-z]+$' is due"#
    ),
    Case(
      #"{"dependentRequired":{"card":["address"]}}"#,
      #"{"card":1}"#,
      " | dependentRequired | /dependentRequired | missing member 'address', due because 'card' is present"
    ),
    Case(
      #"{"dependentSchemas":{"card":{"required":["address"]}}}"#,
      #"{"card":1}"#,
      " | required | /dependentSchemas/card/required | missing member 'address'"
    ),
    Case(
      #"{"anyOf":[{"type":"string"},{"minimum":3}]}"#,
      "1",
      " | anyOf | /anyOf | the value matches none of 2 branches (0: the value is a number where a string is due; 1: the value is 1 where at least 3 is due)"
    ),
    Case(
      #"{"anyOf":[{"anyOf":[{"type":"string"},false]},{"required":["a"]}]}"#,
      "{}",
      " | anyOf | /anyOf | the value matches none of 2 branches (0: the value matches none of 2 branches; 1: missing member 'a')"
    ),
    Case(
      #"{"oneOf":[{"type":"string"},{"type":"null"}]}"#,
      "1",
      " | oneOf | /oneOf | the value matches none of 2 branches (0: the value is a number where a string is due; 1: the value is a number where null is due)"
    ),
    Case(
      #"{"oneOf":[{"minimum":1},{"type":"null"},{"minimum":2}]}"#,
      "5",
      " | oneOf | /oneOf | the value matches branches 0 and 2 where exactly one is due"
    ),
    Case(
      #"{"properties":{"a":{"not":{"type":"string"}}}}"#,
      #"{"a":"x"}"#,
      "/a | not | /properties/a/not | '/a' matches the schema that 'not' refuses"
    ),
    Case(
      #"{"if":{"type":"string"},"then":{"minLength":2},"else":{"type":"null"}}"#,
      #""x""#,
      " | minLength | /then/minLength | the value has 1 character where at least 2 are due"
    ),
    Case(
      #"{"patternProperties":{"^x-":{"type":"string"}}}"#,
      #"{"x-a/b~c":1}"#,
      "/x-a~1b~0c | type | /patternProperties/^x-/type | '/x-a~1b~0c' is a number where a string is due"
    ),
    Case(
      ##"{"$ref":"#/$defs/n","$defs":{"n":{"type":"number"}}}"##,
      "true",
      " | type | /$defs/n/type | the value is a boolean where a number is due"
    ),
    Case(
      #"{"pattern":"^(a+)+$"}"#,
      #""aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!""#,
      " | pattern | /pattern | pattern gave up: '^(a+)+$' takes too many steps on the value"
    ),
    Case(
      #"{"const":"short"}"#,
      #""0123456789012345678901234567890123456789012345678901234567890123456789""#,
      #" | const | /const | the value is "0123456789012345678901234567890123456789012345678901234567890123…" where "short" is due"#
    ),
  ]

  @Test(arguments: table)
  func `a violation names place, value and what is due`(example: Case) throws {
    let schema = try JSONSchema(JSON(parsing: example.schema))
    let lines = schema.violations(in: try JSON(parsing: example.value)).map {
      "\($0.path) | \($0.keyword) | \($0.schemaPath) | \($0.message)"
    }
    #expect(lines == example.expected)
    #expect(schema.isValid(try JSON(parsing: example.value)) == example.expected.isEmpty)
  }
}
