public import JSON

/// A named plan with parameters, as it is offered.
public struct RecipeSummary: Sendable, Equatable {
  public var name: String
  public var description: String
  /// Requests that it serves.
  public var examples: [String]
  /// JSON Schema of an object; a member that takes a file has `"format": "artifact"`.
  public var parameters: JSON
  /// Why it cannot be run at the moment; nil: it can.
  public var trouble: String?
  /// With its parameters still open; only where one recipe was asked for.
  public var plan: JSON?

  public init(
    name: String,
    description: String,
    examples: [String],
    parameters: JSON,
    trouble: String? = nil,
    plan: JSON? = nil
  ) {
    self.name = name
    self.description = description
    self.examples = examples
    self.parameters = parameters
    self.trouble = trouble
    self.plan = plan
  }
}

extension RecipeSummary: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(
      name: try fields.require("name"),
      description: try fields.require("description"),
      examples: try fields.strings("examples") ?? [],
      parameters: try fields.require("parameters"),
      trouble: try fields.optional("trouble"),
      plan: try fields.optional("plan")
    )
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    writer.member("description", description)
    if !examples.isEmpty { writer.member("examples", examples) }
    writer.member("parameters", parameters)
    writer.member("trouble", trouble)
    writer.member("plan", plan)
  }
}

/// A recipe with what its parameters stand for.
public struct RecipeChoice: Sendable, Equatable {
  public var name: String
  public var parameters: JSONObject

  public init(name: String, parameters: JSONObject = JSONObject()) {
    self.name = name
    self.parameters = parameters
  }
}

extension RecipeChoice: WireBody {
  package init(from fields: inout Fields) throws(WireError) {
    self.init(name: try fields.require("name"), parameters: try fields.optional("parameters") ?? JSONObject())
  }

  package func encode(into writer: inout JSONWriter) {
    writer.member("name", name)
    if parameters.count > 0 { writer.member("parameters", JSON.object(parameters)) }
  }
}
