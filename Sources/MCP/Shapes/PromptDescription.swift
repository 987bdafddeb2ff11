package import JSON

/// A prompt that a server has ready.
package struct PromptDescription: Sendable, Equatable {
  package struct Argument: Sendable, Equatable {
    package var name: String
    package var title: String?
    package var description: String?
    package var isRequired: Bool

    package init(name: String, title: String? = nil, description: String? = nil, isRequired: Bool = false) {
      self.name = name
      self.title = title
      self.description = description
      self.isRequired = isRequired
    }

    init(_ json: JSON) throws(ShapeError) {
      let object = try objectOf(json, "a prompt's argument")
      name = try object.text("name")
      title = object.optionalText("title")
      description = object.optionalText("description")
      isRequired = object["required"]?.boolValue == true
    }

    var json: JSON {
      var object: JSONObject = ["name": .string(name)]
      object.set("title", title)
      object.set("description", description)
      if isRequired { object["required"] = true }
      return .object(object)
    }
  }

  static let mostArguments = 256

  package var name: String
  package var title: String?
  package var description: String?
  package var arguments: [Argument]

  package init(name: String, title: String? = nil, description: String? = nil, arguments: [Argument] = []) {
    self.name = name
    self.title = title
    self.description = description
    self.arguments = arguments
  }

  package init(_ json: JSON) throws(ShapeError) {
    let object = try objectOf(json, "a prompt")
    name = try object.text("name")
    title = object.optionalText("title")
    description = object.optionalText("description")
    arguments = []
    guard case .array? = object["arguments"] else { return }
    for argument in try object.array("arguments", atMost: Self.mostArguments) {
      arguments.append(try Argument(argument))
    }
  }

  package var json: JSON {
    var object: JSONObject = ["name": .string(name)]
    object.set("title", title)
    object.set("description", description)
    if !arguments.isEmpty { object["arguments"] = .array(arguments.map { $0.json }) }
    return .object(object)
  }
}
