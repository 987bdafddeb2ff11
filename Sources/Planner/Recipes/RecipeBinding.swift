package import JSON

/// What a recipe's parameters stand for in a request, where that is beyond doubt.
extension Recipe {
  /// Each file goes to the one parameter that takes its media type; other parameters come from members of the request's
  /// context with their name. nil: a required one has no value, a file could go to several places, or to none.
  package func bound(to request: PlanningRequest) -> JSONObject? {
    let members = parameters["properties"]?.objectValue?.members ?? []
    let required = Set((parameters["required"]?.arrayValue ?? []).compactMap(\.stringValue))
    var files = request.files
    var bound = JSONObject()
    // Required ones first: what is left may be for the others.
    for isRequired in [true, false] {
      for member in members where required.contains(member.key) == isRequired {
        if let found = Self.file(for: member, &files, isRequired) {
          bound[member.key] = found
        } else if !member.value.takesFiles, let given = request.context[member.key] {
          bound[member.key] = given
        } else if isRequired, member.value["default"] == nil {
          return nil
        }
      }
    }
    return files.isEmpty && mistakes(in: bound).isEmpty ? bound : nil
  }

  private static func file(
    for member: JSONObject.Member,
    _ files: inout [RequestFile],
    _ isRequired: Bool
  ) -> JSON? {
    if let items = member.value["items"], items.isArtifact {
      let types = items.mediaTypes
      let taken = files.filter { $0.fits(types) }
      files.removeAll { $0.fits(types) }
      return taken.isEmpty ? Optional<JSON>.none : .array(taken.map(\.artifact))
    }
    guard member.value.isArtifact else { return nil }
    var fitting = files.filter { $0.fits(member.value.mediaTypes) }
    if fitting.count > 1 { fitting = fitting.filter { $0.name == member.key } }
    guard fitting.count == 1, let file = fitting.first else { return nil }
    files.removeAll { $0 == file }
    return file.artifact
  }

  /// Where values do not fit the parameters' schema, the defaults that will be filled in taken into account.
  func mistakes(in values: JSONObject) -> [Mistake] {
    var values = values
    for member in parameters["properties"]?.objectValue?.members ?? [] where values[member.key] == nil {
      if let value = member.value["default"] { values[member.key] = value }
    }
    do throws(JSONSchemaError) {
      return try JSONSchema(parameters).violations(in: .object(values), limit: Mistake.shown).map {
        Mistake(path: "/parameters" + $0.path, name: "invalid_input", message: $0.message)
      }
    } catch {
      return [Mistake(path: "/parameters", name: "invalid_value", message: "recipe '\(name)' cannot be used: \(error)")]
    }
  }
}

extension JSON {
  /// Of an artifact's schema; none: any.
  fileprivate var mediaTypes: [String] { (self["media_types"]?.arrayValue ?? []).compactMap(\.stringValue) }

  fileprivate var takesFiles: Bool { isArtifact || self["items"]?.isArtifact == true }
}
