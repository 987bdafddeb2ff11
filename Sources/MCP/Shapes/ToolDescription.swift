package import JSON

/// A tool as its server describes it. Nothing of it is to be trusted.
package struct ToolDescription: Sendable, Equatable {
  /// What the server says of the tool's effects.
  package struct Hints: Sendable, Equatable {
    package var title: String?
    package var readOnly: Bool?
    package var destructive: Bool?
    package var idempotent: Bool?
    package var openWorld: Bool?

    package init() {}

    init(_ object: JSONObject) {
      title = object.optionalText("title")
      readOnly = object["readOnlyHint"]?.boolValue
      destructive = object["destructiveHint"]?.boolValue
      idempotent = object["idempotentHint"]?.boolValue
      openWorld = object["openWorldHint"]?.boolValue
    }

    package var object: JSONObject {
      var object = JSONObject()
      object.set("title", title)
      object.set("readOnlyHint", readOnly)
      object.set("destructiveHint", destructive)
      object.set("idempotentHint", idempotent)
      object.set("openWorldHint", openWorld)
      return object
    }
  }

  package var name: String
  package var title: String?
  package var description: String?
  /// JSON Schema 2020-12 unless it says otherwise; of type object.
  package var inputSchema: JSONObject
  package var outputSchema: JSONObject?
  package var hints: Hints
  /// Can only be called as a task (2025-11-25), which we do not do.
  package var requiresTask = false
  package var meta: JSONObject?

  package init(
    name: String,
    title: String? = nil,
    description: String? = nil,
    inputSchema: JSONObject,
    outputSchema: JSONObject? = nil,
    hints: Hints = Hints(),
    meta: JSONObject? = nil
  ) {
    self.name = name
    self.title = title
    self.description = description
    self.inputSchema = inputSchema
    self.outputSchema = outputSchema
    self.hints = hints
    self.meta = meta
  }

  package init(_ json: JSON) throws(ShapeError) {
    let object = try objectOf(json, "a tool")
    name = try object.text("name")
    if name.isEmpty { throw ShapeError("a tool without a name") }
    title = object.optionalText("title")
    description = object.optionalText("description")
    inputSchema = try object.object("inputSchema")
    outputSchema = object.optionalObject("outputSchema")
    hints = Hints(object.optionalObject("annotations") ?? [:])
    requiresTask = object["execution"]?["taskSupport"]?.stringValue == "required"
    meta = object.optionalObject("_meta")
  }

  package var json: JSON {
    var object: JSONObject = ["name": .string(name)]
    object.set("title", title)
    object.set("description", description)
    object["inputSchema"] = .object(inputSchema)
    object.set("outputSchema", outputSchema)
    if !hints.object.isEmpty { object["annotations"] = .object(hints.object) }
    object.set("_meta", meta)
    return .object(object)
  }
}
