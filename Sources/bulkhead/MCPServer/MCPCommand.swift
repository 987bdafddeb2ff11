internal import JSON
internal import Posix

extension Command {
  static let mcp = Command(
    path: ["mcp"],
    summary: "serve MCP clients on standard input and output",
    flags: [
      Flag(
        "approvals",
        value: "WHO",
        "ask: whoever sits at the client is asked by it; never (unless given): approvals are decided elsewhere",
        completion: .words(MCPOptions.Approvals.allCases.map(\.rawValue))
      ),
      Flag("patience", value: "TIME", "how long a call stays open that waits for a person elsewhere; 15s unless given"),
      Flag("output-limit", value: "SIZE", "the most of one output in an answer, 1KiB to 4MiB; 64KiB unless given"),
    ],
    description: [
      "Speaks the Model Context Protocol, so that editors and agents can use the jail, plans and approvals. An MCP client starts it; it is a client of the coordinator like any other and may what its user may. Versions 2024-11-05, 2025-03-26, 2025-06-18, 2025-11-25 and 2026-07-28 are spoken, whichever the client does.",
      "It offers run_bash, run_code, call_tool, list_tools, run_plan, submit_job and get_job. Every call is written down and passes the policy. Progress, cancellation and logging work as the protocol has them. An output beyond --output-limit is cut, and all of it is kept as an artifact that the answer names and that further calls can be given.",
      "What the policy wants a person to see waits. With --approvals never, which is so unless you say otherwise, nothing that comes from the client decides: the answer says how it is decided, and get_job gives the result later. With --approvals ask a client that can show forms is asked; the form shows exactly what would run, and the answer counts as that of this program's user, under the policy's roles and four_eyes. A client that answers its forms by itself would approve what its own agent asks for: give --approvals ask only to clients that show them to a person.",
      "When the input ends, calls and plans that somebody still waited for are cancelled; submitted jobs go on. While no coordinator runs, each call answers how it is started, and the next one connects again.",
      "Standard output carries the protocol only.",
    ],
    exits: ["0    the input ended", "69   never: while no coordinator runs, the answers say so"],
    examples: [
      Example(
        #"{"mcpServers": {"bulkhead": {"command": "bulkhead", "args": ["mcp"]}}}"#,
        "The entry in the configuration of an MCP client."
      ),
      Example("bulkhead mcp --approvals ask", "Has the client ask whoever sits at it."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let server = MCPService(socket: arguments.value("socket"), try arguments.mcpOptions())
      do throws(PosixError) {
        try await server.run()
      } catch {
        throw Failure("file", "cannot use standard input and output: \(error)")
      }
      return ExitCode.success
    }
  )
}

extension Arguments {
  fileprivate func mcpOptions() throws(Failure) -> MCPOptions {
    var options = MCPOptions()
    if let word = value("approvals") {
      guard let approvals = MCPOptions.Approvals(rawValue: word) else {
        throw Failure(usage: "'--approvals' is \(quoted(word)) where ask or never is due")
      }
      options.approvals = approvals
    }
    if let patience = try duration("patience") { options.patience = patience }
    if let size = try size("output-limit") {
      guard (1 << 10...4 << 20).contains(size) else {
        throw Failure(usage: "'--output-limit' is \(size) bytes where 1KiB to 4MiB is due")
      }
      options.outputLimit = Int(size)
    }
    return options
  }
}
