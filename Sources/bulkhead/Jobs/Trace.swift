internal import ClientKit
internal import Glibc
internal import JSON
internal import TerminalText

extension Command {
  static let trace = Command(
    path: ["trace"],
    summary: "show when each attempt of a job's steps ran",
    operands: [Operand("JOB", completion: .jobs)],
    description: [
      "Draws the history of JOB as bars: a line for each attempt of each step and item, where the attempt ran (█) and where it waited afterwards for its next attempt, a tool or a person (·). A restart of the coordinator is marked (┊). A job that still runs is drawn up to now.",
      "With --json the document is {\"job\", \"spans\", \"restarts\", \"events\"}; times are milliseconds since 1970. What was used of language models is told for each step, with all its attempts, the calls made in them and its items, and for the whole job: tokens read, tokens written and cost. With --json it is \"usage\" and \"steps\".",
    ],
    exits: ["0    success", "1    there is no such job"],
    examples: [Example("bulkhead trace nightly-7", "Where the time went.")],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let id = arguments.operand(0) ?? ""
      let (report, events) = try await askingAbout(job: id, client) { () async throws(ClientError) in
        let events = try await client.history(of: id)
        return (try await client.job(id, payloads: false), events)
      }
      let job = report.job
      let timeline = Timeline(events, now: wallClock())
      if console.isJSON {
        console.print(document(report, events, timeline))
        return ExitCode.success
      }
      let paint = console.paint()
      let width = console.outputIsTerminal ? terminalSize(STDOUT_FILENO).columns : 100
      let time = tookText(milliseconds: timeline.endedAt - timeline.startedAt)
      let generation = job.generation > 1 ? ", generation \(job.generation)" : ""
      let models = report.usage.map { "  \($0.text)" } ?? ""
      console.print(
        "\(paint(job.id, .bold))  \(paint(job.state, ProgressFrame.colour(ofJob: job.state)))  \(time)\(generation)\(models)"
      )
      if let text = report.usage?.twoModelsText { console.print(paint(Console.printable(text), .dim)) }
      for line in Waterfall(width: width, paint: paint).lines(timeline, usage: report.steps) { console.print(line) }
      return ExitCode.success
    }
  )

  private static func document(_ report: JobReport, _ events: [JobEvent], _ timeline: Timeline) -> JSON {
    var document: JSONObject = [
      "job": report.job.json, "spans": .array(timeline.spans.map(\.json)),
      "restarts": .array(timeline.restarts.map { ["at": .integer($0.at), "run": .integer($0.run)] }),
      "events": .array(events.map(\.json)),
    ]
    if let usage = report.usage {
      document["usage"] = usage.json
      let used = report.steps.filter { $0.usage != nil }
      document["steps"] = .array(
        used.map { step in
          var object: JSONObject = ["id": .string(step.id), "usage": step.usage?.json ?? .null]
          object["item"] = step.item.map { .integer($0) }
          return .object(object)
        }
      )
    }
    return .object(document)
  }
}
