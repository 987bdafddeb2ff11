package import JSON

/// What a server asks of a client while it works.
package enum Question: Sendable, Equatable {
  case elicit(Elicitation)
  case sample(SamplingRequest)
  case roots

  package var method: String {
    switch self {
    case .elicit: "elicitation/create"
    case .sample: "sampling/createMessage"
    case .roots: "roots/list"
    }
  }

  /// nil: a method that is no question.
  package init?(method: String, params: JSONObject) throws(ShapeError) {
    switch method {
    case "elicitation/create": self = .elicit(try Elicitation(params))
    case "sampling/createMessage": self = .sample(try SamplingRequest(params))
    case "roots/list": self = .roots
    default: return nil
    }
  }

  package var params: JSONObject {
    switch self {
    case .elicit(let elicitation): elicitation.object
    case .sample(let request): request.object
    case .roots: [:]
    }
  }
}

/// What a person is asked.
package enum Elicitation: Sendable, Equatable {
  /// A flat object of primitive values, by its schema.
  case form(message: String, schema: JSONObject)
  /// An address to visit.
  case url(message: String, url: String)

  package init(_ params: JSONObject) throws(ShapeError) {
    let message = try params.text("message")
    switch params.optionalText("mode") {
    case "url": self = .url(message: message, url: try params.text("url"))
    case nil, "form": self = .form(message: message, schema: try params.object("requestedSchema"))
    case let mode?: throw ShapeError("the unknown mode \(quoted(mode)) of an elicitation")
    }
  }

  package var object: JSONObject {
    switch self {
    case .form(let message, let schema):
      ["mode": "form", "message": .string(message), "requestedSchema": .object(schema)]
    case .url(let message, let url): ["mode": "url", "message": .string(message), "url": .string(url)]
    }
  }

  /// What was said.
  package enum Answer: Sendable, Equatable {
    case accept(JSONObject)
    case decline
    case cancel

    package init(_ result: JSONObject) throws(ShapeError) {
      switch try result.text("action") {
      case "accept": self = .accept(result.optionalObject("content") ?? [:])
      case "decline": self = .decline
      case "cancel": self = .cancel
      case let action: throw ShapeError("the unknown action \(quoted(action)) of an elicitation")
      }
    }

    package var object: JSONObject {
      switch self {
      case .accept(let content): ["action": "accept", "content": .object(content)]
      case .decline: ["action": "decline"]
      case .cancel: ["action": "cancel"]
      }
    }
  }
}

/// What a model is asked.
package struct SamplingRequest: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package var role: String
    package var content: [ContentBlock]
  }

  package var messages: [Line]
  package var systemPrompt: String?
  package var maxTokens: Int64
  package var temperature: Double?
  package var stopSequences: [String]
  /// Names of models, by preference; hints only.
  package var modelHints: [String]
  /// The request has tools of its own, which a client without `sampling.tools` refuses.
  package var hasTools: Bool
  /// As it came.
  package let object: JSONObject

  package init(_ params: JSONObject) throws(ShapeError) {
    object = params
    messages = []
    for item in try params.array("messages", atMost: 1024) {
      let line = try objectOf(item, "a message for a model")
      let content = line["content"] ?? .null
      var blocks: [ContentBlock] = []
      for block in content.arrayValue?.prefix(1024).map({ $0 }) ?? [content] { blocks.append(try ContentBlock(block)) }
      messages.append(Line(role: try line.text("role"), content: blocks))
    }
    systemPrompt = params.optionalText("systemPrompt")
    guard let tokens = params["maxTokens"]?.integerValue, tokens > 0 else {
      throw ShapeError("'maxTokens' is no positive integer")
    }
    maxTokens = tokens
    temperature = params["temperature"]?.doubleValue
    stopSequences = params["stopSequences"]?.arrayValue?.prefix(16).compactMap { $0.stringValue } ?? []
    let hints = params["modelPreferences"]?["hints"]?.arrayValue ?? []
    modelHints = hints.prefix(16).compactMap { $0["name"]?.stringValue }
    hasTools = params["tools"]?.arrayValue?.isEmpty == false
  }
}

/// What a model said.
package struct SamplingAnswer: Sendable, Equatable {
  package var role: String
  package var content: ContentBlock
  package var model: String
  /// `endTurn`, `stopSequence`, `maxTokens`.
  package var stopReason: String?

  package init(role: String = "assistant", content: ContentBlock, model: String, stopReason: String? = nil) {
    self.role = role
    self.content = content
    self.model = model
    self.stopReason = stopReason
  }

  package var object: JSONObject {
    var object: JSONObject = ["role": .string(role), "content": content.json, "model": .string(model)]
    object.set("stopReason", stopReason)
    return object
  }
}

/// A folder that a server may regard as its place.
package struct Root: Sendable, Equatable {
  /// A `file:` address.
  package var uri: String
  package var name: String?

  package init(uri: String, name: String? = nil) {
    self.uri = uri
    self.name = name
  }

  package static func result(_ roots: [Root]) -> JSONObject {
    [
      "roots": .array(
        roots.map { root in
          var object: JSONObject = ["uri": .string(root.uri)]
          object.set("name", root.name)
          return .object(object)
        }
      )
    ]
  }
}
