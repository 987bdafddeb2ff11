internal import ClientKit
internal import Configuration
internal import JSON
internal import TerminalText

extension Command {
  static let fileFlags = [
    Flag("file", value: "FILE", "the list of servers; what the configuration says unless given", completion: .file),
    Flag("config", value: "FILE", "configuration of the coordinator", completion: .file),
  ]

  static let mcpAdd = Command(
    path: ["mcp", "add"],
    summary: "add an MCP server, whose tools are then tools like any other",
    operands: [
      Operand("NAME", isOptional: true), Operand("URL|PROGRAM", isOptional: true),
      Operand("ARGUMENT", isOptional: true, isRepeated: true),
    ],
    flags: MCPEntry.flags + [
      Flag(
        "from",
        value: "FILE",
        "take the servers of another client's file, or NAME alone of them",
        completion: .file
      ),
      Flag("replace", "in the place of a server of that name"),
    ] + fileFlags,
    description: [
      "Writes a server into mcp.json beside the configuration, in the form that other clients use, and has a running coordinator start it. The server is a program, given behind '--' with its arguments, or the address of a remote one. Its tools appear as NAME.TOOL, in the catalog, in plans and for models, and every call of them goes through policy, journal and audit log.",
      "A program runs in a jail of its own. It sees the programs of /usr, a private folder, no network, and what --read, --write, --host and --env give it; of what it is given nothing reaches another server or worker. A remote server is reached by a worker that has the network and nothing else.",
      "The values of variables and headers are secrets: nothing shows them, and they reach the server alone. --secret writes down where a value is instead of the value; a '${NAME}' in one stands for a variable of the coordinator. The file is for this user alone (mode 600).",
      "With --from the servers of another client's file are copied: the entries need no change, and what only the other client understands is kept and listed. Another client starts its programs with everything its user has; here a copied entry has nothing until 'bulkhead' in it, or a second 'mcp add --replace', grants it.",
      "The first time that a tool is seen it is taken as it is; when the server describes it otherwise later it is withheld until somebody looks at it: 'bulkhead mcp accept'.",
      "With --json the document is {\"file\", \"added\": [...], \"warnings\": [...], \"reloaded\": true|false, \"errors\": [...]}.",
    ],
    exits: ["0    it is written down", "1    it is not, or the coordinator could not take it"],
    examples: [
      Example("bulkhead mcp add time -- mcp-server-time --local-timezone UTC", "A program, which gets nothing else."),
      Example(
        "bulkhead mcp add files --read /srv/docs -- mcp-server-filesystem /srv/docs",
        "One that may read a folder."
      ),
      Example(
        "bulkhead mcp add tickets https://mcp.example.org/mcp --secret Authorization=file:/home/me/.tickets",
        "A remote one, with a header from a file."
      ),
      Example("bulkhead mcp add --from ~/.config/Claude/claude_desktop_config.json", "What another client has."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      var file = try MCPFile.open(arguments)
      let added = try await entries(arguments)
      for (name, entry) in added {
        if file.servers[name] != nil, !arguments.has("replace") {
          throw Failure(
            "exists",
            "there is a server \(quoted(name)) in \(quoted(file.path)) already",
            hint: "'--replace' puts this one in its place"
          )
        }
        file.set(name, entry)
      }
      let servers = try file.read()
      try file.write()
      let warnings = servers.warnings.filter { warning in added.contains { warning.message.contains($0.0) } }
      return try await MCPReload(file.path, console).finish(
        arguments,
        "added",
        added.map(\.0),
        warnings: warnings.map(\.message),
        hint: added.count == 1 ? "'bulkhead mcp test \(MCPServer.kind(added[0].0))' tries it" : nil
      )
    }
  )

  private static func entries(_ arguments: Arguments) async throws(Failure) -> [(String, JSON)] {
    guard let from = arguments.value("from") else {
      guard let name = arguments.operand(0) else { throw Failure(usage: "missing operand NAME") }
      return [(name, try MCPEntry.make(arguments, Array(arguments.operands.dropFirst())))]
    }
    if let extra = arguments.operand(1) {
      throw Failure(usage: "'--from' copies servers as they are: \(quoted(extra)) has no place there")
    }
    let document = try parseJSON(await readFile(from, limit: 4 << 20, "the servers"), quoted(from))
    let member = document["mcpServers"] ?? document["servers"] ?? document["mcp"]?["servers"]
    guard let known = member?.objectValue, !known.isEmpty else {
      throw Failure("no_servers", "there are no servers in \(quoted(from))", hint: "they stand under 'mcpServers'")
    }
    guard let name = arguments.operand(0) else { return known.members.map { ($0.key, $0.value) } }
    guard let entry = known[name] else {
      let names = known.members.map(\.key).joined(separator: ", ")
      throw Failure("not_found", "there is no server \(quoted(name)) in \(quoted(from)): \(names)")
    }
    return [(name, entry)]
  }

  static let mcpRemove = Command(
    path: ["mcp", "remove"],
    summary: "remove an MCP server",
    operands: [Operand("NAME", completion: .workers)],
    flags: fileFlags,
    description: [
      "Takes a server out of mcp.json and has a running coordinator end it; calls that run end first. What was pinned of its tools is kept: a server that is added again under the name has to be what it was.",
      "With --json the document is {\"file\", \"removed\": [...], \"reloaded\": true|false, \"errors\": [...]}.",
    ],
    exits: ["0    it is removed", "1    there is no such server, or the file cannot be written"],
    examples: [Example("bulkhead mcp remove time", "Its tools are gone.")],
    action: .remote { arguments, console async throws(Failure) in
      var file = try MCPFile.open(arguments)
      let name = arguments.operand(0) ?? ""
      let known = file.servers.members.map(\.key)
      guard let found = known.first(where: { $0 == name }) ?? known.first(where: { MCPServer.kind($0) == name }) else {
        throw Failure(
          "not_found",
          "there is no server \(quoted(name)) in \(quoted(file.path))",
          hint: "'bulkhead mcp list' lists them"
        )
      }
      file.set(found, nil)
      try file.write()
      return try await MCPReload(file.path, console).finish(arguments, "removed", [found])
    }
  )
}

/// Has a running coordinator take a changed file.
struct MCPReload {
  private let path: String
  private let console: Console

