internal import Digest
package import JSON
package import Wire

/// A tool, who offers it, and its schemas compiled once.
package struct CatalogEntry {
  package let tool: Tool
  package let kind: WorkerKind
  /// Of the input schema in canonical form: tells when a tool has changed.
  package let schemaDigest: String
  package let input: JSONSchema
  package let output: JSONSchema?

  init(_ tool: Tool, _ kind: WorkerKind) throws {
    self.tool = tool
    self.kind = kind
    schemaDigest = SHA256.digest(tool.inputSchema.canonical())
    input = try JSONSchema(tool.inputSchema)
    output = try tool.outputSchema.map { try JSONSchema($0) }
  }

  /// Why a tool cannot be offered; its worker is at fault.
  static func check(_ tool: Tool) throws(WireError) {
    if let type = tool.inputSchema["type"], type != "object", type.arrayValue?.contains("object") != true {
      throw WireError(.refused, "input_schema of tool '\(tool.name)' does not describe an object")
    }
    for (member, schema) in [("input_schema", tool.inputSchema), ("output_schema", tool.outputSchema)] {
      guard let schema else { continue }
      do {
        _ = try JSONSchema(schema)
      } catch {
        throw WireError(.refused, "\(member) of tool '\(tool.name)' cannot be used: \(error)")
      }
    }
  }

  /// Every violation of the input schema; nil when there is none.
  package func refusal(ofInput value: JSON) -> WireError? {
    guard case .object = value else {
      return WireError(
        .invalidInput,
        "input of tool '\(tool.name)' is \(value.typeName) where object is due",
        data: ["violations": [["path": "", "message": .string("\(value.typeName) where object is due")]]]
      )
    }
    return input.isValid(value)
      ? nil : Self.error(.invalidInput, "input of tool '\(tool.name)' breaks its schema", input.violations(in: value))
  }

  package func refusal(ofOutput value: JSON) -> WireError? {
    guard let output, !output.isValid(value) else { return nil }
    return Self.error(
      .invalidOutput,
      "output of tool '\(tool.name)' of worker '\(kind.manifest.name)' breaks its schema",
      output.violations(in: value)
    )
  }

  private static func error(
    _ name: WireError.Name,
    _ summary: String,
    _ violations: [JSONSchema.Violation]
  ) -> WireError {
    let listed = violations.map { violation -> JSON in
      ["path": .string(violation.path), "message": .string(violation.message)]
    }
    let first = violations.first.map { ": \($0.message)" } ?? ""
    let more = violations.count > 1 ? " (and \(violations.count - 1) more)" : ""
    return WireError(name, summary + first + more, data: ["violations": .array(listed)])
  }
}
