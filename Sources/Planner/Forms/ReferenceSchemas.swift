internal import JSON

/// Schemas of the texts that a model may write where a value is due. Their patterns are made for grammars: no class in them
/// holds a quotation mark, a backslash or a control character, which would end or break the text they stand in.
enum ReferenceSchemas {
  /// Any reference, for a model that is trusted with them.
  static let open: JSON = ["type": "string", "pattern": "^(step|item):[A-Za-z0-9_.~#/-]{1,200}$"]

  /// A text that cannot be taken for a reference: without a colon and braces, or an address.
  static let literal: JSON = [
    "type": "string", "pattern": "^(https?://[A-Za-z0-9_.~/?=&%+-]{1,200}|[^\":\\\\{}\\x00-\\x1F]{0,160})$",
  ]

  static func files(_ files: [RequestFile]) -> [JSON] {
    files.isEmpty ? [] : [["enum": .array(files.map { .string($0.reference) })]]
  }

  /// A reference to one of `ids`, whole or to one of `names` in it.
  static func steps(_ ids: [String], places names: [String]) -> [JSON] {
    if ids.isEmpty { return [] }
    let id = ids.map { $0.replacing(".", with: "\\.") }.joined(separator: "|")
    let place = names.isEmpty ? "" : "(#/(\(names.joined(separator: "|"))))?"
    return [["type": "string", "pattern": .string("^step:(\(id))\(place)$")]]
  }

  private static let placesShown = 48

  /// Names of the first level of the tools' outputs, those that need no escaping.
  static func places(of tools: [CatalogTool]) -> [String] {
    var seen: Set<String> = []
    let names = tools.flatMap { $0.output?["properties"]?.objectValue?.keys ?? [] }.filter { name in
      (1...40).contains(name.utf8.count) && seen.insert(name).inserted
        && name.utf8.allSatisfy {
          (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95
        }
    }
    return Array(names.prefix(placesShown))
  }
}