  init(_ path: String, _ console: Console) {
    self.path = path
    self.console = console
  }

  func finish(
    _ arguments: Arguments,
    _ what: String,
    _ names: [String],
    warnings: [String] = [],
    hint: String? = nil
  ) async throws(Failure) -> Int32 {
    let errors = try await reload(arguments)
    // Others are of other manifests.
    let own = (errors ?? []).filter { error in error.contains(path) || names.contains { error.contains("'\($0)'") } }
    if console.isJSON {
      var document: JSONObject = [
        "file": .string(path), what: .array(names.map { .string($0) }), "reloaded": .bool(errors != nil),
        "errors": .array(own.map { .string($0) }),
      ]
      if what == "added" { document["warnings"] = .array(warnings.map { .string($0) }) }
      console.print(.object(document))
    }
    console.say("\(what) \(names.map { "'\(visibleLine($0))'" }.joined(separator: ", ")) in \(visibleLine(path))")
    for warning in warnings { console.note("warning: \(visibleLine(warning))") }
    if errors == nil { console.note("no coordinator runs; the next one reads it") }
    for error in own { console.complain(visibleLine(error)) }
    if errors != nil, own.isEmpty, let hint { console.note(hint) }
    return own.isEmpty ? ExitCode.success : ExitCode.failure
  }

  /// Mistakes; nil: nobody runs.
  private func reload(_ arguments: Arguments) async throws(Failure) -> [String]? {
    let client: BulkheadClient
    do throws(Failure) { client = try await arguments.connect() } catch  where error.exit == ExitCode.unreachable {
      return nil
    }
    return try await asking { () async throws(ClientError) in try await client.reload() }.errors
  }
}
