internal import ClientKit
internal import Glibc
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let mcpAccept = Command(
    path: ["mcp", "accept"],
    summary: "look at the tools of a server that have changed, and take them",
    operands: [Operand("NAME", completion: .workers), Operand("TOOL", isOptional: true)],
    flags: [Flag("yes", short: "y", "take what is shown without a question")],
    description: [
      "A server's description of a tool is read by models, so one that changes it can steer them. The coordinator keeps each tool as it was first offered, or last accepted; one that differs is withheld: no plan and no model sees it, and a call of it is refused with 'tool_changed'. This shows what was and what is, every character that hides itself as an escape, and asks before it takes the new one. What is taken is exactly what was shown: if the server changes it meanwhile nothing is.",
      "Without TOOL it goes through all changed tools of the server.",
      "With --json nothing is asked, and the document is {\"changed\": [...], \"accepted\": [...]}; with --yes what is in 'changed' is accepted.",
    ],
    exits: ["0    nothing is withheld any more because it has changed", "1    something still is"],
    examples: [
      Example("bulkhead mcp accept time", "Shows each change, and asks."),
      Example("bulkhead mcp accept time time.now --yes", "Takes one, and shows what it takes."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let name = arguments.operand(0) ?? ""
      let client = try await arguments.connect()
      let changed = try await changed(of: name, arguments.operand(1), client)
      var accepted: [String] = []
      for tool in changed {
        if !console.isJSON { console.print(MCPChange(tool).text(console.paint())) }
        var isWanted = arguments.has("yes")
        if !isWanted { isWanted = await asks(tool, console) }
        guard isWanted else { continue }
        try await asking("tool '\(visibleLine(tool.name))'") { () async throws(ClientError) in
          try await client.accept(tool)
        }
        accepted.append(tool.name)
        console.say("'\(visibleLine(tool.name))' is accepted")
      }
      if console.isJSON {
        console.print(["changed": .array(changed.map(\.json)), "accepted": .array(accepted.map { .string($0) })])
      } else if changed.isEmpty {
        console.say("nothing of '\(visibleLine(name))' is withheld because it has changed")
      }
      return accepted.count == changed.count ? ExitCode.success : ExitCode.failure
    }
  )

  private static func changed(
    of name: String,
    _ tool: String?,
    _ client: BulkheadClient
  ) async throws(Failure) -> [WithheldTool] {
    let workers = try await asking { () async throws(ClientError) in try await client.workers() }
    guard workers.contains(where: { $0["kind"]?.stringValue == name }) else {
      throw Failure(
        "not_found",
        "there is no server \(quoted(name)) that runs",
        hint: "'bulkhead mcp list' lists the servers"
      )
    }
    let listed = try await asking { () async throws(ClientError) in try await client.offers() }.withheld
    var found: [WithheldTool] = []
    for entry in listed where entry.worker == name && entry.reason == .changed && (tool ?? entry.name) == entry.name {
      if entry.offered != nil {
        found.append(entry)
        continue
      }
      // The list was too long to show it.
      let shown = try await asking { () async throws(ClientError) in try await client.offers(name: entry.name) }
      found += shown.withheld.filter { $0.worker == name && $0.reason == .changed }
    }
    return found
  }

  private static func asks(_ tool: WithheldTool, _ console: Console) async -> Bool {
    guard !console.isJSON else { return false }
    guard isatty(STDIN_FILENO) == 1, console.errorsAreTerminal else {
      console.note("'\(visibleLine(tool.name))' stays withheld; '--yes' takes it")
      return false
    }
    // What was typed before the question is no answer to it.
    tcflush(STDIN_FILENO, TCIFLUSH)
    console.writeError("take '\(visibleLine(tool.name))' as it is now? [y]es, [n]o ")
    while !Interrupts.happened {
      switch await TerminalLine.read(within: 500) {
      case .line(let line): return line.lowercased().hasPrefix("y")
      case .end: return false
      case .nothing: break
      }
    }
    return false
  }
}

/// What a tool was and what it is, for somebody who decides about it.
struct MCPChange {
  private let tool: WithheldTool

  init(_ tool: WithheldTool) { self.tool = tool }

  func text(_ paint: Paint) -> String {
    var lines = [paint("\(visibleLine(tool.name)): \(visibleLine(tool.message))", .bold)]
    guard let old = tool.pinned, let new = tool.offered else { return lines[0] }
    func both(_ what: String, _ before: String?, _ now: String?) {
      guard before != now else { return }
      lines += ["", paint("\(what) that was pinned", .bold), marked(before, "- ")]
      lines += [paint("\(what) that is offered", .bold), marked(now, "+ ")]
    }
    both("description", visible(old.description), visible(new.description))
    both("input schema", Self.exact(old.inputSchema), Self.exact(new.inputSchema))
    both("output schema", old.outputSchema.map(Self.exact), new.outputSchema.map(Self.exact))
    both("title", old.meta?["title"].map(Self.exact), new.meta?["title"].map(Self.exact))
    both("name at its server", old.meta?["mcp_name"].map(Self.exact), new.meta?["mcp_name"].map(Self.exact))
    both("hints", old.meta?["hints"].map(Self.exact), new.meta?["hints"].map(Self.exact))
    return lines.joined(separator: "\n") + "\n"
  }

  private static func exact(_ json: JSON) -> String { visibleJSON(json.indented()) }

  private func marked(_ text: String?, _ mark: String) -> String {
    guard let text else { return "  (none)" }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { mark + $0 }.joined(separator: "\n")
  }
}
