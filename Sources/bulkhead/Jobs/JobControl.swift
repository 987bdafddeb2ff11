internal import ClientKit
internal import JSON

extension Command {
  static let cancel = Command(
    path: ["cancel"],
    summary: "stop jobs",
    operands: [Operand("JOB", isRepeated: true, completion: .jobs)],
    description: [
      "Stops what runs of each JOB and starts nothing more of it. What has succeeded stays done, and 'bulkhead retry' runs the rest later. The command returns when this is on disk; a running step may take until the end of its grace to end."
    ],
    exits: ["0    every job is cancelled or about to be", "1    at least one is not"],
    examples: [
      Example("bulkhead cancel nightly-7", "Stops a job."),
      Example("bulkhead jobs --state running --json | jq -r .jobs[].id | xargs bulkhead cancel", "Stops all that run."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      try await change(arguments.operands, arguments, console) { client, id async throws(ClientError) in
        try await client.cancel(job: id)
      }
    }
  )

  static let pause = Command(
    path: ["pause"],
    summary: "let what runs of jobs end, and start nothing more of them",
    operands: [Operand("JOB", isRepeated: true, completion: .jobs)],
    description: [
      "Steps of each JOB that run are left to end; no other one is started until 'bulkhead resume'. A restart of the coordinator changes nothing about it."
    ],
    exits: ["0    every job is paused", "1    at least one is not"],
    examples: [Example("bulkhead pause nightly-7", "Pauses a job.")],
    action: .remote { arguments, console async throws(Failure) in
      try await change(arguments.operands, arguments, console) { client, id async throws(ClientError) in
        try await client.pause(job: id)
      }
    }
  )

  static let resume = Command(
    path: ["resume"],
    summary: "go on with paused jobs, or accept that a tool changed",
    operands: [Operand("JOB", isRepeated: true, completion: .jobs)],
    description: [
      "Goes on with each JOB after 'bulkhead pause'. A job that waits because a tool has changed since the job was accepted goes on with the tool as it is now."
    ],
    exits: ["0    every job goes on", "1    at least one does not"],
    examples: [Example("bulkhead resume nightly-7", "Goes on with a job.")],
    action: .remote { arguments, console async throws(Failure) in
      try await change(arguments.operands, arguments, console) { client, id async throws(ClientError) in
        try await client.resume(job: id)
      }
    }
  )

  /// Does the same to each job; those behind one that cannot be changed are changed too.
  private static func change(
    _ ids: [String],
    _ arguments: Arguments,
    _ console: Console,
    _ body: (BulkheadClient, String) async throws(ClientError) -> JobSummary
  ) async throws(Failure) -> Int32 {
    let client = try await arguments.connect()
    var changed: [JobSummary] = []
    var failures: [Failure] = []
    for id in ids {
      do throws(ClientError) {
        let job = try await body(client, id)
        changed.append(job)
        console.say(job.said)
      } catch {
        let failure = await failure(error, job: id, client)
        // One alone, or a coordinator that does not answer, is the command's own failure.
        if ids.count == 1 || error.meansUnreachable { throw failure }
        failures.append(failure)
        if !console.isJSON { console.report(failure) }
      }
    }
    if console.isJSON {
      var document: JSONObject = ["jobs": .array(changed.map(\.json))]
      if !failures.isEmpty { document["errors"] = .array(failures.map { $0.document["error"] ?? .null }) }
      console.print(.object(document))
    }
    return failures.isEmpty ? ExitCode.success : ExitCode.failure
  }
}
