internal import JSON
internal import Posix
internal import TerminalText

extension Command {
  static let workerCheck = Command(
    path: ["worker", "check"],
    summary: "check a worker against the protocol",
    operands: [Operand("PATH", completion: .file)],
    flags: [
      Flag("tool", value: "NAME", "invoke this tool only"),
      Flag("input", value: "JSON", "what to invoke it with, instead of an input made from its schema"),
      Flag("timeout", value: "TIME", "how long each answer may take; 10s unless given"),
    ],
    description: [
      "Starts the worker at PATH, which is a program or a folder with a worker.json, speaks the protocol with it over pipes as the coordinator does, and prints a line for each rule: 'pass', 'FAIL' with what was wrong, or 'skip' with why it could not be tried. No coordinator is needed.",
      "The tools are really invoked, outside any jail, with inputs made from the examples, defaults and types of their schemas; choose with --tool and --input where that would do harm or where no input can be made. What a tool asks of the coordinator is refused.",
      "With --json the document is {\"worker\": PATH, \"rules\": [{\"rule\", \"result\", \"detail\"}], \"conforms\": true|false}.",
    ],
    exits: ["0    no rule failed", "1    at least one failed, or the worker cannot be started"],
    examples: [
      Example("bulkhead worker check ./my-worker", "Checks a program."),
      Example(
        "bulkhead worker check workers/upper --tool upper --input '{\"text\":\"a\"}'",
        "Checks a folder, with an input of your own."
      ),
    ],
    action: .local { arguments, console throws(Failure) in
      let path = arguments.operand(0) ?? ""
      let patience = try arguments.duration("timeout") ?? .seconds(10)
      let (seconds, attoseconds) = patience.components
      var input: JSON?
      if let text = arguments.value("input") {
        if arguments.value("tool") == nil {
          throw Failure(usage: "'--input' needs '--tool': inputs differ from tool to tool")
        }
        input = try parseJSON(Array(text.utf8), "'--input'")
      }
      let worker = try WorkerUnderTest(path)
      ignoreBrokenPipes()
      let conformance = Conformance(
        worker,
        patience: seconds * 1000 + attoseconds / 1_000_000_000_000_000,
        chosen: (arguments.value("tool"), input)
      ) { verdict in
        if !console.isJSON, !console.isQuiet || verdict.result == .fail { console.print(line(verdict, console)) }
      }
      conformance.run()
      let failed = conformance.verdicts.count { $0.result == .fail }
      if console.isJSON {
        console.print([
          "worker": .string(path), "rules": .array(conformance.verdicts.map(\.json)), "conforms": .bool(failed == 0),
        ])
      } else {
        let skipped = conformance.verdicts.count { $0.result == .skip }
        console.say("\(conformance.verdicts.count) rules: \(failed) failed, \(skipped) skipped")
      }
      return failed == 0 ? ExitCode.success : ExitCode.failure
    }
  )

  private static func line(_ verdict: Verdict, _ console: Console) -> String {
    let (word, colour): (String, Colour) =
      switch verdict.result {
      case .pass: ("pass", .green)
      case .fail: ("FAIL", .red)
      case .skip: ("skip", .yellow)
      }
    let name = Console.printable(verdict.rule)
    let padding = String(repeating: " ", count: max(0, 18 - name.count))
    return "\(console.colour(word, colour))  \(name)\(padding)  \(Console.printable(verdict.detail))"
  }
}
