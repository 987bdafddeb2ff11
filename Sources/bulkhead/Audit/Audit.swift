internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let audit = Command(
    path: ["audit"],
    summary: "search the audit log: who did and decided what",
    operands: [Operand("TEXT", isOptional: true, isRepeated: true)],
    flags: [
      Flag("job", value: "ID", "only what belongs to this job", completion: .jobs),
      Flag("tool", value: "TOOL", "only what has to do with this tool", completion: .tools),
      Flag("kind", value: "KIND", "a kind such as approval.denied, or approval for all of that sort"),
      Flag("by", value: "WHO", "only what this user or worker did, such as anna or worker:planner"),
      Flag("since", value: "TIME", "only what happened in the last TIME, such as 12h or 7d"),
      Flag("until", value: "TIME", "only what happened longer ago than TIME"),
      Flag("lines", short: "n", value: "N", "how many of the last records; 50 unless given"),
      Flag("all", short: "a", "print all that are found, however many"),
      Flag("follow", short: "f", "print further records as they come, until Ctrl-C"),
    ],
    description: [
      "Prints the last records of the audit log that fit, oldest first, with their time in UTC. TEXT is looked for anywhere in a record; all conditions must hold. Secrets were taken out before the records were written.",
      "With --json each record is printed as it stands in the log, one a line.",
      "'bulkhead audit verify' says whether the log is as it was written.",
    ],
    examples: [
      Example("bulkhead audit --kind approval --since 7d", "Who approved and denied what this week."),
      Example("bulkhead audit --tool bash 'git push'", "Every time bash was told to push."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let limit = try arguments.count("lines", in: 1...1_000_000) ?? 50
      let search = try AuditSearch(arguments)
      let client = try await arguments.connect()
      var records = try await newest(search, arguments.has("all") ? .max : limit, client)
      show(records, console, isFollowing: false)
      guard arguments.has("follow") else {
        if records.isEmpty { console.say("no such records") }
        return ExitCode.success
      }
      // What a record's number is behind which nothing was printed yet.
      var last = try await end(of: client)
      while !Interrupts.happened {
        if await !pause() { break }
        let page = try await asking { () async throws(ClientError) in
          try await client.auditRecords(search, newestFirst: false, after: last, limit: 1_000)
        }
        records = page.records
        show(records, console, isFollowing: true)
        if let next = page.next {
          last = next
        } else if let newest = records.last {
          last = try number(of: newest)
        }
      }
      return ExitCode.interrupted
    }
  )

  private static func newest(
    _ search: AuditSearch,
    _ limit: Int,
    _ client: BulkheadClient
  ) async throws(Failure) -> [AuditEntry] {
    var found: [AuditEntry] = []
    var after: Int64?
    repeat {
      let (wanted, from) = (min(1_000, limit - found.count), after)
      let page = try await asking { () async throws(ClientError) in
        try await client.auditRecords(search, after: from, limit: wanted)
      }
      found += page.records
      after = page.next
    } while after != nil && found.count < limit
    return found.reversed()
  }

  private static func end(of client: BulkheadClient) async throws(Failure) -> Int64 {
    let page = try await asking { () async throws(ClientError) in try await client.auditRecords(limit: 1) }
    guard let record = page.records.first else { return 0 }
    return try number(of: record)
  }

  static func number(of entry: AuditEntry) throws(Failure) -> Int64 {
    guard let number = parsed(entry)["n"]?.integerValue else {
      throw Failure("audit", "a record of the audit log is damaged; see 'bulkhead audit verify'")
    }
    return number
  }

  /// False when the task was cancelled.
  private static func pause() async -> Bool {
    do {
      try await Task.sleep(for: .seconds(1))
      return true
    } catch {
      return false
    }
  }

  private static func parsed(_ entry: AuditEntry) -> JSON {
    do throws(JSONError) { return try JSON(parsing: entry.record) } catch { return ["kind": "?"] }
  }

  private static func show(_ records: [AuditEntry], _ console: Console, isFollowing: Bool) {
    guard !records.isEmpty else { return }
    if console.isJSON {
      for record in records { console.print(record.record) }
      return
    }
    let text = AuditTable.table(records.map(parsed)).text(console.paint())
    // The heading once.
    console.print(isFollowing ? text.split(separator: "\n").dropFirst().joined(separator: "\n") : text)
  }
}

extension AuditSearch {
  init(_ arguments: Arguments) throws(Failure) {
    self.init()
    let due = "a time such as 12h or 7d is due"
    let now = wallClock()
    since = try arguments.milliseconds("since", in: 0...Int64.max, due: due).map { max(0, now - $0) }
    until = try arguments.milliseconds("until", in: 0...Int64.max, due: due).map { max(0, now - $0) }
    job = arguments.value("job")
    tool = arguments.value("tool")
    kind = arguments.value("kind")
    actor = arguments.value("by")
    let words = arguments.operands.joined(separator: " ")
    text = words.isEmpty ? nil : words
  }
}
