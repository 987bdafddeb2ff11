internal import ClientKit
internal import JSON
internal import Wire

/// Turns what was typed into values of a recipe's parameters, by its schema.
struct RecipeParameters {
  private let properties: [(name: String, schema: JSON)]
  private let recipe: String

  init(_ schema: JSON, _ recipe: String) {
    properties = (schema["properties"]?.objectValue?.members ?? []).map { ($0.key, $0.value) }
    self.recipe = recipe
  }

  func values(
    _ settings: [(name: String, text: String)],
    _ files: [GivenFile],
    _ client: BulkheadClient
  ) async throws(Failure) -> JSONObject {
    var values = JSONObject()
    for (name, text) in settings {
      guard let schema = properties.first(where: { $0.name == name })?.schema else { throw unknown(name) }
      values[name] =
        schema["format"] == "artifact"
        ? try await GivenFile("\(name)=\(text)").upload(client).json : try value(text, schema, name)
    }
    for file in files {
      let name = try place(of: file, values)
      values[name] = try await file.upload(client).json
    }
    return values
  }

  /// The parameter that a file is for: the one it names, or the only one that takes a file and has none.
  private func place(of file: GivenFile, _ values: JSONObject) throws(Failure) -> String {
    let open = properties.filter { $0.schema["format"] == "artifact" && values[$0.name] == nil }.map(\.name)
    if file.isNamed {
      guard open.contains(file.name) else {
        throw Failure(usage: "recipe '\(recipe)' takes no file \(quoted(file.name)), or has it already")
      }
      return file.name
    }
    guard let only = open.first else { throw Failure(usage: "recipe '\(recipe)' takes no further file") }
    guard open.count == 1 else {
      let names = open.map { "'\($0)'" }.joined(separator: ", ")
      throw Failure(usage: "recipe '\(recipe)' takes the files \(names): say which with --file NAME=\(file.path)")
    }
    return only
  }

  /// A text where the schema wants one, else a JSON value.
  private func value(_ text: String, _ schema: JSON, _ name: String) throws(Failure) -> JSON {
    let types =
      schema["type"]?.arrayValue?.compactMap(\.stringValue) ?? [schema["type"]?.stringValue].compactMap(\.self)
    if types == ["string"] { return .string(text) }
    if let value = try? JSON(parsing: Array(text.utf8)) { return value }  // Safety: what is no JSON is a text, below.
    if types.isEmpty || types.contains("string") { return .string(text) }
    let due = types.joined(separator: " or ")
    throw Failure(usage: "'--set \(name)' is \(quoted(text)) where \(due) is due")
  }

  private func unknown(_ name: String) -> Failure {
    let hint = nearest(to: name, among: properties.map(\.name)).map { " (did you mean '\($0)'?)" } ?? ""
    return Failure(usage: "recipe '\(recipe)' has no parameter \(quoted(name))\(hint)")
  }
}
