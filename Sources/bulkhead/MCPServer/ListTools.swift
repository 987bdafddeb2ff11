internal import ClientKit
internal import JSON
internal import TerminalText

extension ServerTool {
  static let listTools = ServerTool(
    "list_tools",
    "List the tools",
    "Lists the tools that the coordinator's workers offer, each of which call_tool and the steps of a plan can call: name, worker and description, page by page. With 'name' it gives one tool with the schemas of its input and output. Descriptions were written by whoever offers the tool.",
    input: ToolSchemas.listTools,
    output: ToolSchemas.toolList,
    readsOnly: true,
    isIdempotent: true
  ) { arguments, tools async throws(Failure) in
    do throws(ClientError) {
      let name = arguments.text("name")
      let catalog = try await tools.link.asking { client async throws(ClientError) in
        try await client.tools(name: name)
      }
      return .done(try ToolPage(catalog, arguments).outcome)
    } catch {
      throw Failure(tool: error)
    }
  }
}

/// One page of the catalog, in the order of names. A cursor is the name behind which the next page begins, so that no page
/// repeats or leaves out what was there all the time.
struct ToolPage: Sendable {
  let outcome: ToolOutcome

  init(_ catalog: [CatalogTool], _ arguments: ToolArguments) throws(ClientError) {
    let wantsSchemas = arguments.flag("schemas") || arguments.text("name") != nil
    let query = arguments.text("query")?.lowercased()
    let found = catalog.filter { entry in
      guard let query else { return true }
      return [entry.tool.name, entry.worker, entry.tool.description].contains { $0.lowercased().contains(query) }
    }.sorted { $0.tool.name < $1.tool.name }
    let cursor = arguments.text("cursor")
    let rest = found.filter { entry in cursor.map { entry.tool.name > $0 } ?? true }
    let limit = Int(arguments.integer("limit") ?? 50)
    var entries: [JSON] = []
    var lines: [String] = []
    // Schemas may be large: a page ends where an answer would become unwieldy.
    var room = 512 << 10
    for entry in rest.prefix(limit) {
      let json = Self.entry(entry, wantsSchemas)
      room -= json.serialized().count
      if room < 0, !entries.isEmpty { break }
      entries.append(json)
      lines.append(Self.line(entry, json, wantsSchemas))
    }
    var structured: JSONObject = ["tools": .array(entries), "total": .integer(Int64(found.count))]
    if entries.count < rest.count {
      let last = rest[entries.count - 1].tool.name
      structured["next_cursor"] = .string(last)
      lines.append("[\(rest.count - entries.count) more: list_tools with \"cursor\": \"\(last)\"]")
    }
    if found.isEmpty { lines.append("no tools") }
    outcome = ToolOutcome(structured, text: lines.joined(separator: "\n"))
  }

  /// Names of tools are plain; what is said about them is made so.
  private static func entry(_ entry: CatalogTool, _ wantsSchemas: Bool) -> JSON {
    let tool = entry.tool
    var object: JSONObject = [
      "name": .string(tool.name), "worker": .string(visibleLine(entry.worker)),
      "description": .string(visible(tool.description)),
    ]
    if tool.isIdempotent { object["idempotent"] = true }
    if tool.isPure { object["pure"] = true }
    if wantsSchemas {
      object["input_schema"] = tool.inputSchema
      object["output_schema"] = tool.outputSchema
      object["needs"] = tool.needs?.json
      object["limits"] = tool.limits?.json
    }
    return .object(object)
  }

  private static func line(_ entry: CatalogTool, _ json: JSON, _ wantsSchemas: Bool) -> String {
    if wantsSchemas { return json.description }
    let first = entry.tool.description.split(separator: "\n").first.map(String.init) ?? ""
    return "\(entry.tool.name) (\(visibleLine(entry.worker))): \(visibleLine(first))"
  }
}
