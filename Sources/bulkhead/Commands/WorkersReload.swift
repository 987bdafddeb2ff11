internal import ClientKit
internal import JSON

extension Command {
  static let workersReload = Command(
    path: ["workers", "reload"],
    summary: "read the manifests of the workers again",
    description: [
      "Has the coordinator search for worker.json files again: new workers are started, changed ones replaced, and removed ones drained. Running calls are not dropped.",
      "A manifest that cannot be used is reported and leaves its worker as it was.",
    ],
    exits: ["0    every manifest could be used", "1    at least one could not, or the coordinator refused"],
    examples: [Example("bulkhead workers reload", "After a worker was added or a worker.json edited.")],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let report = try await asking { () async throws(ClientError) in try await client.reload() }
      let isClean = report.errors.isEmpty
      if console.isJSON {
        console.print(report.json)
        return isClean ? ExitCode.success : ExitCode.failure
      }
      for (what, names) in [("added", report.added), ("changed", report.changed), ("removed", report.removed)]
      where !names.isEmpty {
        console.say("\(what): \(Console.printable(names.joined(separator: ", ")))")
      }
      if report.added.isEmpty, report.changed.isEmpty, report.removed.isEmpty, isClean {
        console.say("nothing changed")
      }
      guard isClean else {
        let count = report.errors.count
        throw Failure(
          "manifests",
          "\(count) manifest\(count == 1 ? "" : "s") cannot be used",
          details: report.errors,
          hint: "correct what is listed and reload again; 'bulkhead worker check FOLDER' tries a worker by itself"
        )
      }
      return ExitCode.success
    }
  )
}

extension ReloadReport {
  var json: JSON {
    func list(_ texts: [String]) -> JSON { .array(texts.map { .string($0) }) }
    return ["added": list(added), "changed": list(changed), "removed": list(removed), "errors": list(errors)]
  }
}
