internal import ClientKit
internal import Configuration
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let mcpList = Command(
    path: ["mcp", "list"],
    summary: "list the MCP servers and what is withheld of their tools",
    flags: fileFlags,
    description: [
      "Prints a line for each server of mcp.json: its worker, whether that is up, how many tools it offers and how many of them are withheld, and the program or address. Below stands each withheld tool with the reason: its description or schema is not what it was when it was first seen, another worker has its name, or it cannot be used. Without a coordinator only what the file says is shown. Values of variables and headers are not shown.",
      "With --json the document is {\"file\", \"servers\": [{\"name\", \"worker\", \"transport\", \"command\" or \"url\", \"disabled\", \"state\", \"tools\": [...], \"withheld\": [...]}], \"warnings\": [...]}.",
    ],
    exits: ["0    success", "1    the file cannot be read or has mistakes"],
    examples: [Example("bulkhead mcp list", "Which servers are there?")],
    action: .remote { arguments, console async throws(Failure) in
      let servers = try readServers(arguments)
      let live = try await MCPLive(arguments)
      let rows = servers.servers.values.sorted { $0.kind < $1.kind }.map { MCPRow($0, live) }
      if console.isJSON {
        console.print([
          "file": servers.file.map { .string($0) } ?? .null, "servers": .array(rows.map(\.json)),
          "warnings": .array(servers.warnings.map { .string("\($0)") }),
        ])
        return ExitCode.success
      }
      for warning in servers.warnings { console.note("warning: \(visibleLine("\(warning)"))") }
      guard !rows.isEmpty else {
        console.say("no MCP servers; 'bulkhead mcp add' adds one")
        return ExitCode.success
      }
      var table = Table("SERVER", "STATE", "TOOLS", "WITHHELD", "WHAT")
      for row in rows {
        table.add(row.cells, colours: [nil, row.state == "up" ? .green : row.state == "-" ? nil : .yellow])
      }
      console.print(table.text(console.paint()))
      for tool in rows.flatMap(\.withheld) {
        console.print("\(visibleLine(tool.name)) is withheld: \(visibleLine(tool.message))")
      }
      if rows.contains(where: { $0.withheld.contains { $0.reason == .changed } }) {
        console.note("hint: 'bulkhead mcp accept SERVER' shows what has changed and takes it")
      }
      if live == nil { console.note("no coordinator runs: states and tools are not known") }
      return ExitCode.success
    }
  )

  private static func readServers(_ arguments: Arguments) throws(Failure) -> MCPServers {
    do throws(ConfigurationError) {
      let environment = environmentTable()
      if arguments.value("file") == nil {
        return try Configuration.load(explicit: arguments.value("config"), environment: environment)
          .loadMCP(environment: environment)
      }
    } catch {
      throw Failure(
        "invalid_servers",
        "the MCP servers cannot be read",
        details: error.mistakes.map { visibleLine("\($0)") }
      )
    }
    let file = try MCPFile.open(arguments)
    var servers = try file.read()
    servers.file = file.path
    return servers
  }
}

/// What a running coordinator knows of the servers; nil: nobody runs.
struct MCPLive {
  let workers: [JSON]
  let offers: ToolOffers

  init?(_ arguments: Arguments) async throws(Failure) {
    let client: BulkheadClient
    do throws(Failure) { client = try await arguments.connect() } catch  where error.exit == ExitCode.unreachable {
      return nil
    }
    try await self.init(client)
  }

  init(_ client: BulkheadClient) async throws(Failure) {
    workers = try await asking { () async throws(ClientError) in try await client.workers() }
    offers = try await asking { () async throws(ClientError) in try await client.offers() }
  }

  func worker(_ kind: String) -> JSON? { workers.first { $0["kind"]?.stringValue == kind } }
  func tools(of kind: String) -> [CatalogTool] { offers.tools.filter { $0.worker == kind } }
  func withheld(of kind: String) -> [WithheldTool] { offers.withheld.filter { $0.worker == kind } }
}

/// One server as it is listed.
struct MCPRow {
  private let server: MCPServer
  let state: String
  private let tools: [CatalogTool]?
  let withheld: [WithheldTool]

  init(_ server: MCPServer, _ live: MCPLive?) {
    self.server = server
    tools = live?.tools(of: server.kind)
    withheld = live?.withheld(of: server.kind) ?? []
    if server.isDisabled {
      state = "disabled"
    } else if let live {
      state = live.worker(server.kind)?["state"]?.stringValue ?? "missing"
    } else {
      state = "-"
    }
  }

  var cells: [String] {
    [
      visibleLine(server.kind), state, tools.map { "\($0.count)" } ?? "-", withheld.isEmpty ? "-" : "\(withheld.count)",
      visibleLine(what),
    ]
  }

  private var what: String {
    switch server.transport {
    case .stdio(let program): ([program.command] + program.arguments).joined(separator: " ")
    case .http(let address): address.url
    }
  }

  var json: JSON {
    var object: JSONObject = [
      "name": .string(server.name), "worker": .string(server.kind), "disabled": .bool(server.isDisabled),
      "state": .string(state),
    ]
    switch server.transport {
    case .stdio(let program):
      object["transport"] = "stdio"
      object["command"] = .array(([program.command] + program.arguments).map { .string($0) })
    case .http(let address):
      object["transport"] = "http"
      object["url"] = .string(address.url)
    }
    object["tools"] = tools.map { .array($0.map { .string($0.tool.name) }) }
    object["withheld"] = .array(withheld.map(\.json))
    return .object(object)
  }
}
