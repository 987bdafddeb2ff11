package import JSON

/// What a tool said.
package struct ToolAnswer: Sendable, Equatable {
  package var content: [ContentBlock]
  /// Any JSON (an object, before 2026-07-28).
  package var structured: JSON?
  /// The tool itself failed; `content` says why.
  package var isError: Bool
  package var meta: JSONObject?

  package init(_ content: [ContentBlock], structured: JSON? = nil, isError: Bool = false, meta: JSONObject? = nil) {
    self.content = content
    self.structured = structured
    self.isError = isError
    self.meta = meta
  }

  package init(_ result: JSONObject, _ limits: MCPLimits = MCPLimits()) throws(ShapeError) {
    content = []
    structured = result["structuredContent"]
    // Old servers leave the content out where it is structured.
    if result["content"] != nil || structured == nil {
      for block in try result.array("content", atMost: limits.blocks) { content.append(try ContentBlock(block)) }
    }
    isError = result["isError"]?.boolValue == true
    meta = result.optionalObject("_meta")
  }

  package var object: JSONObject {
    var object: JSONObject = ["content": .array(content.map { $0.json })]
    object.set("structuredContent", structured)
    if isError { object["isError"] = true }
    object.set("_meta", meta)
    return object
  }
}

/// What reading a resource gave.
package struct ResourceAnswer: Sendable, Equatable {
  package var contents: [ResourceContents]

  package init(_ contents: [ResourceContents]) { self.contents = contents }

  package init(_ result: JSONObject, _ limits: MCPLimits = MCPLimits()) throws(ShapeError) {
    contents = []
    for item in try result.array("contents", atMost: limits.blocks) { contents.append(try ResourceContents(item)) }
  }

  package var object: JSONObject { ["contents": .array(contents.map { $0.json })] }
}

/// A prompt, filled in.
package struct PromptAnswer: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    /// `user` or `assistant`.
    package var role: String
    package var content: ContentBlock

    package init(role: String, content: ContentBlock) {
      self.role = role
      self.content = content
    }
  }

  package var description: String?
  package var messages: [Line]

  package init(description: String? = nil, messages: [Line]) {
    self.description = description
    self.messages = messages
  }

  package init(_ result: JSONObject, _ limits: MCPLimits = MCPLimits()) throws(ShapeError) {
    description = result.optionalText("description")
    messages = []
    for item in try result.array("messages", atMost: limits.blocks) {
      let object = try objectOf(item, "a prompt's message")
      let role = try object.text("role")
      guard role == "user" || role == "assistant" else { throw ShapeError("the unknown role \(quoted(role))") }
      messages.append(Line(role: role, content: try ContentBlock(object["content"] ?? .null)))
    }
  }

  package var object: JSONObject {
    var object = JSONObject()
    object.set("description", description)
    object["messages"] = .array(
      messages.map { ["role": .string($0.role), "content": $0.content.json] }
    )
    return object
  }
}

/// What fits behind what was written of an argument.
package struct Completion: Sendable, Equatable {
  /// As the protocol bounds it.
  package static let mostValues = 100

  package var values: [String]
  package var total: Int64?
  package var hasMore: Bool?

  package init(_ values: [String], total: Int64? = nil, hasMore: Bool? = nil) {
    self.values = values
    self.total = total
    self.hasMore = hasMore
  }

  package init(_ result: JSONObject) throws(ShapeError) {
    let object = try result.object("completion")
    values = []
    for value in try object.array("values", atMost: 10 * Self.mostValues).prefix(Self.mostValues) {
      guard case .string(let text) = value else { throw ShapeError("a completion that is no text") }
      values.append(text)
    }
    total = object["total"]?.integerValue
    hasMore = object["hasMore"]?.boolValue
  }

  package var object: JSONObject {
    var object: JSONObject = ["values": .array(values.map { .string($0) })]
    if let total { object["total"] = .integer(total) }
    object.set("hasMore", hasMore)
    return ["completion": .object(object)]
  }
}
