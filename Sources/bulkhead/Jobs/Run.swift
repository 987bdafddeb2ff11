internal import ClientKit
internal import JSON

extension Command {
  static let run = Command(
    path: ["run"],
    summary: "run a plan as a job that survives every crash",
    flags: [
      Flag(
        "plan",
        value: "FILE",
        "the plan, a JSON document; - for standard input",
        completion: .file,
        isRequired: true
      ),
      Flag(
        "file",
        short: "f",
        value: "NAME=PATH",
        "give the plan a file: the text \"file:NAME\" in it becomes the artifact; may be repeated",
        completion: .file
      ),
      Flag("detach", short: "d", "print the job's id as soon as it is on disk, and do not wait for its end"),
      Flag("id", value: "ID", "the job's id; the same id with the same plan is the same job"),
      Flag(
        "priority",
        value: "N",
        "0 to 9, 5 unless given; more is sooner",
        completion: .words((0...9).map { "\($0)" })
      ),
      Flag("deadline", value: "TIME", "cancel what still runs after this time, such as 30s, 5m, 2h or 7d"),
      Flag("progress", short: "p", "show what the steps print while they run too"),
    ],
    description: [
      "Gives the plan to the coordinator, which checks all of it before anything runs, writes it to its disk, and runs its steps as soon as what they depend on has ended. All mistakes of a plan are listed at once, each with its place.",
      "On a terminal the steps are shown as they go; otherwise each event is a line on standard error. When the job has succeeded its synthesis is printed, or the outputs of its last steps as JSON.",
      "The first Ctrl-C cancels the job and waits for its end; the second leaves it to itself. A job outlives this program and the coordinator: 'bulkhead watch' shows it again.",
      "With --json each event is a document on a line of its own; the last line is {\"job\", \"result\"}.",
    ],
    exits: [
      "0    the job succeeded, or is on disk with --detach",
      "1    the job failed or was cancelled, or the plan has mistakes",
    ],
    examples: [
      Example("bulkhead run --plan report.json", "Runs a plan and prints what it gives."),
      Example(
        "bulkhead run --plan receipts.json --file image=lunch.jpg",
        "Gives the plan a file where it says \"file:image\"."
      ),
      Example(
        "bulkhead run --plan - --id nightly-7 -d --deadline 2h < plan.json",
        "Starts a job under an id of its own; to repeat this after a doubtful answer does no harm."
      ),
    ],
    action: .remote { arguments, console async throws(Failure) in
      guard let file = arguments.value("plan") else {
        throw Failure(usage: "there is nothing to run; name a plan with --plan FILE")
      }
      let priority = try arguments.count("priority", in: 0...9)
      let deadline = try arguments.deadline()
      var plan = try await PlanFile.read(file)
      let files = try PlanFile.names(arguments.values("file"), in: plan)
      let client = try await arguments.connect()
      for (name, path) in files {
        let artifact = try await asking { () async throws(ClientError) in try await client.upload(path) }
        plan = plan.replacing(text: "file:\(name)", with: artifact.json)
      }
      let submitted: SubmittedJob
      do throws(ClientError) {
        submitted = try await client.submit(
          plan: plan,
          id: arguments.value("id"),
          priority: priority,
          deadline: deadline
        )
      } catch {
        throw error.code.rawValue == "invalid_plan" ? PlanFile.failure(error.planMistakes, file) : Failure(error)
      }
      let id = submitted.job.id
      if arguments.has("detach") {
        if console.isJSON {
          console.print(["job": submitted.job.json, "existing": .bool(submitted.isExisting)])
        } else {
          console.print(id)
        }
        return ExitCode.success
      }
      if submitted.isExisting, !console.isJSON { console.note("job '\(id)' was accepted before; this shows that one") }
      return try await JobWatch(id, client, arguments, console, onInterrupt: .cancelsJob).run()
    }
  )
}

extension Arguments {
  fileprivate func deadline() throws(Failure) -> Duration? {
    try milliseconds(
      "deadline",
      in: 1...Limit.jobDeadlineMS,
      due: "a time such as 30s, 5m, 2h or 7d is due, 90d at most"
    )
    .map { .milliseconds($0) }
  }
}
