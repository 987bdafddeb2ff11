internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  private static let endStates = ["succeeded", "failed", "cancelled"]

  static let history = Command(
    path: ["history"],
    summary: "list ended jobs with what became of them, newest first",
    flags: [
      Flag("since", value: "TIME", "only jobs that ended in the last TIME, such as 12h or 7d"),
      Flag("until", value: "TIME", "only jobs that ended longer ago than TIME"),
      Flag("state", value: "STATE", "succeeded, failed or cancelled; may be repeated", completion: .words(endStates)),
      Flag("tool", value: "TOOL", "only jobs in which this tool was executed", completion: .tools),
      Flag("limit", short: "n", value: "N", "how many at most; 20 unless given"),
      Flag("all", short: "a", "list all, however many there are"),
    ],
    description: [
      "Prints a line for each job that has ended, the one that ended last first: when (in UTC), its id, what became of it and in which time, what it used of language models and what that cost, and the beginning of its title; and below it why it did not succeed. Direct calls of tools are jobs, too.",
      "--tool finds what a worker really had, in steps and in calls within steps, as far as executions are kept (90 days).",
      "With --json the document is {\"jobs\": [...]}, each as job/list has it; times are milliseconds since 1970.",
    ],
    exits: ["0    they are listed", "1    the coordinator refused to tell"],
    examples: [
      Example("bulkhead history --since 24h --state failed", "What went wrong today."),
      Example("bulkhead history --tool bash --all --json", "Every job that ran a shell, for a program."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let limit = try arguments.count("limit", in: 1...1_000_000) ?? 20
      let span = try TimeSpan(arguments)
      var search = JobHistorySearch()
      (search.since, search.until) = (span.since, span.until)
      search.states = arguments.values("state")
      search.tool = arguments.value("tool")
      for state in search.states where !endStates.contains(state) {
        throw Failure(usage: "'--state' is \(quoted(state)) where one of \(endStates.joined(separator: ", ")) is due")
      }
      let client = try await arguments.connect()
      let (jobs, hasMore) = try await ended(search, arguments.has("all") ? .max : limit, client)
      if console.isJSON {
        console.print(["jobs": .array(jobs.map(\.json))])
      } else if jobs.isEmpty {
        console.say("no such jobs have ended")
      } else {
        for job in jobs { console.print(HistoryText.line(job, console.paint())) }
        if hasMore { console.note("there are more; --all lists them, --limit N more of them") }
      }
      return ExitCode.success
    }
  )

  private static func ended(
    _ search: JobHistorySearch,
    _ most: Int,
    _ client: BulkheadClient
  ) async throws(Failure) -> ([JobSummary], hasMore: Bool) {
    var jobs: [JobSummary] = []
    while jobs.count <= most {
      // One more than wanted shows whether there are more.
      let (page, last) = (min(1_000, most == .max ? 1_000 : most - jobs.count + 1), jobs.last)
      let next = try await asking { () async throws(ClientError) in
        try await client.endedJobs(search, behind: last, limit: page)
      }
      if next.isEmpty { return (jobs, false) }
      jobs += next
    }
    return (Array(jobs.prefix(most)), true)
  }
}
