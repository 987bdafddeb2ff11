internal import WorkerKit

// `line_item_parser`
extension Schemas {
  /// `hasModel`: whether a model may be asked.
  static func parse(hasModel: Bool) -> JSON {
    var properties = page
    properties["ocr"] = ["type": "object", "description": "What receipt_ocr gave.", "properties": .object(page)]
    properties["date_order"] = [
      "enum": ["DMY", "MDY"], "default": "DMY", "description": "How a date such as 03/04/2018 is meant.",
    ]
    properties["model"] = model(hasModel)
    return [
      "type": "object",
      "description": "A text, or what receipt_ocr gave: as 'ocr' or as the whole input.",
      "properties": .object(properties),
      "anyOf": [["required": ["text"]], ["required": ["lines"]], ["required": ["ocr"]]],
      "additionalProperties": false,
    ]
  }

  /// The input that says whether a model is asked, as far as the worker's settings let it.
  static func model(_ mayBeAsked: Bool) -> JSON {
    mayBeAsked
      ? [
        "enum": ["auto", "off"], "default": "auto",
        "description": "Whether a model is asked where the rules are unsure.",
      ]
      : ["enum": ["off"], "description": "The worker's setting 'small_model' is off."]
  }

  /// What a model was asked for and what of its answer was taken.
  static let asked: JSON = [
    "type": "object",
    "properties": [
      "asked": ["type": "array", "items": ["type": "string"]], "taken": ["type": "array", "items": ["type": "string"]],
      "provider": ["type": "string"], "model": ["type": "string"], "escalated": ["type": "object"],
      "error": ["type": "string"],
    ],
    "required": ["asked", "taken"],
    "additionalProperties": false,
  ]

  private static let text: JSON = ["type": ["string", "null"]]
  static let amount: JSON = ["type": ["number", "null"]]
  static let share: JSON = ["type": "number", "minimum": 0, "maximum": 1]

  static let receipt: JSON = [
    "type": "object",
    "properties": [
      "company": text, "address": text,
      "date": ["type": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"],
      "time": ["type": ["string", "null"], "pattern": "^[0-9]{2}:[0-9]{2}(:[0-9]{2})?$"],
      "items": [
        "type": "array",
        "items": [
          "type": "object",
          "properties": [
            "name": ["type": "string"], "quantity": ["type": "number"], "unit_price": amount,
            "price": ["type": "number"],
          ],
          "required": ["name", "quantity", "unit_price", "price"],
          "additionalProperties": false,
        ],
      ],
      "subtotal": amount, "service_charge": amount, "discount": amount, "tax": amount, "rounding": amount,
      "total": amount, "cash": amount, "change": amount,
      "currency": ["type": ["string", "null"], "pattern": "^[A-Z]{3}$"],
      "confidence": [
        "type": "object",
        "properties": ["company": share, "date": share, "total": share, "overall": share],
        "required": ["company", "date", "total", "overall"],
        "additionalProperties": false,
      ],
      "checks": [
        "type": "array",
        "description": "Sums that should agree, and whether they do.",
        "items": [
          "type": "object",
          "properties": [
            "name": ["enum": ["items_sum", "subtotal_tax_rounding", "cash_change", "rounding_step"]],
            "holds": ["type": "boolean"], "left": ["type": "number"], "right": ["type": "number"],
          ],
          "required": ["name", "holds", "left", "right"],
          "additionalProperties": false,
        ],
      ],
      "summary": ["type": "string", "description": "For people."],
      "sources": [
        "type": "object", "additionalProperties": ["const": "model"],
        "description": "What was not found by rules but said by a model; it stands in the text.",
      ],
      "model": asked,
    ],
    "required": [
      "company", "address", "date", "time", "items", "subtotal", "service_charge", "discount", "tax", "rounding",
      "total", "cash", "change", "currency", "confidence", "checks",
      "summary",
    ],
    "additionalProperties": false,
  ]
}
