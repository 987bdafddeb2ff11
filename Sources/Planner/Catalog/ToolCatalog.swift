internal import Digest
internal import JSON

/// Tools that a plan may use, with where they come from.
package struct ToolCatalog: Sendable, Equatable {
  /// Who says that there are these tools.
  package var source: String
  /// Changes whenever a tool does: by default the beginning of a digest of all of them.
  package var version: String
  package private(set) var tools: [CatalogTool]

  package init(source: String, version: String? = nil, tools: [CatalogTool]) {
    self.source = source
    self.tools = tools
    self.version = version ?? Self.digest(tools)
  }

  package func tool(_ name: String) -> CatalogTool? { tools.first { $0.name == name } }

  /// The same without what plans have no use for: the planner's own tools and lists of models, and a tool that only calls
  /// others of the list by name, where each of them is there itself.
  package func forPlans() -> ToolCatalog {
    let names = Set(tools.map(\.name))
    return keeping { tool in !Self.own.contains(tool.name) && !tool.isUmbrella(of: names) }
  }

  /// The same with only the tools that `isKept` says.
  package func keeping(_ isKept: (CatalogTool) -> Bool) -> ToolCatalog {
    ToolCatalog(source: source, version: version, tools: tools.filter(isKept))
  }

  private static let own: Set<String> = ["make_plan", "write_answer", "verify_result", "model_list"]

  private static func digest(_ tools: [CatalogTool]) -> String {
    let values = tools.map { tool -> JSON in
      [
        "name": .string(tool.name), "description": .string(tool.description), "input": tool.input,
        "output": tool.output ?? .null,
      ]
    }
    return String(SHA256.digest(JSON.array(values).canonical()).prefix(16))
  }
}

extension CatalogTool {
  /// Whether it calls others by their name, all of which are in `names`.
  func isUmbrella(of names: Set<String>) -> Bool {
    let choices = (input["properties"]?["name"]?["enum"]?.arrayValue ?? []).compactMap(\.stringValue)
    return !choices.isEmpty && input["properties"]?["args"] != nil && !choices.contains(name)
      && choices.allSatisfy(names.contains)
  }
}
