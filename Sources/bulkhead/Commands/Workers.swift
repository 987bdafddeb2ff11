internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let workers = Command(
    path: ["workers"],
    summary: "list the workers and the state of each instance",
    description: [
      "Prints a line for each process of each kind of worker: its state, when it was started, what it runs and has answered, the restarts of its kind, and the last error. A kind without a process has a line too.",
      "A second table shows the jail around each kind: its grade, the set of system calls it may make, its network, what limits its memory, what keeps it from executing programs (none: it may; landlock: all but its own program and loader are refused; landlock+seccomp: these too), and how many paths it may read and write beside its own folder and the system's libraries.",
      "With --json the document is {\"workers\": [...]}, an object for each kind as the coordinator reports it; later releases may add members.",
    ],
    examples: [
      Example("bulkhead workers", "Lists all workers."),
      Example("bulkhead workers --json", "The same with everything that is known about them."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let workers = try await asking { () async throws(ClientError) in try await client.workers() }
      if console.isJSON {
        console.print(["workers": .array(workers)])
      } else if workers.isEmpty {
        console.say("no workers; add a folder with a worker.json to a folder that is searched")
      } else {
        console.print(table(workers).text(console.paint()))
        console.print("\n" + jails(workers).text(console.paint()))
      }
      return ExitCode.success
    }
  )

  /// Reads leniently: the entries may grow, and a member that is missing is shown as a dash.
  private static func table(_ workers: [JSON]) -> Table {
    var table = Table("WORKER", "INSTANCE", "STATE", "PID", "STARTED", "RUNNING", "ANSWERED", "RESTARTS", "ERROR")
    for worker in workers {
      let name = worker["kind"]?.stringValue ?? "-"
      let restarts = worker["restarts"]?.integerValue.map { "\($0)" } ?? "-"
      let error = worker["last_error"]?.stringValue ?? ""
      let instances = worker["instances"]?.arrayValue ?? []
      if instances.isEmpty {
        let state = worker["state"]?.stringValue ?? "-"
        table.add(
          [name, "-", state, "-", "-", "-", "-", restarts, error],
          colours: [nil, nil, state == "up" ? .yellow : .red]
        )
      }
      for instance in instances {
        func number(_ member: String) -> String { instance[member]?.integerValue.map { "\($0)" } ?? "-" }
        let state = instance["state"]?.stringValue ?? "-"
        table.add(
          [
            name, number("instance"), state, number("pid"),
            instance["started"]?.stringValue ?? "-", number("running"), number("answered"), restarts, error,
          ],
          colours: [nil, nil, state == "ready" ? .green : .yellow]
        )
      }
    }
    return table
  }

  private static func jails(_ workers: [JSON]) -> Table {
    var table = Table("WORKER", "GRADE", "SYSTEM CALLS", "NETWORK", "LIMITS", "EXEC WALL", "READ", "WRITE")
    for worker in workers {
      let jail = worker["jail"]
      func text(_ member: String) -> String { jail?[member]?.stringValue ?? "-" }
      func number(_ member: String) -> String { jail?[member]?.integerValue.map { "\($0)" } ?? "-" }
      table.add(
        [
          worker["kind"]?.stringValue ?? "-", jail == nil ? "not jailed" : text("grade"), text("profile"),
          text("network"), text("limits_by"), text("exec_wall"), number("read_paths"), number("write_paths"),
        ],
        colours: [nil, jail == nil ? .red : nil]
      )
    }
    return table
  }
}
