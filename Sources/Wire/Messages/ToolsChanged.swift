package import JSON

/// Worker → coordinator: what it offers from here on, all of it, in place of what it said before.
package struct ToolsChanged: WireMessage {
  package static let method = "tools/changed"

  package var tools: [Tool]

  package init(tools: [Tool]) { self.tools = tools }
  package init(from fields: inout Fields) throws(WireError) { tools = try Tool.offer(&fields) }
  package func encode(into writer: inout JSONWriter) { writer.member("tools", tools) }
}
