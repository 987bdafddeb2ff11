internal import Digest
internal import JSON
package import Wire

/// What was offered and taken as it is: the tool that it was, and the digest by which a change is noticed.
package struct ToolPin: Sendable, Equatable {
  package let tool: Tool
  package let digest: String

  package init(_ tool: Tool) { self.init(tool, digest: tool.pinDigest) }

  /// As it was written down: what is digested may be more in a later version.
  package init(_ tool: Tool, digest: String) {
    self.tool = tool
    self.digest = digest
  }
}

/// The pins of all kinds whose manifest is `pinned`, as the journal has them.
package struct ToolPins {
  /// By kind and name of the tool.
  private(set) var pins: [String: [String: ToolPin]] = [:]

  package init() {}

  /// Names that are pinned for one kind; a worker that goes on inventing names gets no further ones.
  static let namesLimit = 1_024

  package subscript(kind: String, tool: String) -> ToolPin? {
    get { pins[kind]?[tool] }
    set { pins[kind, default: [:]][tool] = newValue }
  }

  /// There is a pin, and it cannot be read: whatever is offered differs.
  package mutating func bar(_ kind: String, _ tool: String) {
    pins[kind, default: [:]][tool] = ToolPin(Tool(name: tool, description: "", inputSchema: true), digest: "")
  }

  func hasRoom(_ kind: String) -> Bool { pins[kind]?.count ?? 0 < Self.namesLimit }
}

extension Tool {
  /// SHA-256 over the canonical form of everything by which a tool steers whoever reads of it.
  package var pinDigest: String {
    var text: JSONObject = [
      "name": .string(name), "description": .string(description), "input_schema": inputSchema,
      "output_schema": outputSchema ?? .null,
    ]
    for member in Self.pinnedMeta { text[member] = meta?[member] ?? .null }
    return SHA256.digest(JSON.object(text).canonical())
  }

  /// Of `meta`: what it says of itself beside its description, and which tool of its server it is.
  private static let pinnedMeta = ["title", "hints", "mcp_name"]

  /// The members, of those that are pinned, in which this differs from `other`.
  package func differences(from other: Tool) -> [String] {
    var found: [String] = []
    if description != other.description { found.append("description") }
    if inputSchema.canonical() != other.inputSchema.canonical() { found.append("input_schema") }
    if outputSchema?.canonical() != other.outputSchema?.canonical() { found.append("output_schema") }
    return found
      + Self.pinnedMeta.filter { (meta?[$0] ?? .null).canonical() != (other.meta?[$0] ?? .null).canonical() }
  }
}
