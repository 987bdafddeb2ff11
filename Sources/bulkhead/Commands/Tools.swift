internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let tools = Command(
    path: ["tools"],
    summary: "list the tools, or show one of them with its schemas",
    operands: [Operand("NAME", isOptional: true, completion: .tools)],
    description: [
      "Without NAME prints a line for each tool: the worker that offers it, whether it is idempotent (may be repeated after an interruption) or pure (has no effect but its output), and the first line of its description.",
      "With NAME prints that tool in full, with the JSON Schemas of its input and output.",
      "A tool that is withheld, because its server describes it otherwise than before, because another worker has its name or because it cannot be used, is named with the reason and is not in the list; 'bulkhead mcp list' and 'bulkhead mcp accept' are for those.",
      "With --json the document is {\"tools\": [...]} in both cases, with \"withheld\" where something is.",
    ],
    exits: ["0    success", "1    there is no tool NAME"],
    examples: [
      Example("bulkhead tools", "Lists the catalog."),
      Example("bulkhead tools upper", "Shows what the tool 'upper' takes and gives."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let name = arguments.operand(0)
      let offers = try await asking { () async throws(ClientError) in try await client.offers(name: name) }
      let tools = offers.tools
      if console.isJSON {
        var document: JSONObject = ["tools": .array(tools.map(\.json))]
        if !offers.withheld.isEmpty { document["withheld"] = .array(offers.withheld.map(\.json)) }
        console.print(.object(document))
      } else if name != nil {
        for tool in tools { console.print(details(tool, console)) }
      } else if tools.isEmpty, offers.withheld.isEmpty {
        console.say("no tools; 'bulkhead workers' shows the state of the workers")
      } else {
        console.print(table(tools).text(console.paint()))
      }
      if !console.isJSON {
        for tool in offers.withheld {
          console.note("\(visibleLine(tool.name)) is withheld: \(visibleLine(tool.message))")
        }
      }
      return ExitCode.success
    }
  )

  private static func table(_ tools: [CatalogTool]) -> Table {
    var table = Table("TOOL", "WORKER", "KIND", "DESCRIPTION")
    for entry in tools {
      table.add([entry.tool.name, entry.worker, kind(entry.tool), entry.tool.firstLine])
    }
    return table
  }

  private static func kind(_ tool: Tool) -> String {
    tool.isPure ? "pure" : tool.isIdempotent ? "idempotent" : "-"
  }

  private static func details(_ entry: CatalogTool, _ console: Console) -> String {
    let tool = entry.tool
    var lines = [
      "\(console.colour("tool", .bold))         \(tool.name)",
      "\(console.colour("worker", .bold))       \(Console.printable(entry.worker))",
      "\(console.colour("kind", .bold))         \(kind(tool))",
      "",
      visible(tool.description),
      "",
      console.colour("input", .bold),
      visibleJSON(tool.inputSchema.indented()),
    ]
    if let schema = tool.outputSchema {
      lines += ["", console.colour("output", .bold), visibleJSON(schema.indented())]
    }
    if tool.needsApproval { lines[2] += ", every call waits for a person" }
    if let ttl = tool.cacheTTLMS { lines[2] += ", an output may be given again for \(ttl) ms" }
    if let needs = tool.json["needs"] { lines += ["", console.colour("needs", .bold), needs.indented()] }
    if let limits = tool.json["limits"] { lines += ["", console.colour("limits", .bold), limits.indented()] }
    return lines.joined(separator: "\n")
  }
}

extension CatalogTool {
  var json: JSON {
    var object = tool.json.objectValue ?? JSONObject()
    object["worker"] = .string(worker)
    return .object(object)
  }
}
