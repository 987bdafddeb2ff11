package import JSON

/// A file that came with a request.
package struct RequestFile: Sendable, Equatable {
  package var name: String
  package var mediaType: String
  package var bytes: Int64
  /// The artifact object, as steps get it.
  package var artifact: JSON

  /// nil: no file.
  package init?(_ json: JSON) {
    guard let name = json["name"]?.stringValue, !name.isEmpty, json["artifact"]?.stringValue != nil else { return nil }
    self.name = name
    mediaType = json["media_type"]?.stringValue ?? "application/octet-stream"
    bytes = json["bytes"]?.integerValue ?? 0
    artifact = json
  }

  /// Whether its media type is one of `types`: `image/png`, `image/*`, `*/*`. None: any.
  package func fits(_ types: [String]) -> Bool {
    let own = mediaType.lowercased().split(separator: ";").first.map(String.init) ?? ""
    return types.isEmpty
      || types.contains { type in
        let type = type.lowercased()
        if type == "*/*" || type == "*" { return true }
        return type.hasSuffix("/*") ? own.hasPrefix(type.dropLast()) : own == type
      }
  }

  /// What stands for it in a plan.
  package var reference: String { "file:" + name }
}

extension JSON {
  /// The value with each string that is exactly `file:NAME` of a file replaced by its artifact.
  package func replacing(_ files: [RequestFile]) -> JSON {
    switch self {
    case .string(let text):
      guard text.hasPrefix("file:"), let file = files.first(where: { $0.reference == text }) else { return self }
      return file.artifact
    case .array(let elements): return .array(elements.map { $0.replacing(files) })
    case .object(let object): return .object(JSONObject(object.members.map { ($0.key, $0.value.replacing(files)) }))
    default: return self
    }
  }
}
