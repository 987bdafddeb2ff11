package import JSON
package import Wire

/// A named plan with typed parameters. `protocol/requests.md` has the form.
package struct Recipe: Sendable {
  package let name: String
  package let description: String
  /// Requests that it serves.
  package let examples: [String]
  /// JSON Schema of an object.
  package let parameters: JSON
  /// With `param:NAME` where a parameter's value is to stand.
  package let plan: JSON
  let schema: JSONSchema

  /// Reads one recipe. The first mistake ends it, named with its path in the document.
  package init(_ json: JSON) throws(WireError) {
    var fields = try Fields(json, at: "")
    _ = try fields.optional("$schema", String.self)
    name = try fields.require("name")
    guard Tool.isValidName(name) else {
      throw .invalidParams(
        "/name",
        "\(quoted(name)) is no name: 1 to \(Limit.toolNameBytes) of A-Z a-z 0-9 _ . - are due"
      )
    }
    description = try fields.require("description")
    examples = try fields.strings("examples", limit: 64) ?? []
    for (i, text) in ([description] + examples).enumerated() where text.utf8.count > Limit.descriptionBytes {
      let path = i == 0 ? "/description" : "/examples/\(i - 1)"
      throw .limitExceeded("description_bytes", "'\(path)'", value: text.utf8.count, limit: Limit.descriptionBytes)
    }
    parameters = try fields.optional("parameters") ?? ["type": "object", "additionalProperties": false]
    guard parameters["type"] == "object" else {
      throw .invalidParams("/parameters", "'/parameters' does not describe an object")
    }
    plan = .object(try fields.require("plan", JSONObject.self))
    try fields.finish()
    do throws(JSONSchemaError) {
      schema = try JSONSchema(parameters)
    } catch {
      throw .invalidParams("/parameters", "'/parameters' cannot be used: \(error)")
    }
    let declared = Set(parameters["properties"]?.objectValue?.members.map(\.key) ?? [])
    for used in ParameterText.names(in: plan).sorted() where !declared.contains(used) {
      throw .invalidParams("/plan", "the plan uses the parameter \(quoted(used)), which '/parameters' does not have")
    }
  }

  /// The tools of its steps.
  package var tools: Set<String> { Set((plan["steps"]?.arrayValue ?? []).compactMap { $0["tool"]?.stringValue }) }

  /// Parameters that take a file: name, and the media types that they take (`image/*`); empty: any.
  package var files: [(name: String, mediaTypes: [String])] {
    (parameters["properties"]?.objectValue?.members ?? []).compactMap { member in
      guard member.value["format"] == "artifact" else { return nil }
      return (member.key, (member.value["media_types"]?.arrayValue ?? []).compactMap(\.stringValue))
    }
  }

  /// The plan with `values` in the places of its parameters, defaults where one is missing. A member or element that is
  /// nothing but a parameter without a value is left out.
  ///
  /// Throws `invalid_input` with every violation of the parameters' schema (`data.violations`: `path`, `message`).
  package func plan(with values: JSONObject) throws(WireError) -> JSON {
    var values = values
    for member in parameters["properties"]?.objectValue?.members ?? [] where values[member.key] == nil {
      if let value = member.value["default"] { values[member.key] = value }
    }
    let violations = schema.violations(in: .object(values))
    if let first = violations.first {
      let more = violations.count > 1 ? " (and \(violations.count - 1) more)" : ""
      throw WireError(
        .invalidInput,
        "parameters of recipe '\(name)': \(first.message)\(more)",
        data: [
          "recipe": .string(name),
          "violations": .array(violations.map { ["path": .string($0.path), "message": .string($0.message)] }),
        ]
      )
    }
    var plan = try ParameterText(values: values).fill(plan) ?? [:]
    if case .object(var object) = plan, object["description"] == nil {
      object["description"] = .string(description)
      plan = .object(object)
    }
    return plan
  }

  /// How it is offered; `trouble` says why it cannot be run.
  package func summary(trouble: String? = nil, withPlan: Bool = false) -> RecipeSummary {
    RecipeSummary(
      name: name,
      description: description,
      examples: examples,
      parameters: parameters,
      trouble: trouble,
      plan: withPlan ? .some(plan) : .none
    )
  }
}
