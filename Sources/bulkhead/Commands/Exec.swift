internal import ClientKit
internal import JSON

extension Command {
  static let exec = Command(
    path: ["exec"],
    summary: "run a bash command or code in a jail",
    operands: [Operand("LANGUAGE", completion: .words(["bash", "python", "javascript"])), Operand("CODE|-")],
    flags: [
      Flag("input", value: "JSON", "what the variable 'input' holds; not for bash"),
      Flag("stdin", "pass standard input on to the command; for bash only"),
      Flag("read", value: "PATH", "let it read PATH and what lies below; may be repeated", completion: .file),
      Flag("write", value: "PATH", "let it write PATH and what lies below; may be repeated", completion: .file),
      Flag("file", value: "PATH[:NAME]", "put a copy of PATH into its workspace; may be repeated", completion: .file),
      Flag("env", value: "NAME=VALUE", "set a variable of its environment; may be repeated"),
      Flag("cwd", value: "FOLDER", "working folder, relative to the workspace; for bash only"),
      Flag("memory", value: "SIZE", "the most memory of all its processes, such as 256MiB"),
      Flag("timeout", value: "TIME", "stop it after this time, such as 500ms, 30s, 5m or 2h"),
      Flag(
        "grade",
        value: "GRADE",
        "the least jail that is acceptable: full, old-landlock or no-namespaces",
        completion: .words(["full", "old-landlock", "no-namespaces"])
      ),
      Flag("output-dir", value: "FOLDER", "save the files that it leaves in its workspace", completion: .folder),
    ],
    description: [
      "Runs CODE in a jail of its own that ends with it: no network, an empty private workspace, and bounded time, memory and output. LANGUAGE is bash, python, javascript, or one that the configuration of the sandbox worker describes. With - the code is read from standard input.",
      "What it writes is printed while it runs, each stream to its own. Code finds the value of --input in the variable 'input'; the value that the variable 'output' holds at the end is printed as JSON in a line of its own, unless it is null. System calls that were refused and limits that were reached are told on standard error.",
      "--read and --write grant paths of this machine to this run alone, if the configuration permits it. Relative paths are taken from the current folder.",
      "A jail is built whole or not at all. Where a machine cannot build it whole, the operator accepts a lesser grade by name ('jail.grade' in the configuration), and --grade full still refuses it for this run; 'bulkhead doctor' says what is missing. What ran in less than a whole jail says so on standard error.",
      "A run that the policy wants a person to see waits: on a terminal you are asked, otherwise standard error says how it is decided. It waits no longer than this program does.",
      "The first Ctrl-C stops the run and waits for its end, the second quits at once.",
      "With --json nothing is printed while it runs; the document is the whole record: reason, exit, stdout, stderr, limits_hit, denials, artifacts, receipt, and for code output and error.",
    ],
    exits: [
      "0    the program succeeded",
      "N    the program's own exit code, or 128 and the number of the signal that ended it",
      "1    the call failed otherwise",
      "124  it ran out of time",
      "125  the jail could not be set up",
      "126  it was refused: a privilege, or a system call that ends a program",
      "127  there is no such language or program",
      "137  it was ended by another limit, such as memory",
    ],
    examples: [
      Example("bulkhead exec bash 'ls -la; id'", "Runs a command line."),
      Example("bulkhead exec python - --input '{\"values\":[1,2]}' < total.py", "Runs a file with an input."),
      Example(
        "bulkhead exec bash 'wc -l *.csv > lines.txt' --file data.csv --output-dir out",
        "Gives it a file, and saves what it makes."
      ),
    ],
    action: .remote { arguments, console async throws(Failure) in try await exec(arguments, console) }
  )

  private static func exec(_ arguments: Arguments, _ console: Console) async throws(Failure) -> Int32 {
    let request = try await ExecRequest(arguments)
    let client = try await arguments.connect()
    let input = try await request.input(client)
    let output = LiveOutput(console)
    let tells = !console.isJSON
    let result: ToolResult
    do throws(ClientError) {
      let stage = CallStage(console) { output.endLine() }
      result = try await ApprovalWatch.during(client, stage) { approvals async throws(ClientError) in
        var onProgress: (@Sendable (Progress) -> Void)?
        if tells {
          onProgress = { progress in
            output.take(progress)
            if progress.kind == .status { approvals.wake() }
          }
        }
        return try await client.call(
          tool: request.tool,
          input: input,
          timeout: request.callTimeout,
          needs: request.needs,
          limits: request.limits,
          onProgress: onProgress
        )
      }
    } catch {
      output.endLine()
      throw failure(error, request)
    }
    let record = ExecRecord(result.output)
    if console.isJSON {
      console.print(result.output)
    } else {
      output.finish(record)
      record.explain(console)
    }
    try await save(result.artifacts, arguments, client, console)
    return record.exitCode
  }

  private static func failure(_ error: ClientError, _ request: ExecRequest) -> Failure {
    var failure = Failure(error, "exec \(request.language)")
    switch error.code.rawValue {
    case "deadline_exceeded": failure.exit = ExitCode.timeout
    case "setup_failed":
      failure.exit = ExitCode.setup
      failure.hint = "'bulkhead doctor' shows what this machine lacks"
    case "refused":
      failure.exit = error.data["need"]?.stringValue == "programs" ? ExitCode.noProgram : ExitCode.refused
      if error.data["need"]?.stringValue == "grade" {
        failure.hint = "'bulkhead doctor' shows what keeps this machine from the whole jail"
      } else if let needs = request.needs, !needs.read.isEmpty || !needs.write.isEmpty {
        failure.hint = "what --read and --write name must lie in the 'permissions' of the sandbox worker's worker.json"
      }
    case "invalid_input":
      if error.message.contains("'\(request.language)' is not one of") { failure.exit = ExitCode.noProgram }
      failure.hint = nil
    case "blocked", "approval_denied": failure.exit = ExitCode.refused
    case "unknown_tool": failure.hint = "is the sandbox worker there? 'bulkhead workers' shows its state"
    default: break
    }
    return failure
  }

  private static func save(
    _ artifacts: [Artifact],
    _ arguments: Arguments,
    _ client: BulkheadClient,
    _ console: Console
  ) async throws(Failure) {
    guard let folder = arguments.value("output-dir") else {
      if !artifacts.isEmpty, !console.isJSON {
        let names = artifacts.prefix(8).map { Console.printable($0.name) }.joined(separator: ", ")
        let more = artifacts.count > 8 ? " and \(artifacts.count - 8) more" : ""
        console.note("bulkhead: it left \(names)\(more); --output-dir saves such files")
      }
      return
    }
    try ExecRequest.makeFolder(folder)
    for artifact in artifacts {
      // The name comes from inside a jail.
      let name = artifact.name
      guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == UInt8(ascii: "/") || $0 == 0 })
      else {
        console.note("bulkhead: \(quoted(name)) is no file name and was not saved")
        continue
      }
      try await asking { () async throws(ClientError) in try await client.download(artifact, to: "\(folder)/\(name)") }
      if !console.isJSON {
        console.note("bulkhead: saved \(Console.printable("\(folder)/\(name)")), \(artifact.bytes) bytes")
      }
    }
  }
}
