internal import JSON

/// Schemas of the texts that a model may write where a value is due, as definitions of the answer's schema. Their patterns
/// are made for grammars: no class in them holds a quotation mark, a backslash or a control character, which would end or
/// break the text they stand in.
struct ReferenceSchemas {
  /// What stands in the answer's `$defs`.
  let definitions: JSONObject
  private let prefix: String
  private let hasFiles: Bool

  /// Types of a value, as schemas name them.
  static let types = ["string", "number", "boolean", "array", "object"]

  /// Any reference, for a model that is trusted with them.
  init(files: [RequestFile]) {
    prefix = "any-"
    hasFiles = !files.isEmpty
    let open: JSON = ["type": "string", "pattern": "^(step|item):[A-Za-z0-9_.~#/-]{1,200}$"]
    var definitions: JSONObject = ["text": ["type": "string"]]
    for type in Self.types { definitions["any-\(type)"] = open }
    if hasFiles { definitions["file"] = Self.names(files) }
    self.definitions = definitions
  }

  /// References to some steps alone, whole or to a place that one of their tools has and whose type fits.
  ///
  /// - Parameter id: of the step whose input refers to them.
  init(files: [RequestFile], of id: String, to ids: [String], places: [OutputPlace]) {
    prefix = id + "-"
    hasFiles = !files.isEmpty
    var definitions: JSONObject = ["text": Self.literal]
    if hasFiles { definitions["file"] = Self.names(files) }
    let steps = ids.map { $0.replacing(".", with: "\\.") }.joined(separator: "|")
    for type in Self.types where !ids.isEmpty {
      let names = places.filter { $0.types.contains(type) }.map(\.name).joined(separator: "|")
      // The output of a tool is an object.
      let place = names.isEmpty ? "" : "#/(\(names))"
      if place.isEmpty, type != "object" { continue }
      let end = type == "object" && !place.isEmpty ? "(\(place))?" : place
      definitions[prefix + type] = ["type": "string", "pattern": .string("^step:(\(steps))\(end)$")]
    }
    self.definitions = definitions
  }

  /// A text that cannot be taken for a reference: without a colon and braces, or an address.
  private static let literal: JSON = [
    "type": "string", "pattern": "^(https?://[A-Za-z0-9_.~/?=&%+-]{1,200}|[^\":\\\\{}\\x00-\\x1F]{0,160})$",
  ]

  private static func names(_ files: [RequestFile]) -> JSON { ["enum": .array(files.map { .string($0.reference) })] }

  /// A reference to a value of one of these types; a file of the request where one is taken.
  func schemas(for types: [String], takesFiles: Bool) -> [JSON] {
    let names = types.map { prefix + ($0 == "integer" ? "number" : $0) }.filter { definitions[$0] != nil }
    return (names + (takesFiles && hasFiles ? ["file"] : [])).map(Self.reference)
  }

  var text: JSON { Self.reference("text") }

  private static func reference(_ name: String) -> JSON { ["$ref": .string("#/$defs/\(name)")] }
}

/// A member of what some tool gives.
struct OutputPlace: Sendable, Equatable {
  let name: String
  var types: Set<String>

  private static let limit = 48

  /// Of the first level of the tools' outputs, those whose names need no escaping.
  static func all(of tools: [CatalogTool]) -> [OutputPlace] {
    var places: [OutputPlace] = []
    for member in tools.flatMap({ $0.output?["properties"]?.objectValue?.members ?? [] }) where isPlain(member.key) {
      let types = Set(member.value.typeNames.map { $0 == "integer" ? "number" : $0 })
      if let known = places.firstIndex(where: { $0.name == member.key }) {
        places[known].types.formUnion(types)
      } else if places.count < limit {
        places.append(OutputPlace(name: member.key, types: types))
      }
    }
    return places
  }

  private static func isPlain(_ name: String) -> Bool {
    (1...40).contains(name.utf8.count)
      && name.utf8.allSatisfy {
        (97...122).contains($0) || (65...90).contains($0) || (48...57).contains($0) || $0 == 95
      }
  }
}

extension JSON {
  /// The types that a schema names, its choices' among them; all of them where it names none.
  var typeNames: [String] {
    if let name = self["type"]?.stringValue { return [name] }
    if let names = self["type"]?.arrayValue { return names.compactMap(\.stringValue) }
    if self["properties"] != nil || self["format"]?.stringValue == "artifact" { return ["object"] }
    if let choices = (self["anyOf"] ?? self["oneOf"])?.arrayValue { return choices.prefix(8).flatMap(\.typeNames) }
    if let values = self["enum"]?.arrayValue { return Array(Set(values.map(\.typeName))) }
    return ReferenceSchemas.types
  }

  /// Whether an artifact may stand here.
  var takesArtifact: Bool {
    isArtifact || ((self["anyOf"] ?? self["oneOf"])?.arrayValue ?? []).contains { $0.isArtifact }
  }
}
