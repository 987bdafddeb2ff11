internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let mcpTest = Command(
    path: ["mcp", "test"],
    summary: "try an MCP server: its handshake, its tools, and how soon it answers",
    operands: [Operand("NAME", completion: .workers)],
    flags: [Flag("timeout", value: "TIME", "how long it may take to start and answer; 60s unless given")],
    description: [
      "Has the running coordinator wake the server and ask it for a sign of life, which goes the way of every call. Prints who it says it is, the version of MCP that was agreed on, how long the answer took, its tools with the first line of what it says about them, and what is withheld of them and why. Characters that hide themselves are shown as escapes.",
      "With --json the document is {\"server\", \"worker\", \"status\": {...}, \"round_trip_ms\", \"tools\": [...], \"withheld\": [...]}.",
    ],
    exits: ["0    it answered", "1    it did not, or there is no such server"],
    examples: [Example("bulkhead mcp test time", "Is it well?")],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let clock = ContinuousClock()
      let end = clock.now + (try arguments.duration("timeout") ?? .seconds(60))
      let client = try await arguments.connect()
      let worker = try await ready(name, client, end)
      let live = try await MCPLive(client)
      let tool = "\(name).\(MCPStatus.tool)"
      var status: JSON?
      var took: Duration?
      if live.offers.tools.contains(where: { $0.worker == name && $0.tool.name == tool }) {
        let begun = clock.now
        let left = max(.milliseconds(100), end - begun)
        let result = try await asking("server '\(visibleLine(name))'") { () async throws(ClientError) in
          try await client.call(tool: tool, input: [:], timeout: left)
        }
        (status, took) = (result.output, clock.now - begun)
      }
      let report = MCPStatus(name, worker, status, took, live)
      if console.isJSON { console.print(report.json) } else { console.print(report.text(console.paint())) }
      return ExitCode.success
    }
  )

  /// Waits until the worker is ready; one that waits for its next start is told why.
  private static func ready(
    _ name: String,
    _ client: BulkheadClient,
    _ end: ContinuousClock.Instant
  ) async throws(Failure) -> JSON {
    while true {
      let workers = try await asking { () async throws(ClientError) in try await client.workers() }
      guard let worker = workers.first(where: { $0["kind"]?.stringValue == name }) else {
        throw Failure(
          "not_found",
          "the coordinator knows no server \(quoted(name))",
          hint: "'bulkhead mcp list' lists the servers, and 'bulkhead workers reload' reads them again"
        )
      }
      let isReady = (worker["instances"]?.arrayValue ?? []).contains { $0["state"] == "ready" }
      if isReady { return worker }
      if worker["state"] != "up" || ContinuousClock().now >= end {
        let why = worker["last_error"]?.stringValue ?? "it is \(worker["state"]?.stringValue ?? "not ready")"
        throw Failure(
          "unavailable",
          "server '\(visibleLine(name))' does not start: \(visibleLine(why))",
          hint: "'bulkhead logs \(visibleLine(name))' shows what it wrote"
        )
      }
      do { try await ContinuousClock().sleep(for: .milliseconds(50)) } catch {
        throw Failure("cancelled", "stopped waiting")
      }
    }
  }
}

/// What is known of a server that was tried.
struct MCPStatus {
  /// The tool, behind the server's name, by which its worker tells of it.
  static let tool = "server_status"

  private let name: String
  private let worker: JSON
  /// As the worker tells; nil: it does not.
  private let status: JSON?
  private let took: Duration?
  private let live: MCPLive

  init(_ name: String, _ worker: JSON, _ status: JSON?, _ took: Duration?, _ live: MCPLive) {
    self.name = name
    self.worker = worker
    self.status = status
    self.took = took
    self.live = live
  }

  private var tookMS: Double? {
    took.map { Double($0.components.seconds) * 1e3 + Double($0.components.attoseconds) / 1e15 }
  }

  private var tools: [CatalogTool] { live.tools(of: name).filter { $0.tool.name != "\(name).\(Self.tool)" } }

  var json: JSON {
    var object: JSONObject = ["server": .string(name), "worker": worker]
    object["status"] = status
    object["round_trip_ms"] = tookMS.flatMap { JSON(($0 * 1e3).rounded() / 1e3) }
    object["tools"] = .array(tools.map(\.json))
    object["withheld"] = .array(live.withheld(of: name).map(\.json))
    return .object(object)
  }

  func text(_ paint: Paint) -> String {
    var sheet = Sheet(paint)
    sheet.row("server", visibleLine(name))
    let server = status?["server"]
    let version = server?["version"]?.stringValue.map { " \($0)" } ?? ""
    sheet.row("calls itself", server?["name"]?.stringValue.map { visibleLine($0 + version) })
    let era = status?["era"]?.stringValue.map { " (\($0))" } ?? ""
    sheet.row("protocol", status?["protocol"]?.stringValue.map { visibleLine("MCP \($0)\(era)") })
    sheet.row("transport", status?["transport"]?.stringValue.map { visibleLine($0) })
    let abilities = status?["capabilities"]?.arrayValue?.compactMap(\.stringValue).joined(separator: ", ")
    sheet.row("offers", abilities.map { visibleLine($0) })
    sheet.row("ping", status?["ping_ms"]?.doubleValue.map { "\(Self.tenths($0)) ms" })
    sheet.row("round trip", tookMS.map { "\(Self.tenths($0)) ms" })
    var text = sheet.lines.joined(separator: "\n")
    if tools.isEmpty { text += "\n\nit offers no tools" } else { text += "\n\n" + table.text(paint) }
    for tool in live.withheld(of: name) {
      text += "\n\(visibleLine(tool.name)) is withheld: \(visibleLine(tool.message))"
    }
    return text
  }

  private static func tenths(_ value: Double) -> String { "\((value * 10).rounded() / 10)" }

  private var table: Table {
    var table = Table("TOOL", "DESCRIPTION")
    for entry in tools { table.add([entry.tool.name, entry.tool.firstLine]) }
    return table
  }
}

extension Tool {
  /// What a list has room for of what it says about itself.
  var firstLine: String {
    let first = description.split(separator: "\n").first.map { visibleLine(String($0)) } ?? ""
    return first.count > 60 ? first.prefix(59) + "…" : first
  }
}
