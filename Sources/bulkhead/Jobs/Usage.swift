internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let usage = Command(
    path: ["usage"],
    summary: "show what was used of language models, and what it cost",
    flags: [
      Flag("by", value: "KEY", "day, job, model, provider or tool; day unless given", completion: .words(keys)),
      Flag("since", value: "TIME", "only what was used in the last TIME, such as 12h or 7d"),
    ],
    description: [
      "Prints a line for each day (in UTC), job, model, provider or tool: how many requests providers answered, how many tokens they read (of which some were in their caches) and wrote (of which some were spent on thinking), and what that cost. Days come newest first, others dearest first.",
      "A cost is that of the calls whose price is known; '?' says that there are others. Of jobs that gc removed only the sums of their days are kept.",
      "Where small models were asked first, or for a role of their own, it is also told how many of the requests they answered, how often one was not enough and a large model was asked as well (escalated), and what it would have cost had the large model answered all of them.",
      "With --json the document is {\"by\", \"rows\", \"total\"}; a row has its \"key\", and \"cost_nano_usd\" and \"baseline_nano_usd\" (what the large model would have cost) are in billionths of a US dollar.",
    ],
    examples: [
      Example("bulkhead usage --since 30d", "What each day of a month cost."),
      Example("bulkhead usage --by job --since 1d", "Which job it was."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let word = arguments.value("by") ?? "day"
      guard let key = UsageKey(rawValue: word) else {
        throw Failure(usage: "'--by' is \(quoted(word)) where one of \(keys.joined(separator: ", ")) is due")
      }
      let age = try arguments.milliseconds("since", in: 0...Int64.max, due: "a time such as 12h or 7d is due")
      let client = try await arguments.connect()
      let since = age.map { max(0, wallClock() - $0) }
      let table = try await asking { () async throws(ClientError) in try await client.usage(by: key, since: since) }
      if console.isJSON {
        console.print(document(key, table))
      } else if table.rows.isEmpty {
        console.say(age == nil ? "no language model was used yet" : "no language model was used in that time")
      } else {
        let rows = table.rows.map { (key: $0.key, sum: $0.sum) }
        console.print(UsageTables.table(word.uppercased(), rows, total: table.total).text(console.paint()))
        if let text = table.total.twoModelsText { console.print(text) }
        if table.isAbridged { console.note("there are more rows; --since leaves out older ones") }
      }
      return ExitCode.success
    }
  )

  private static let keys = UsageKey.allCases.map(\.rawValue)

  private static func document(_ key: UsageKey, _ table: UsageTable) -> JSON {
    let rows = table.rows.map { row -> JSON in
      var object: JSONObject = [:]
      object["key"] = row.key.map { .string($0) }
      for member in row.sum.json.objectValue?.members ?? [] { object[member.key] = member.value }
      return .object(object)
    }
    var document: JSONObject = ["by": .string(key.rawValue), "rows": .array(rows), "total": table.total.json]
    if table.isAbridged { document["abridged"] = true }
    return .object(document)
  }
}
