internal import ClientKit
internal import Glibc
internal import JSON
internal import Posix
internal import TerminalText

extension Command {
  static let toolCall = Command(
    path: ["tool", "call"],
    summary: "call a tool and print its output",
    operands: [Operand("NAME", completion: .tools), Operand("JSON|-", completion: .file)],
    flags: [
      Flag("timeout", value: "TIME", "stop the call after this time, such as 500ms, 30s, 5m or 2h"),
      Flag("read", value: "PATH", "let the call read PATH and what lies below; may be repeated", completion: .file),
      Flag("write", value: "PATH", "let the call write PATH and what lies below; may be repeated", completion: .file),
      Flag("progress", short: "p", "print what the tool says while it runs to standard error"),
    ],
    description: [
      "Calls the tool NAME with an input, a JSON object, and prints its output: a text as it is, anything else as indented JSON. With - the input is read from standard input.",
      "The coordinator checks the input against the tool's schema before the worker sees it; every violation is listed with its path. Privileges stand beside the input: what --read and --write name is granted to this call if the configuration permits it. Relative paths are taken from the current folder.",
      "A call that the policy wants a person to see waits: on a terminal you are asked, otherwise standard error says how it is decided. It waits no longer than this program does.",
      "The first Ctrl-C cancels the call and waits for it to end, the second quits at once.",
      "With --json the document is the whole result: output, artifacts, receipt and job. A failure is {\"error\": {\"name\", \"message\", \"hint\", \"data\"}}.",
    ],
    exits: ["0    the tool succeeded", "1    the call failed or was refused"],
    examples: [
      Example("bulkhead tool call upper '{\"text\":\"hello\"}'", "Calls 'upper' with a text."),
      Example(
        "bulkhead tool call summarise - --timeout 2m < input.json",
        "Reads the input from a file, and waits two minutes at most."
      ),
      Example(
        "bulkhead tool call build '{}' --read . --write out --progress",
        "Lets the call read the current folder and write 'out', and shows its progress."
      ),
    ],
    action: .remote { arguments, console async throws(Failure) in try await call(arguments, console) }
  )

  private static func call(_ arguments: Arguments, _ console: Console) async throws(Failure) -> Int32 {
    let name = arguments.operand(0) ?? ""
    let timeout = try arguments.duration("timeout")
    let needs = try needs(arguments)
    let input = try await input(arguments.operand(1) ?? "")
    let client = try await arguments.connect()
    let showsProgress = arguments.has("progress") && !console.isQuiet
    let result = try await asking("tool '\(name)'") { () async throws(ClientError) in
      try await ApprovalWatch.during(client, CallStage(console)) { approvals async throws(ClientError) in
        var onProgress: (@Sendable (Progress) -> Void)?
        if showsProgress {
          onProgress = { progress in
            show(progress, console)
            if progress.kind == .status { approvals.wake() }
          }
        }
        return try await client.call(
          tool: name,
          input: input,
          timeout: timeout,
          needs: needs,
          onProgress: onProgress
        )
      }
    }
    show(result, console)
    return ExitCode.success
  }

  static func needs(_ arguments: Arguments) throws(Failure) -> Needs? {
    var needs = Needs()
    for path in arguments.values("read") { needs.read.append(try absolute(path)) }
    for path in arguments.values("write") { needs.write.append(try absolute(path)) }
    return needs == Needs() ? nil : needs
  }

  /// Without `.` and `..`; links stay as they are, since the jail resolves them.
  static func absolute(_ path: String) throws(Failure) -> String {
    if path.isEmpty { throw Failure(usage: "a path is empty") }
    var whole = path
    if !path.hasPrefix("/") {
      guard let folder = getcwd(nil, 0) else {
        throw Failure("file", PosixError.current("getcwd").description)
      }
      whole = String(cString: folder) + "/" + path
      free(folder)
    }
    var parts: [Substring] = []
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The operand itself, or all of standard input.
  private static func input(_ operand: String) async throws(Failure) -> JSON {
    guard operand == "-" else { return try parseJSON(Array(operand.utf8), "input") }
    return try parseJSON(await readStandardInput(), "standard input")
  }

  private static func show(_ progress: Progress, _ console: Console) {
    let fraction = progress.fraction.map { " \(Int($0 * 100))%" } ?? ""
    switch progress.kind {
    case .status:
      console.writeError(console.colour("…\(fraction) \(Console.printable(progress.text))\n", .dim, onErrors: true))
    case .stdout, .stderr, .token:
      console.writeError(console.errorsAreTerminal ? Console.printable(progress.text) : progress.text)
    }
  }

  private static func show(_ result: ToolResult, _ console: Console) {
    if console.isJSON {
      console.print(result.json)
      return
    }
    if case .string(let text) = result.output {
      console.print(console.outputIsTerminal ? Console.printable(text) : text)
    } else {
      console.print(result.output.indented())
    }
    for artifact in result.artifacts {
      console.note("artifact \(Console.printable(artifact.name)), \(artifact.bytes) bytes: \(artifact.sha256)")
    }
  }
}
