extension Command {
  static let watch = Command(
    path: ["watch"],
    summary: "show a job as it goes, from its first event to its end",
    operands: [Operand("JOB", completion: .jobs)],
    flags: [Flag("progress", short: "p", "show what the steps print while they run too")],
    description: [
      "Shows JOB as 'bulkhead run' would: on a terminal as a picture that is kept up to date, otherwise as a line on standard error for each event, from the first one on. When it has succeeded, or if it had, its result is printed.",
      "When the coordinator goes away this waits half a minute for it to come back, and goes on behind the last event.",
      "Ctrl-C ends the watching, not the job.",
      "With --json each event is a document on a line of its own; the last line is {\"job\", \"result\"}.",
    ],
    exits: ["0    the job succeeded", "1    it failed or was cancelled, or there is no such job"],
    examples: [
      Example("bulkhead watch nightly-7", "Shows a job and waits for its end."),
      Example("bulkhead watch nightly-7 --json | head -n 1", "Its first event."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let id = arguments.operand(0) ?? ""
      return try await JobWatch(id, client, arguments, console, onInterrupt: .leavesJob).run()
    }
  )
}
