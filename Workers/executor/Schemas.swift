internal import JSON

/// Parts of which functions put their schemas together.
enum Schemas {
  /// An object that must have `required`, may have `optional` and nothing else.
  static func object(_ required: JSONObject, optional: JSONObject = [:]) -> JSON {
    [
      "type": "object", "properties": .object(required.adding(optional)),
      "required": .array(required.keys.map { .string($0) }), "additionalProperties": false,
    ]
  }

  /// A decimal of at most 15 digits before and 12 behind the point: bounded, so that no sum of a list ever is not.
  static func number(
    _ description: String,
    minimum: JSON = -1_000_000_000_000_000,
    maximum: JSON = 1_000_000_000_000_000
  )
    -> JSON
  {
    [
      "type": "number", "minimum": minimum, "maximum": maximum, "multipleOf": .number(place),
      "description": .string(description),
    ]
  }

  private static let place: JSONNumber = {
    guard let number = JSONNumber("0.000000000001") else { preconditionFailure("a JSON number") }
    return number
  }()

  /// Arguments that every function with amounts has.
  static let money: JSONObject = [
    "currency": [
      "type": "string", "pattern": "^[A-Z]{3}$",
      "description": "ISO 4217 code: gives the places behind the point (EUR 2, JPY 0, KWD 3). 2 unless said.",
    ],
    "digits": ["type": "integer", "minimum": 0, "maximum": 12, "description": "Places behind the point instead."],
    "rounding": [
      "enum": .array(Decimal.Rounding.allCases.map { .string($0.rawValue) }), "default": "half_up",
      "description": "What becomes of a half: half_up goes away from zero, half_even to the even neighbour.",
    ],
  ]

  static let item: JSON = [
    "type": "object",
    "properties": [
      "name": ["type": "string", "minLength": 1, "maxLength": 1024],
      "price": number(
        "Of one unit; of the whole line in an item that has 'unit_price', as line_item_parser gives them."
      ),
      "unit_price": ["type": ["number", "null"]],
      "quantity": number("How many; 1 unless said.", minimum: 0),
      "category": ["type": ["string", "null"], "maxLength": 1024],
    ],
    "required": ["name", "price"],
    "description": "A line of a bill. Further members are kept where items are returned.",
  ]

  static func items(_ description: String) -> JSON {
    ["type": "array", "items": item, "maxItems": 100_000, "description": .string(description)]
  }

  static let count: JSON = ["type": "integer", "minimum": 0]
  static let amount: JSON = ["type": "number"]
  static let text: JSON = ["type": "string"]
  static let category: JSON = ["type": ["string", "null"]]
}

extension JSONObject {
  func adding(_ more: JSONObject) -> JSONObject {
    var all = self
    for member in more.members { all[member.key] = member.value }
    return all
  }
}
