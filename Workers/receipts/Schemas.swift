internal import WorkerKit

/// What the tools take and give.
enum Schemas {
  // MARK: receipt_ocr

  private static let digest: JSON = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

  private static let artifact: JSON = [
    "type": "object",
    "properties": [
      "artifact": digest, "bytes": ["type": "integer", "minimum": 0], "media_type": ["type": "string"],
      "name": ["type": "string"],
    ],
    "required": ["artifact"],
    "additionalProperties": false,
  ]

  private static let location: JSON = ["type": "string", "minLength": 1, "maxLength": 4096]

  static let image: JSON = [
    "type": "object",
    "properties": [
      "image": [
        "anyOf": [location, artifact],
        "description": "An artifact, or the absolute path of a file that needs.read covers. At most 32 MiB.",
      ],
      "image_uri": ["anyOf": [location, artifact], "description": "The same; a file by its file: URI."],
      "artifact": ["anyOf": [digest, artifact], "description": "An artifact, or its SHA-256."],
      "language": [
        "type": "string", "pattern": "^[A-Za-z0-9_]{2,32}(\\+[A-Za-z0-9_]{2,32}){0,7}$", "default": "eng",
        "description": "Languages of the text as tesseract names them, joined with '+'.",
      ],
      "layout": [
        "enum": ["block", "column", "page", "sparse"], "default": "block",
        "description": "How the text is set; 'block' keeps the rows of a receipt whole.",
      ],
      "min_words": [
        "type": "integer", "minimum": 0, "maximum": 1000, "default": 3,
        "description": "With fewer words the image is an error: it holds no text that can be read.",
      ],
    ],
    "oneOf": [["required": ["image"]], ["required": ["image_uri"]], ["required": ["artifact"]]],
    "additionalProperties": false,
  ]

  private static let pixels: JSON = ["type": "integer"]
  private static let percent: JSON = ["type": "number", "minimum": 0, "maximum": 100]

  private static func box(_ more: JSONObject) -> JSON {
    var properties: JSONObject = [
      "text": ["type": "string"], "left": pixels, "top": pixels, "width": pixels, "height": pixels,
    ]
    for member in more.members { properties[member.key] = member.value }
    return ["type": "object", "properties": .object(properties), "required": ["text"], "additionalProperties": false]
  }

  private static let page: JSONObject = [
    "text": ["type": "string", "description": "The lines, one below the other."],
    "lines": [
      "type": "array", "maxItems": 50_000,
      "items": box(["words": ["type": "array", "maxItems": 50_000, "items": box(["confidence": percent])]]),
      "description": "Boxes are in pixels from the upper left corner.",
    ],
    "width": pixels, "height": pixels,
    "confidence": percent, "engine": ["type": "string"],
  ]

  static let imageText: JSON = [
    "type": "object",
    "properties": .object(page),
    "required": ["text", "lines", "width", "height", "confidence", "engine"],
    "additionalProperties": false,
  ]

  // MARK: line_item_parser

  static let parse: JSON = {
    var properties = page
    properties["ocr"] = ["type": "object", "description": "What receipt_ocr gave.", "properties": .object(page)]
    properties["date_order"] = [
      "enum": ["DMY", "MDY"], "default": "DMY", "description": "How a date such as 03/04/2018 is meant.",
    ]
    return [
      "type": "object",
      "description": "A text, or what receipt_ocr gave: as 'ocr' or as the whole input.",
      "properties": .object(properties),
      "anyOf": [["required": ["text"]], ["required": ["lines"]], ["required": ["ocr"]]],
      "additionalProperties": false,
    ]
  }()

  private static let text: JSON = ["type": ["string", "null"]]
  private static let amount: JSON = ["type": ["number", "null"]]
  private static let share: JSON = ["type": "number", "minimum": 0, "maximum": 1]

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
    ],
    "required": [
      "company", "address", "date", "time", "items", "subtotal", "service_charge", "discount", "tax", "rounding",
      "total", "cash", "change", "currency", "confidence", "checks",
    ],
    "additionalProperties": false,
  ]

  // MARK: expense_categorizer

  static let expenses: JSON = [
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
    ],
    "required": ["items"],
    "additionalProperties": false,
  ]

  static let categorized: JSON = [
    "type": "object",
    "properties": [
      "items": [
        "type": "array",
        "items": [
          "type": "object",
          "properties": ["category": ["type": "string"], "confidence": share, "reason": ["type": "string"]],
          "required": ["category", "confidence", "reason"],
        ],
      ],
      "totals": ["type": "object", "additionalProperties": ["type": "number"]],
      "total": ["type": "number"],
    ],
    "required": ["items", "totals", "total"],
    "additionalProperties": false,
  ]
}
