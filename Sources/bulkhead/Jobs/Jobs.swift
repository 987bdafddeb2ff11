internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  private static let states = [
    "queued", "running", "waiting", "paused", "cancelling", "succeeded", "failed", "cancelled",
  ]

  static let jobs = Command(
    path: ["jobs"],
    summary: "list the jobs, newest first",
    flags: [
      Flag("state", value: "STATE", "only jobs in this state; may be repeated", completion: .words(states)),
      Flag("calls", "list direct calls of tools too"),
      Flag("limit", short: "n", value: "N", "how many at most; 50 unless given"),
      Flag("all", short: "a", "list all, however many there are"),
    ],
    description: [
      "Prints a line for each job: its state, how many steps it has, how long ago it was accepted, how long it ran, what it waits for if one of them waits, and the beginning of its title. The states are queued, running, waiting (for a tool or a person), paused, cancelling, succeeded, failed and cancelled.",
      "Plans are jobs, and so is each direct call of a tool; the latter are listed with --calls.",
      "With --json the document is {\"jobs\": [...]}; times are milliseconds since 1970.",
    ],
    examples: [
      Example("bulkhead jobs --state running --state waiting", "What is going on."),
      Example("bulkhead jobs --all --calls --json", "Everything that the journal holds."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let limit = try arguments.count("limit", in: 1...1_000_000) ?? 50
      for state in arguments.values("state") where !states.contains(state) {
        throw Failure(usage: "'--state' is \(quoted(state)) where one of \(states.joined(separator: ", ")) is due")
      }
      let client = try await arguments.connect()
      let kind = arguments.has("calls") ? nil : "plan"
      let most = arguments.has("all") ? Int.max : limit
      var jobs: [JobSummary] = []
      var hasMore = false
      while true {
        // One more than wanted shows whether there are more.
        let page = min(1000, most == .max ? 1000 : most - jobs.count + 1)
        let before = jobs.last?.sequence
        let next = try await asking { () async throws(ClientError) in
          try await client.jobs(states: arguments.values("state"), kind: kind, before: before, limit: page)
        }
        jobs += next
        hasMore = jobs.count > most
        if hasMore || next.count < page { break }
      }
      if hasMore { jobs.removeLast(jobs.count - most) }
      if console.isJSON {
        console.print(["jobs": .array(jobs.map(\.json))])
      } else if jobs.isEmpty {
        console.say(
          arguments.values("state").isEmpty ? "no jobs; 'bulkhead run --plan FILE' starts one" : "no such jobs"
        )
      } else {
        let asked = await WaitingApprovals(client, jobs: jobs)
        console.print(JobTables.jobs(jobs, now: wallClock(), approvals: asked.byJob).text(console.paint()))
        if let first = asked.approvals.first {
          console.note("'bulkhead approvals' lists what waits for a person, 'bulkhead approve \(first.id)' decides")
        }
        if hasMore { console.note("there are more; --all lists them, --limit N more of them") }
      }
      return ExitCode.success
    }
  )
}
