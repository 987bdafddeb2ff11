internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let approvals = Command(
    path: ["approvals"],
    summary: "list what waits for a person, or show one of it in full",
    operands: [Operand("ID", isOptional: true, completion: .approvals)],
    flags: [
      Flag("all", short: "a", "list what was decided, expired or was withdrawn, too"),
      Flag("job", value: "JOB", "only what this job asks", completion: .jobs),
    ],
    description: [
      "Prints a line for each step, call and plan that waits for a person: its id, how long it has waited and how long it still will, who asked for the job, and the rules that want it seen.",
      "With ID it is that one in full: the exact input, what it needs and its limits; of a plan its steps and all that they may do, with who holds them to it. Nothing is cut. Control characters, and characters that are invisible or reorder text, are shown as escapes.",
      "'bulkhead approve ID' and 'bulkhead deny ID' decide.",
      "With --json the document is {\"approvals\": [...]}, with ID the approval; times are milliseconds since 1970.",
    ],
    exits: ["0    success", "1    there is no such approval"],
    examples: [
      Example("bulkhead approvals", "What waits."),
      Example("bulkhead approvals approval-7", "What exactly would run."),
      Example("bulkhead approvals --all --job nightly-7", "All that a job ever asked, and what became of it."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      if let id = arguments.operand(0) {
        if arguments.has("all") || arguments.value("job") != nil {
          throw Failure(usage: "'--all' and '--job' are for the list, and \(quoted(id)) is one approval")
        }
        let client = try await arguments.connect()
        let approval = try await approval(id, client)
        if console.isJSON {
          console.print(approval.json)
        } else {
          console.print(ApprovalPage(approval, wallClock(), console.paint()).text)
        }
        return ExitCode.success
      }
      let client = try await arguments.connect()
      let found = try await approvals(all: arguments.has("all"), job: arguments.value("job"), client)
      if console.isJSON {
        console.print(["approvals": .array(found.map(\.json))])
      } else if found.isEmpty {
        console.say(arguments.has("all") ? "nothing was ever asked" : "nothing waits for a person")
      } else {
        let table = ApprovalTables.approvals(found, now: wallClock(), showsState: arguments.has("all"))
        console.print(table.text(console.paint()))
      }
      return ExitCode.success
    }
  )

  private static func approvals(
    all: Bool,
    job: String?,
    _ client: BulkheadClient
  ) async throws(Failure) -> [Approval] {
    var found: [Approval] = []
    while true {
      let before = found.last?.id
      let page: [Approval]
      do throws(ClientError) {
        page = try await client.approvals(all: all, job: job, before: before, limit: 100)
      } catch {
        if let job { throw await failure(error, job: job, client) }
        throw Failure(error)
      }
      found += page
      // The last page is the empty one: a page may be shorter than asked for.
      if page.isEmpty { return found }
    }
  }

  /// The one that somebody named, by its id or its number alone.
  static func approval(_ word: String, _ client: BulkheadClient) async throws(Failure) -> Approval {
    let id = word.hasPrefix("approval-") ? word : "approval-\(word)"
    let found = try await asking { () async throws(ClientError) in try await client.approval(id) }
    guard let found else {
      throw Failure(
        "not_found",
        "there is no approval \(quoted(word))",
        hint: "'bulkhead approvals' lists what waits, with --all everything"
      )
    }
    return found
  }
}
