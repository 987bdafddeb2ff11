import Foundation
import JSON
import Testing

private struct Plan: Codable, Equatable {
  struct Step: Codable, Equatable {
    var id: String
    var retries: UInt8?
    var weights: [Double] = []
    var labels: [String: Int] = [:]
  }
  enum Mode: String, Codable { case direct, hybrid }
  var mode: Mode
  var steps: [Step]
  var budget: Float
  var ceiling: UInt64
  var input: JSON
  var matrix: [[Int?]]
}

private final class Animal: Codable {
  enum Keys: CodingKey { case legs, name, tags, depth }
  let legs: Int
  let name: String

  init(legs: Int, name: String) {
    self.legs = legs
    self.name = name
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Keys.self)
    var tags = try container.nestedUnkeyedContainer(forKey: .tags)
    let inner = try tags.nestedContainer(keyedBy: Keys.self)
    name = try inner.decode(String.self, forKey: .name)
    legs = try tags.decode(Int.self)
    #expect(tags.isAtEnd)
    #expect(try container.superDecoder(forKey: .depth).singleValueContainer().decodeNil())
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Keys.self)
    var tags = container.nestedUnkeyedContainer(forKey: .tags)
    var inner = tags.nestedContainer(keyedBy: Keys.self)
    try tags.encode(legs)
    // Written after its neighbour, and still in its own place.
    try inner.encode(name, forKey: .name)
    var last = container.superEncoder(forKey: .depth).singleValueContainer()
    try last.encodeNil()
  }
}

@Suite struct CodableTests {
  static let text =
    #"{"mode":"hybrid","steps":[{"id":"a","retries":3,"weights":[0.5,2],"labels":{"x":1}},{"id":"b","weights":[],"labels":{}}],"#
    + #""budget":0.1,"ceiling":18446744073709551615,"input":{"free":[1,null,"ü",1.50]},"matrix":[[1,null],[]]}"#

  @Test func `a value comes back from its own JSON`() throws {
    let plan: Plan = try parsed(Self.text).decode()
    #expect(plan.steps[0].retries == 3 && plan.steps[1].retries == nil)
    #expect(plan.ceiling == .max && plan.budget == 0.1 && plan.mode == .hybrid)
    #expect(plan.input["free"]?[3]?.description == "1.50")
    let json = try JSON(encoding: plan)
    #expect(json == (try parsed(Self.text)))
    #expect(try json.decode(Plan.self) == plan)
  }

  @Test func `Foundation reads what we encode and the other way round`() throws {
    let plan: Plan = try parsed(Self.text).decode()
    #expect(try JSONDecoder().decode(Plan.self, from: Data(JSON(encoding: plan).serialized())) == plan)
    #expect(try JSON(parsing: Array(JSONEncoder().encode(plan))).decode(Plan.self) == plan)
  }

  @Test func `nested containers and super encoders work`() throws {
    let json = try JSON(encoding: Animal(legs: 4, name: "Ada"))
    #expect(json.description == #"{"tags":[{"name":"Ada"},4],"depth":null}"#)
    let animal = try json.decode(Animal.self)
    #expect(animal.legs == 4 && animal.name == "Ada")
  }

  static let mistakes: [(String, JSON, JSONError.Code, String)] = [
    ("/steps/0/id", 7, .typeMismatch, "integer where string is due at '/steps/0/id'"),
    ("/steps/0/retries", 256, .numberOutOfRange, "'256' does not fit UInt8 at '/steps/0/retries'"),
    ("/steps/0/retries", -1, .numberOutOfRange, "'-1' does not fit UInt8 at '/steps/0/retries'"),
    ("/steps/0/retries", 1.5, .numberOutOfRange, "'1.5' does not fit UInt8 at '/steps/0/retries'"),
    ("/steps/0/weights", [1, "x"], .typeMismatch, "string where number is due at '/steps/0/weights/1'"),
    ("/steps/0/labels", ["a/b": []], .typeMismatch, "array where number is due at '/steps/0/labels/a~1b'"),
    ("/steps/1", [:], .missingMember, "no member 'id' at '/steps/1'"),
    ("/steps", nil, .typeMismatch, "null where array is due at '/steps'"),
    ("/mode", "wild", .invalidValue, "at '/mode'"),
  ]

  @Test(arguments: mistakes)
  func `an error names the path of the value at fault`(
    path: String,
    value: JSON,
    code: JSONError.Code,
    message: String
  ) throws {
    var plan = try parsed(Self.text)
    plan = replacing(try JSONPointer(parsing: path).tokens[...], in: plan, by: value)
    do {
      _ = try plan.decode(Plan.self)
      Issue.record("decoded")
    } catch let error as JSONError {
      #expect(error.code == code)
      #expect(error.description.hasSuffix(message), "\(error)")
    }
  }

  private func replacing(_ path: ArraySlice<String>, in json: JSON, by value: JSON) -> JSON {
    guard let token = path.first else { return value }
    switch json {
    case .object(var object):
      object[token] = replacing(path.dropFirst(), in: object[token] ?? .null, by: value)
      return .object(object)
    case .array(var elements):
      guard let index = Int(token) else { return json }
      elements[index] = replacing(path.dropFirst(), in: elements[index], by: value)
      return .array(elements)
    default: return json
    }
  }

  @Test func `integers of 128 bits go through exactly`() throws {
    for value in [Int128.min, -1, 0, Int128.max] {
      #expect(try JSON(parsing: JSON(encoding: [value]).serialized()).decode([Int128].self) == [value])
    }
    #expect(try JSON(encoding: UInt128.max).decode(UInt128.self) == .max)
    #expect(try parsed("1e30").decode(Int128.self) == 1_000_000_000_000_000_000_000_000_000_000)
  }

  @Test func `floats are encoded as short as they are and refuse what JSON cannot say`() throws {
    #expect(try JSON(encoding: [0.1 as Float]).description == "[0.1]")
    #expect(try JSON(encoding: [0.1, 2.0]).description == "[0.1,2]")
    #expect {
      try JSON(encoding: ["a": [Double.infinity]])
    } throws: { error in
      (error as? JSONError)?.description == "'inf' is no JSON number at '/a/0'"
    }
    #expect {
      try parsed("1e400").decode(Double.self)
    } throws: { error in
      (error as? JSONError)?.code == .numberOutOfRange
    }
  }

  @Test func `a JSON value goes through foreign coders`() throws {
    let json = try parsed(#"{"a":[1,2.5,true,null,"x",{}]}"#)
    #expect(try JSONDecoder().decode(JSON.self, from: Data(json.serialized())) == json)
    #expect(try JSON(parsing: Array(JSONEncoder().encode(json))) == json)
  }
}
