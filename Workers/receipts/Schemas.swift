internal import WorkerKit

/// What the tools take and give. Here: `receipt_ocr`.
enum Schemas {
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
      "readings": [
        "type": "integer", "minimum": 1, "maximum": 3, "default": 3,
        "description":
          "How often the image may be read, each time with other settings; again only when total or date are in doubt.",
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

  private static let lines: JSON = [
    "type": "array", "maxItems": 50_000,
    "items": box(["words": ["type": "array", "maxItems": 50_000, "items": box(["confidence": percent])]]),
    "description": "Boxes are in pixels from the upper left corner.",
  ]

  static let page: JSONObject = [
    "text": ["type": "string", "description": "The lines, one below the other."],
    "lines": lines, "width": pixels, "height": pixels,
    "confidence": percent, "engine": ["type": "string"],
    "readings": [
      "type": "array", "maxItems": 3,
      "items": [
        "type": "object",
        "properties": ["settings": ["type": "string"], "lines": lines, "confidence": percent],
        "required": ["lines"],
        "additionalProperties": false,
      ],
      "description": "What else was read from the same image, with other settings.",
    ],
  ]

  static let imageText: JSON = [
    "type": "object",
    "properties": .object(page),
    "required": ["text", "lines", "width", "height", "confidence", "engine"],
    "additionalProperties": false,
  ]
}
