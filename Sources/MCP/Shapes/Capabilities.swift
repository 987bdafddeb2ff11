package import JSON

/// Who a peer says it is; for people, never decided upon.
package struct Implementation: Sendable, Equatable {
  package var name: String
  package var version: String
  package var title: String?

  package init(name: String, version: String, title: String? = nil) {
    self.name = name
    self.version = version
    self.title = title
  }

  /// nil: the value is none.
  package init?(_ json: JSON?) {
    guard case .object(let object)? = json, let name = object.optionalText("name") else { return nil }
    self.init(
      name: name.cut(toBytes: 256),
      version: (object.optionalText("version") ?? "").cut(toBytes: 256),
      title: object.optionalText("title")?.cut(toBytes: 256)
    )
  }

  package var json: JSON {
    var object: JSONObject = ["name": .string(name), "version": .string(version)]
    object.set("title", title)
    return .object(object)
  }
}

/// What a client can do for a server.
package struct ClientCapabilities: Sendable, Equatable {
  package var roots: Bool
  package var sampling: Bool
  /// Forms.
  package var elicitation: Bool
  /// Addresses that a person is sent to.
  package var urlElicitation: Bool

  package init(roots: Bool = false, sampling: Bool = false, elicitation: Bool = false, urlElicitation: Bool = false) {
    self.roots = roots
    self.sampling = sampling
    self.elicitation = elicitation
    self.urlElicitation = urlElicitation
  }

  /// What `object` says; an `elicitation` that names no mode means forms.
  package init(_ object: JSONObject) {
    roots = object["roots"]?.objectValue != nil
    sampling = object["sampling"]?.objectValue != nil
    let modes = object.optionalObject("elicitation")
    let hasURL = modes?["url"]?.objectValue != nil
    urlElicitation = hasURL
    elicitation = modes.map { $0["form"]?.objectValue != nil || !hasURL } ?? false
  }

  package var object: JSONObject {
    var object = JSONObject()
    if roots { object["roots"] = [:] }
    if sampling { object["sampling"] = [:] }
    var modes = JSONObject()
    if elicitation { modes["form"] = [:] }
    if urlElicitation { modes["url"] = [:] }
    if !modes.isEmpty { object["elicitation"] = .object(modes) }
    return object
  }
}

/// What a server has.
package struct ServerCapabilities: Sendable, Equatable {
  package var tools: Bool
  package var toolsListChanged: Bool
  package var resources: Bool
  package var resourcesListChanged: Bool
  package var prompts: Bool
  package var promptsListChanged: Bool
  package var completions: Bool
  package var logging: Bool

  package init(_ object: JSONObject = [:]) {
    func has(_ key: String) -> Bool { object[key]?.objectValue != nil }
    func changes(_ key: String) -> Bool { object[key]?["listChanged"]?.boolValue == true }
    tools = has("tools")
    toolsListChanged = changes("tools")
    resources = has("resources")
    resourcesListChanged = changes("resources")
    prompts = has("prompts")
    promptsListChanged = changes("prompts")
    completions = has("completions")
    logging = has("logging")
  }

  package var object: JSONObject {
    var object = JSONObject()
    func list(_ changes: Bool) -> JSON { changes ? ["listChanged": true] : [:] }
    if tools { object["tools"] = list(toolsListChanged) }
    if resources { object["resources"] = list(resourcesListChanged) }
    if prompts { object["prompts"] = list(promptsListChanged) }
    if completions { object["completions"] = [:] }
    if logging { object["logging"] = [:] }
    return object
  }
}
