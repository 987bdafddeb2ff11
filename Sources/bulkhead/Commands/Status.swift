internal import ClientKit
internal import JSON
internal import TerminalText
internal import Wire

extension Command {
  static let status = Command(
    path: ["status"],
    summary: "show the state of the coordinator",
    description: [
      "Asks the coordinator for its state, its age, and how many workers, tools, clients and calls it has, and for the alerts that are raised.",
      "With --json the members are state, pid, version, uptime_ms, socket, workers, workers_ready, tools, clients, calls_running, calls_queued and calls_answered, and alerts when some of the policy's are raised.",
    ],
    exits: ["0    the coordinator runs or drains", "1    it refused to tell"],
    examples: [
      Example("bulkhead status", "Shows the state of this user's coordinator."),
      Example("bulkhead status --json --socket /run/bulkhead/bulkhead.sock", "The system's, for a program to read."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let client = try await arguments.connect()
      let status = try await asking { () async throws(ClientError) in try await client.status() }
      if console.isJSON {
        console.print(status.json)
      } else {
        console.print(text(status, console))
        let count = await WaitingApprovals(client).approvals.count
        if count > 0 { console.print("approvals \(count) waiting: 'bulkhead approvals'") }
      }
      return ExitCode.success
    }
  )

  private static func text(_ status: CoordinatorStatus, _ console: Console) -> String {
    let rows = [
      ("state", console.colour(Console.printable(status.state), status.state == "running" ? .green : .yellow)),
      ("pid", "\(status.pid)"),
      ("version", Console.printable(status.version)),
      ("uptime", spanText(milliseconds: status.uptimeMS)),
      ("socket", Console.printable(status.socket)),
      ("workers", "\(status.workersReady) of \(status.workers) ready"),
      ("tools", "\(status.tools)"),
      ("clients", "\(status.clients)"),
      ("calls", "\(status.callsRunning) running, \(status.callsQueued) queued, \(status.callsAnswered) answered"),
    ]
    let text = rows.map { $0 + String(repeating: " ", count: 10 - $0.count) + $1 }.joined(separator: "\n")
    if status.alerts.isEmpty { return text }
    return "\(text)\n\n\(MetricsTables.alerts(status.alerts, now: wallClock()).text(console.paint()))"
  }
}

extension CoordinatorStatus {
  var json: JSON {
    var object: JSONObject = [
      "state": .string(state), "pid": .integer(pid), "version": .string(version), "uptime_ms": .integer(uptimeMS),
      "socket": .string(socket), "workers": .integer(workers), "workers_ready": .integer(workersReady),
      "tools": .integer(tools), "clients": .integer(clients), "calls_running": .integer(callsRunning),
      "calls_queued": .integer(callsQueued), "calls_answered": .integer(callsAnswered),
    ]
    if !alerts.isEmpty { object["alerts"] = .array(alerts.map(\.json)) }
    return .object(object)
  }
}
