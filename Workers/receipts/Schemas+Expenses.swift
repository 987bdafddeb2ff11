internal import WorkerKit

// `expense_categorizer`
extension Schemas {
  /// `hasModel`: whether a model may be asked.
  static func expenses(hasModel: Bool) -> JSON {
    [
      "type": "object",
      "properties": [
        "items": [
          "type": "array", "maxItems": 10_000,
          "items": [
            "type": "object",
            "properties": ["name": ["type": "string", "maxLength": 4096], "price": amount],
            "required": ["name"],
          ],
          "description": "Items as line_item_parser gives them; other members are passed on.",
        ],
        "company": [
          "type": ["string", "null"], "maxLength": 4096,
          "description": "Who sold them, for items whose name says nothing.",
        ],
        "model": model(hasModel),
      ],
      "required": ["items"],
      "additionalProperties": false,
    ]
  }

  static let categorized: JSON = [
    "type": "object",
    "properties": [
      "items": [
        "type": "array",
        "items": [
          "type": "object",
          "properties": [
            "category": ["type": "string"], "confidence": share, "reason": ["type": "string"],
            "source": ["const": "model"],
          ],
          "required": ["category", "confidence", "reason"],
        ],
      ],
      "totals": ["type": "object", "additionalProperties": ["type": "number"]],
      "total": ["type": "number"], "model": asked,
      "summary": ["type": "string", "description": "The items below their categories, for people."],
    ],
    "required": ["items", "totals", "total", "summary"],
    "additionalProperties": false,
  ]
}
