package import JSON

/// A tool as the planner knows it.
package struct CatalogTool: Sendable, Equatable {
  package var name: String
  /// As its worker wrote it: not trusted, never shown as it is.
  package var description: String
  /// The kind of worker that offers it.
  package var worker: String
  /// JSON Schema of the input, which is an object.
  package var input: JSON
  package var output: JSON?

  package init(name: String, description: String, worker: String = "", input: JSON, output: JSON? = nil) {
    self.name = name
    self.description = description
    self.worker = worker
    self.input = input
    self.output = output
  }

  /// Names of its parameters, of the first level.
  package var parameters: [String] { input["properties"]?.objectValue?.keys ?? [] }
}
