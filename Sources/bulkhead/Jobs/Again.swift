internal import ClientKit
internal import JSON
internal import TerminalText

extension Command {
  static let retry = Command(
    path: ["retry"],
    summary: "run what did not succeed of an ended job again",
    operands: [Operand("JOB", completion: .jobs)],
    flags: [Flag("from", value: "STEP", "run this step and all that depends on it again, whatever became of them")],
    description: [
      "Opens a new generation of JOB, which must have ended: the steps that did not succeed, and those that depend on them, run again; what succeeded is not repeated. With --from it is that step and all that depends on it.",
      "With --json the document is {\"job\"}.",
    ],
    exits: ["0    the job runs again", "1    it does not"],
    examples: [
      Example("bulkhead retry nightly-7", "After what made a step fail was put right."),
      Example("bulkhead retry nightly-7 --from fetch", "From a step on."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let from = arguments.value("from")
      return try await change(arguments, console) { client, id async throws(ClientError) in
        try await client.retry(job: id, from: from)
      } said: {
        "\($0.said), generation \($0.generation); 'bulkhead watch \($0.id)' shows it"
      }
    }
  )

  static let fork = Command(
    path: ["fork"],
    summary: "make a new job of an old one, from a step on",
    operands: [Operand("JOB", completion: .jobs)],
    flags: [
      Flag("from", value: "STEP", "the step that runs anew, with all that depends on it", isRequired: true),
      Flag("input", value: "JSON|@FILE", "another input for that step; as it was unless given"),
      Flag("id", value: "ID", "the new job's id"),
    ],
    description: [
      "Makes a new job with the plan of JOB. The step that --from names and all that depends on it run anew, the former with another input if one is given; the outputs of the other steps are taken over. JOB stays as it is.",
      "Prints the new job's id; with --json the document is {\"job\"}.",
    ],
    exits: ["0    the new job is on disk", "1    it is not"],
    examples: [
      Example(
        "bulkhead fork nightly-7 --from summarise --input '{\"style\":\"short\"}'",
        "Tries another input without fetching again."
      ),
      Example("bulkhead fork nightly-7 --from summarise --input @input.json --id trial", "The input from a file."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      guard let from = arguments.value("from") else {
        throw Failure(usage: "name the step that is to run anew with --from STEP")
      }
      let input = try await arguments.document("input")
      let id = arguments.value("id")
      return try await change(arguments, console) { client, job async throws(ClientError) in
        try await client.fork(job: job, from: from, input: input, as: id)
      } said: {
        $0.id
      }
    }
  )

  static let resolve = Command(
    path: ["resolve"],
    summary: "say what became of a step whose outcome nobody knows",
    operands: [
      Operand("JOB", completion: .jobs), Operand("STEP[:ITEM]"),
      Operand("OUTCOME", completion: .words(StepResolution.allCases.map(\.rawValue))),
    ],
    flags: [Flag("output", value: "JSON|@FILE", "what the step produced, with 'succeeded'; null unless given")],
    description: [
      "When a worker or the machine dies while a step runs that is not idempotent, nobody knows whether it took effect, and its job waits for a person. Look at the outside world, then say what OUTCOME it was: succeeded (it took effect; --output is what it produced), failed (it did not, and is not to be tried again), retry (try it again, whatever it did), or skip (it does not matter).",
      "ITEM is the number of an item of a step with for_each, from 0 on.",
      "With --json the document is {\"job\"}.",
    ],
    exits: ["0    the job goes on accordingly", "1    it does not"],
    examples: [
      Example("bulkhead resolve nightly-7 send_mail succeeded --output '{\"sent\":true}'", "The mail did arrive."),
      Example("bulkhead resolve nightly-7 charge:3 retry", "Tries item 3 again."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let (step, item) = try stepAndItem(arguments.operand(1) ?? "")
      let word = arguments.operand(2) ?? ""
      guard let outcome = StepResolution(rawValue: word) else {
        let known = StepResolution.allCases.map(\.rawValue)
        let near = nearest(to: word, among: known).map { " (did you mean '\($0)'?)" } ?? ""
        throw Failure(usage: "unknown outcome \(quoted(word))\(near); known: \(known.joined(separator: ", "))")
      }
      if arguments.value("output") != nil, outcome != .succeeded {
        throw Failure(usage: "'--output' goes with 'succeeded' only")
      }
      let output = try await arguments.document("output")
      return try await change(arguments, console) { client, id async throws(ClientError) in
        try await client.resolve(job: id, step: step, item: item, as: outcome, output: output)
      } said: {
        $0.said
      }
    }
  )

  /// `STEP` or `STEP:ITEM`.
  private static func stepAndItem(_ text: String) throws(Failure) -> (String, Int?) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2 else { return (text, nil) }
    guard let item = Int(parts[1]), (0..<Limit.fanOut).contains(item) else {
      throw Failure(usage: "item \(quoted(String(parts[1]))) is no number from 0 to \(Limit.fanOut - 1)")
    }
    return (String(parts[0]), item)
  }

  private static func change(
    _ arguments: Arguments,
    _ console: Console,
    _ body: (BulkheadClient, String) async throws(ClientError) -> JobSummary,
    said: (JobSummary) -> String
  ) async throws(Failure) -> Int32 {
    let client = try await arguments.connect()
    let id = arguments.operand(0) ?? ""
    let job = try await askingAbout(job: id, client) { () async throws(ClientError) in try await body(client, id) }
    if console.isJSON { console.print(["job": job.json]) } else { console.say(said(job)) }
    return ExitCode.success
  }
}

extension Arguments {
  /// The document of an option, or that in the file behind an `@`.
  fileprivate func document(_ flag: String) async throws(Failure) -> JSON? {
    guard let text = value(flag) else { return nil }
    guard text.hasPrefix("@") else { return try parseJSON(Array(text.utf8), "'--\(flag)'") }
    let path = String(text.dropFirst())
    return try parseJSON(await readFile(path, limit: Limit.inputBytes, "'--\(flag)'"), "file \(quoted(path))")
  }
}
