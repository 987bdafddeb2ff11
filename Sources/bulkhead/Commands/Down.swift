internal import ClientKit
internal import JSON

extension Command {
  static let down = Command(
    path: ["down"],
    summary: "stop the coordinator after what runs has ended",
    flags: [Flag("timeout", value: "TIME", "give up waiting after this time; it then goes on draining by itself")],
    description: [
      "Asks the coordinator to take no new work, let running calls end, stop its workers, and end. Waits until it has. A coordinator that is not running is no failure.",
      "With --json the document is {\"stopped\": true, \"pid\": N}, or {\"stopped\": false} when nothing was running.",
    ],
    exits: ["0    the coordinator has ended, or was not running", "1    it refused or did not end in time"],
    examples: [
      Example("bulkhead down", "Stops this user's coordinator."),
      Example("bulkhead down --timeout 30s", "Waits half a minute at most."),
    ],
    action: .remote { arguments, console async throws(Failure) in
      let timeout = try arguments.duration("timeout")
      let client: BulkheadClient
      do throws(Failure) {
        client = try await arguments.connect()
      } catch  where error.name == ClientError.Code.unreachable.rawValue {
        if console.isJSON { console.print(["stopped": false]) }
        console.say("no coordinator is running")
        return ExitCode.success
      }
      do throws(ClientError) {
        try await client.shutdown(timeout: timeout)
      } catch  where error.code == .connectionLost {
        // It ended before its answer had left: what was asked for has happened.
      } catch {
        throw Failure(error)
      }
      await client.waitUntilClosed()
      if console.isJSON { console.print(["stopped": true, "pid": .integer(client.coordinatorPID)]) }
      console.say("coordinator stopped (pid \(client.coordinatorPID))")
      return ExitCode.success
    }
  )
}
