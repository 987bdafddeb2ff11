/// A set of JSON types; `number` alone means "not an integer".
struct TypeSet: OptionSet, Sendable {
  let rawValue: UInt8

  static let null = TypeSet(rawValue: 1)
  static let boolean = TypeSet(rawValue: 2)
  static let integer = TypeSet(rawValue: 4)
  static let number = TypeSet(rawValue: 8)
  static let string = TypeSet(rawValue: 16)
  static let array = TypeSet(rawValue: 32)
  static let object = TypeSet(rawValue: 64)
  static let any = TypeSet(rawValue: 127)

  init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The word of the `type` keyword.
  init?(word: String) {
    switch word {
    case "null": self = .null
    case "boolean": self = .boolean
    case "integer": self = .integer
    case "number": self = [.integer, .number]
    case "string": self = .string
    case "array": self = .array
    case "object": self = .object
    default: return nil
    }
  }

  @inline(__always)
  func admits(_ value: JSON) -> Bool {
    switch value {
    case .null: contains(.null)
    case .bool: contains(.boolean)
    case .integer: contains(.integer)
    case .number(let number): contains(.number) || (contains(.integer) && number.isInteger)
    case .string: contains(.string)
    case .array: contains(.array)
    case .object: contains(.object)
    }
  }
}

/// The index of a compiled subschema.
typealias NodeID = Int

/// One compiled subschema. Keywords are grouped by the type of value that they apply to.
struct SchemaNode: Sendable {
  /// Where it stands: see `JSONSchema.Violation.schemaPath`.
  let path: String
  /// The keyword under which it stands; empty for a document's root.
  let keyword: String
  /// The root of the schema resource that it belongs to.
  let resource: NodeID
  /// Set for the schemas `true` and `false`, and true for those without any check.
  var verdict: Bool?
  var types = TypeSet.any
  var typeWords: [String] = []
  var values: ValueRules?
  var number: NumberRules?
  var string: StringRules?
  var array: ArrayRules?
  var object: ObjectRules?
  var combination: CombinationRules?
  var unevaluatedItems: NodeID?
  var unevaluatedProperties: NodeID?
}

/// `enum` and `const`.
final class ValueRules: Sendable {
  let choices: [JSON]?
  /// Built for more choices than a scan should visit.
  let set: Set<JSON>?
  let constant: JSON?
  /// Cost of a comparison in steps.
  let weight: Int

  init(choices: [JSON]?, constant: JSON?) {
    self.choices = choices
    self.constant = constant
    set = choices.flatMap { $0.count > 24 ? Set($0) : nil }
    weight = (choices ?? []).reduce(constant.map(Self.weight) ?? 0) { $0 + Self.weight($1) } / 16
  }

  /// Values and pieces of text in `json`: what comparing or hashing it costs.
  static func weight(_ json: JSON) -> Int {
    switch json {
    case .null, .bool, .integer: 1
    case .number(let number): 1 + number.text.utf8.count / 64
    case .string(let text): 1 + text.utf8.count / 64
    case .array(let elements): elements.reduce(1) { $0 + weight($1) }
    case .object(let object): object.members.reduce(1) { $0 + 1 + $1.key.utf8.count / 64 + weight($1.value) }
    }
  }
}

final class NumberRules: Sendable {
  let minimum: NumberBound?
  let maximum: NumberBound?
  let exclusiveMinimum: NumberBound?
  let exclusiveMaximum: NumberBound?
  let multipleOf: Divisor?

  init(
    minimum: NumberBound?,
    maximum: NumberBound?,
    exclusiveMinimum: NumberBound?,
    exclusiveMaximum: NumberBound?,
    multipleOf: Divisor?
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.exclusiveMinimum = exclusiveMinimum
    self.exclusiveMaximum = exclusiveMaximum
    self.multipleOf = multipleOf
  }
}

final class StringRules: Sendable {
  /// Unicode code points.
  let minimum: Int
  let maximum: Int
  let pattern: Pattern?

  init(minimum: Int, maximum: Int, pattern: Pattern?) {
    self.minimum = minimum
    self.maximum = maximum
    self.pattern = pattern
  }
}

final class ArrayRules: Sendable {
  let minimum: Int
  let maximum: Int
  let isUnique: Bool
  let prefix: [NodeID]
  let items: NodeID?
  let contains: NodeID?
  let minimumContains: Int
  let maximumContains: Int

  init(
    minimum: Int,
    maximum: Int,
    isUnique: Bool,
    prefix: [NodeID],
    items: NodeID?,
    contains: NodeID?,
    minimumContains: Int,
    maximumContains: Int
  ) {
    self.minimum = minimum
    self.maximum = maximum
    self.isUnique = isUnique
    self.prefix = prefix
    self.items = items
    self.contains = contains
    self.minimumContains = minimumContains
    self.maximumContains = maximumContains
  }
}

/// Keywords that apply other schemas to the same value.
final class CombinationRules: Sendable {
  enum Dynamic: Sendable {
    case none
    /// The anchor to look for in the scopes passed through, and the schema to take when none of them has it.
    case anchor(name: String, fallback: NodeID)
  }

  /// `$ref`, and a `$dynamicRef` that is none.
  let references: [NodeID]
  let dynamic: Dynamic
  let all: [NodeID]
  let any: [NodeID]
  let one: [NodeID]
  let not: NodeID?
  let condition: NodeID?
  let then: NodeID?
  let otherwise: NodeID?

  init(
    references: [NodeID],
    dynamic: Dynamic,
    all: [NodeID],
    any: [NodeID],
    one: [NodeID],
    not: NodeID?,
    condition: NodeID?,
    then: NodeID?,
    otherwise: NodeID?
  ) {
    self.references = references
    self.dynamic = dynamic
    self.all = all
    self.any = any
    self.one = one
    self.not = not
    self.condition = condition
    self.then = then
    self.otherwise = otherwise
  }
}
