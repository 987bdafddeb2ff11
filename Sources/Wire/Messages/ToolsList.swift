package import JSON

/// The catalog, or one tool of it.
package struct ToolsList: WireRequest {
  package static let method = "tools/list"

  package var name: String?

  package init(name: String? = nil) { self.name = name }
  package init(from fields: inout Fields) throws(WireError) { name = try fields.optional("name") }
  package func encode(into writer: inout JSONWriter) { writer.member("name", name) }

  package struct Response: WireBody {
    package var tools: [Entry]
    /// Of a client's question only.
    package var withheld: [WithheldTool]

    package init(tools: [Entry], withheld: [WithheldTool] = []) {
      self.tools = tools
      self.withheld = withheld
    }

    package init(from fields: inout Fields) throws(WireError) {
      tools = try fields.requireBodies("tools")
      withheld = try fields.bodies("withheld") ?? []
    }

    package func encode(into writer: inout JSONWriter) {
      writer.member("tools", tools)
      if !withheld.isEmpty { writer.member("withheld", withheld) }
    }
  }

  /// A tool and the kind of worker that offers it.
  package struct Entry: WireBody {
    package var tool: Tool
    package var worker: String

    package init(tool: Tool, worker: String) {
      self.tool = tool
      self.worker = worker
    }

    package init(from fields: inout Fields) throws(WireError) {
      tool = try Tool(from: &fields)
      worker = try fields.require("worker")
    }

    package func encode(into writer: inout JSONWriter) {
      tool.encode(into: &writer)
      writer.member("worker", worker)
    }
  }
}
