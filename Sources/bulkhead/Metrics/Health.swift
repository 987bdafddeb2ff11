internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let health = Command(
    path: ["health"],
    summary: "try out every part of the service that runs",
    flags: [
      Flag("deep", "also run programs in the jail: bash, python and javascript"),
      Flag("timeout", value: "TIME", "how long each probe may take; 5s unless given, at most 1m"),
    ],
    description: [
      "Has the coordinator ask every part for something real, all at once, and prints a line for each: what it came to, how long it took, and what helps where something is wrong. The journal commits to its disk, the disk of the state folder tells how much is free, the store of artifacts writes and reads one, and each worker's process is asked for a sign of life over its pipe. A part that does not answer in time has failed; it delays nothing else.",
      "With --deep programs run in the jail: 'true' in bash, and a line of Python and of JavaScript. They are direct calls in your name, so the policy decides about them, and they are in the journal and the audit log; one that would have to wait for a person is not run.",
      "The service is 'healthy' when all is well, 'degraded' when something is wrong but work goes on, such as one of several instances that is gone, and 'unhealthy' when something has failed. 'bulkhead doctor' looks at the machine, also when nothing runs.",
      "With --json the document is {\"status\", \"response_time\" (in seconds), \"took_ms\", \"probes\": [{\"name\", \"result\", \"latency_ms\", \"message\", \"hint\"}]}.",
    ],
    exits: ["0    healthy or degraded", "1    unhealthy"],
    examples: [
      Example("bulkhead health --json", "For a program that watches; its exit code says whether to worry."),
      Example("bulkhead health --deep", "After a change of the machine or the policy."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let range = HealthCheck.timeoutRange
      let timeout = try arguments.milliseconds("timeout", in: range, due: "a time from 10ms to 1m is due")
      let client = try await arguments.connect()
      let isDeep = arguments.has("deep")
      let report = try await asking { () async throws(ClientError) in
        try await client.health(deep: isDeep, timeout: .milliseconds(timeout ?? 5_000))
      }
      if console.isJSON {
        console.print(document(report))
      } else {
        for probe in report.probes { console.print(HealthText.line(probe, console.paint())) }
        console.say(HealthText.verdict(report.status, tookMS: report.tookMS, console.paint()))
      }
      return report.status == .unhealthy ? ExitCode.failure : ExitCode.success
    }
  )

  private static func document(_ report: HealthReport) -> JSON {
    let response = HealthCheck.Response(status: report.status, tookMS: report.tookMS, probes: report.probes)
    var object: JSONObject = ["status": .string(report.status.rawValue)]
    object["response_time"] = JSON(report.tookMS.rounded() / 1_000)
    for member in response.json.objectValue?.members ?? [] { object[member.key] = member.value }
    return .object(object)
  }
}
