internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let logs = Command(
    path: ["logs"],
    summary: "show what the workers wrote to standard error",
    operands: [Operand("WORKER", isOptional: true, completion: .workers)],
    flags: [
      Flag("follow", short: "f", "print further lines as they come, until Ctrl-C"),
      Flag("lines", short: "n", value: "N", "how many of the last lines to print first; 100 unless given"),
    ],
    description: [
      "The coordinator captures the standard error of every worker and keeps the last lines. This prints them, those of WORKER or of all workers, oldest first, each with its time and the worker's name and instance.",
      "With --json the document is {\"lines\": [...]}; with --json and --follow each line is a document of its own.",
    ],
    exits: ["0    success", "1    there is no worker WORKER"],
    examples: [
      Example("bulkhead logs", "Shows the last hundred lines of all workers."),
      Example("bulkhead logs planner -f -n 0", "Shows only what the worker 'planner' writes from now on."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let count = try arguments.count("lines", in: 0...100_000) ?? 100
      let follows = arguments.has("follow")
      let client = try await arguments.connect()
      let stream = client.logs(worker: arguments.operand(0), lines: count, follow: follows)
      var lines: [JSON] = []
      var iterator = stream.makeAsyncIterator()
      do throws(ClientError) {
        while let line = try await iterator.next() {
          if !console.isJSON {
            console.print(text(line, console))
          } else if follows {
            console.print(line.json)
          } else {
            lines.append(line.json)
          }
        }
      } catch {
        throw Failure(error)
      }
      if Interrupts.happened { return ExitCode.interrupted }
      if console.isJSON, !follows { console.print(["lines": .array(lines)]) }
      return ExitCode.success
    }
  )

  private static func text(_ line: LogLine, _ console: Console) -> String {
    let tag = "\(Console.printable(line.time)) \(Console.printable(line.worker))-\(line.instance)"
    return "\(console.colour(tag, .dim)) \(Console.printable(line.text))"
  }
}
