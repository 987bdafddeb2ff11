internal import ClientKit
internal import JSON

/// Which kinds of workers are ready and which are not.
struct WorkerStates: Sendable {
  private(set) var ready: [String] = []
  private(set) var failed: [(worker: String, error: String)] = []
  private(set) var pending: [String] = []

  /// Reads leniently: the entries may grow.
  init(_ reports: [JSON]) {
    for report in reports {
      let name = Console.printable(report["kind"]?.stringValue ?? "?")
      let states = (report["instances"]?.arrayValue ?? []).map { $0["state"]?.stringValue }
      if report["state"]?.stringValue != "up" {
        failed.append((name, report["last_error"]?.stringValue ?? "it is \(report["state"]?.stringValue ?? "unknown")"))
      } else if !states.isEmpty, states.allSatisfy({ $0 == "ready" }) {
        ready.append(name)
      } else {
        pending.append(name)
      }
    }
  }

  /// Asks until no worker is on its way any more; one that still is at `end` counts as failed.
  static func settled(
    _ client: BulkheadClient,
    until end: ContinuousClock.Instant
  ) async throws(Failure) -> WorkerStates {
    let clock = ContinuousClock()
    while true {
      var states = WorkerStates(try await asking { () async throws(ClientError) in try await client.workers() })
      if states.pending.isEmpty { return states }
      if clock.now >= end {
        states.failed += states.pending.map { ($0, "it has not become ready in time") }
        return states
      }
      do { try await clock.sleep(for: .milliseconds(20)) } catch {
        throw Failure("cancelled", "stopped waiting; the coordinator runs")
      }
    }
  }
}
