internal import ClientKit
internal import JSON
internal import Wire

extension Command {
  static let run = Command(
    path: ["run"],
    summary: "run a request, a recipe or a plan as a job that survives every crash",
    operands: [Operand("REQUEST", isOptional: true)],
    flags: RunFlags.all,
    description: [
      "REQUEST says in words what is to be done; a planner makes a plan of it, which is checked like any other, and the job grows by its steps. With --recipe it is a plan that is kept under a name, with what --set says for its parameters ('bulkhead recipes'). With --plan it is the plan in a file. With - the request is read from standard input.",
      "A request's files are given with --file and known to the planner by their names; it never sees what is in them, nor what steps give. --mode direct asks a model once, system has the model of role 'executor' plan, hybrid has the one of role 'planner' plan and the one of role 'verifier' judge; unless it is said, the other options decide.",
      "--read, --write, --host and --program are the most that steps of a request may ask for: the planner gives each step what it needs of them, and what goes beyond is refused. Without them steps have what their tools have by themselves. Relative paths are taken from the current folder.",
      "On a terminal the steps are shown as they go; otherwise each event is a line on standard error. When the job has succeeded its answer is printed, or the outputs of its last steps as JSON, and before it, on standard error, who planned and verified it and what language models were used. A result that did not hold is printed with an error behind it, and the exit code is 1.",
      "What the policy wants a person to see waits. On a terminal you are shown exactly what would run, and asked; otherwise standard error says which approval it is and how it is decided, and the job goes on waiting. With --json nobody is asked or told but by the events.",
      "A number as --budget is US dollars. What would go beyond a budget fails with 'limit_exceeded'; calls within calls count too.",
      "The first Ctrl-C cancels the job and waits for its end; the second leaves it to itself. A job outlives this program and the coordinator: 'bulkhead watch' shows it again.",
      "With --json each event is a document on a line of its own; the last line is {\"job\", \"result\"}.",
    ],
    exits: [
      "0    the job succeeded, or is on disk with --detach",
      "1    the job failed or was cancelled, or the plan has mistakes",
    ],
    examples: [
      Example(
        "bulkhead run 'Process this receipt and categorize items' --file receipt.jpg",
        "Has a plan made for a request, and runs it."
      ),
      Example(
        "bulkhead run 'Count the lines of the logs' --read /var/log/app --program wc",
        "Lets the steps of its plan read a folder and run one program."
      ),
      Example("bulkhead run --recipe receipt --set image=lunch.jpg", "Runs a recipe; no model is asked."),
      Example("bulkhead run --plan report.json", "Runs a plan and prints what it gives."),
      Example(
        "bulkhead run --plan receipts.json --file image=lunch.jpg",
        "Gives the plan a file where it says \"file:image\"."
      ),
      Example("bulkhead run --plan report.json --budget usd=0.50,wall=10m", "Bounds what it may use up."),
      Example(
        "bulkhead run --plan - --id nightly-7 -d --deadline 2h < plan.json",
        "Starts a job under an id of its own; to repeat this after a doubtful answer does no harm."
      ),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let priority = try arguments.count("priority", in: 0...9)
      let deadline = try arguments.deadline()
      let budget = try arguments.budget()
      let work = try await RunWork.read(arguments)
      let client = try await arguments.connect()
      let submitted = try await work.submit(client, id: arguments.value("id"), priority, deadline, budget)
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

private enum RunFlags {
  static let all = [
    Flag("plan", value: "FILE", "run this plan, a JSON document; - for standard input", completion: .file),
    Flag("recipe", value: "NAME", "run this recipe", completion: .recipes),
    Flag(
      "set",
      short: "s",
      value: "NAME=VALUE",
      "a parameter of the recipe; a path where it takes a file; may be repeated"
    ),
    Flag(
      "file",
      short: "f",
      value: "[NAME=]PATH",
      "give it a file: in a plan the text \"file:NAME\" becomes the artifact; may be repeated",
      completion: .file
    ),
    Flag(
      "mode",
      value: "MODE",
      "how a request is carried out: auto, direct, system or hybrid",
      completion: .words(["auto", "direct", "system", "hybrid"])
    ),
    Flag(
      "type",
      value: "TYPE",
      "what kind of request it is",
      completion: .words(["conversation", "system_operation", "research", "analysis", "code_review"])
    ),
    Flag("system-access", "the request needs programs or files of a machine"),
    Flag("multi-step", "the request needs more than one step"),
    Flag(
      "context",
      value: "NAME=VALUE",
      "what else is known about the request; a JSON value or a text; may be repeated"
    ),
    Flag("estimated-cost", value: "USD", "what you think that the request costs"),
    Flag("tool", value: "NAME", "a tool that the plan may use, and only such; may be repeated", completion: .tools),
    Flag("read", value: "PATH", "let its steps read PATH and what lies below; may be repeated", completion: .file),
    Flag("write", value: "PATH", "let its steps write PATH and what lies below; may be repeated", completion: .file),
    Flag("host", value: "NAME:PORT", "let its steps reach this host; may be repeated"),
    Flag("program", value: "PROGRAM", "a program that its shells may run, and only such; may be repeated"),
    Flag("detach", short: "d", "print the job's id as soon as it is on disk, and do not wait for its end"),
    Flag("id", value: "ID", "the job's id; the same id with the same content is the same job"),
    Flag(
      "priority",
      value: "N",
      "0 to 9, 5 unless given; more is sooner",
      completion: .words((0...9).map { "\($0)" })
    ),
    Flag("deadline", value: "TIME", "cancel what still runs after this time, such as 30s, 5m, 2h or 7d"),
    Flag(
      "budget",
      value: "BUDGET",
      "the most that the job may use up: 0.50, or usd=0.50,tokens=20000,cpu=30s,wall=10m"
    ),
    Flag("progress", short: "p", "show what the steps print while they run too"),
  ]
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
