internal import ClientKit
internal import JSON
internal import Wire

extension ServerTool {
  static let runBash = ServerTool(
    "run_bash",
    "Run a bash command in a jail",
    "Runs a command line with bash in a jail of its own that ends with it: a private empty workspace, no network, no access to the machine's files, bounded time, memory and output. 'files' puts files into the workspace; 'needs' asks for paths, programs or hosts of the machine, which are granted only where the operator permits them. Answers exit code, standard output, standard error, what was refused, and the files that it left, as artifacts that further calls can be given. What the operator wants a person to see waits until one has approved it.",
    input: ToolSchemas.runBash,
    output: ToolSchemas.runResult
  ) { arguments, tools async throws(Failure) in
    var input = JSONObject()
    for name in ["command", "cwd", "env", "stdin", "files"] { input[name] = arguments.object[name] }
    return try DirectCall(tool: "bash", input: .object(input), arguments, isRun: true).start(tools)
  }

  static let runCode = ServerTool(
    "run_code",
    "Run code in a jail",
    "Runs code, python unless 'language' says javascript, in a jail of its own as run_bash does. The code finds 'input_data' in the variable 'input', and what the variable 'output' holds at its end is answered as JSON beside what it printed.",
    input: ToolSchemas.runCode,
    output: ToolSchemas.runResult
  ) { arguments, tools async throws(Failure) in
    var input = JSONObject()
    for name in ["code", "language", "input_data", "files"] { input[name] = arguments.object[name] }
    return try DirectCall(tool: "code_exec", input: .object(input), arguments, isRun: true).start(tools)
  }

  static let callTool = ServerTool(
    "call_tool",
    "Call a tool",
    "Calls any tool that list_tools shows, with an input by its input_schema, in the compartment of the worker that offers it. The call is written down, and passes the operator's policy as every call does; what the operator wants a person to see waits until one has approved it.",
    input: ToolSchemas.callTool,
    output: ToolSchemas.callResult
  ) { arguments, tools async throws(Failure) in
    let name = arguments.text("name") ?? ""
    return try DirectCall(tool: name, input: arguments.object["input"] ?? [:], arguments, isRun: false).start(tools)
  }
}

/// A `tool/call` of ours: it ends with this program, and its approval with it.
private struct DirectCall {
  /// For the record to come home after a run that has reached its time.
  private static let marginMS: Int64 = 5_000

  let tool: String
  let input: JSON
  let needs: Needs?
  let limits: ResourceLimits?
  let timeout: Duration?
  /// Whether its output is the record of a jailed run.
  let isRun: Bool

  init(tool: String, input: JSON, _ arguments: ToolArguments, isRun: Bool) throws(Failure) {
    self.tool = tool
    self.input = input
    self.isRun = isRun
    needs = try arguments.needs
    guard isRun, let wall = arguments.integer("timeout_ms") else {
      limits = try arguments.limits
      timeout = arguments.timeout
      return
    }
    // The jail keeps the time of a run, so that what it wrote by then is answered.
    var bounded = try arguments.limits ?? ResourceLimits()
    bounded.wallMS = min(bounded.wallMS ?? wall, wall)
    limits = bounded
    timeout = .milliseconds(min(wall + Self.marginMS, Limit.timeoutMS))
  }

  func start(_ tools: ToolDesk) throws(Failure) -> ServerTool.Start {
    .work(
      try tools.desk.begin(.call(tool: tool, input: input), digest: tools.digest) { work in
        let progress = CallProgress(work)
        do throws(ClientError) {
          let result = try await tools.link.asking { client async throws(ClientError) in
            try await client.call(tool: tool, input: input, timeout: timeout, needs: needs, limits: limits) {
              if progress.take($0) { tools.desk.wake() }
            }
          }
          return isRun ? await RunOutcome.of(result, tools) : await CallOutcome.of(result, tools)
        } catch {
          return ToolOutcome(Failure(tool: error, "tool \(quoted(tool))"))
        }
      }
    )
  }
}

/// What a call says while it runs, passed on in readable pieces.
private final class CallProgress: Sendable {
  private let work: Work

  init(_ work: Work) { self.work = work }

  /// Whether it may be that something waits now.
  func take(_ progress: Progress) -> Bool {
    let isStatus = progress.kind == .status
    let percent = progress.fraction.map { " (\(Int($0 * 100))%)" } ?? ""
    let warning = isStatus && progress.text.hasPrefix("warning: ") ? progress.text : nil
    work.report(WorkProgress(text: progress.text + percent, isImportant: isStatus, warning: warning))
    return isStatus
  }
}
