internal import JSON
internal import Posix
internal import Supervision
internal import Wire

/// Programs that are really run in the jail. They are direct calls as any other: the policy decides about them, and they are
/// in the journal and the audit log in the name of whoever asked.
extension HealthRun {
  private struct Run {
    let name: String
    let tool: String
    let input: JSON
    let hint: String
  }

  private static let runs = [
    Run(
      name: "run bash",
      tool: "bash",
      input: ["command": "true"],
      hint: "'bulkhead doctor' shows what the jail of this machine can enforce"
    ),
    Run(
      name: "run python",
      tool: "code_exec",
      input: ["language": "python", "code": "output = 1"],
      hint: "install python3, or leave it out of the sandbox's configuration"
    ),
    Run(
      name: "run javascript",
      tool: "code_exec",
      input: ["language": "javascript", "code": "output = 1"],
      hint: "install nodejs, or do without 'javascript'"
    ),
  ]

  func probeRuns(_ caller: JSON) {
    for run in Self.runs {
      if coordinator.supervisor.catalog[run.tool] == nil {
        note(
          run.name,
          .degraded,
          "no worker offers '\(run.tool)'",
          hint: "'bulkhead workers' shows which workers there are"
        )
      } else {
        probe(run, caller)
      }
    }
  }

  private func probe(_ run: Run, _ caller: JSON) {
    var call: PendingCall?
    probe(run.name, hint: run.hint) { end in
      let message = ToolCall(tool: run.tool, input: run.input, timeoutMS: self.message.timeoutMS)
      call = coordinator.calls.call(message, caller: caller) { result in end(Self.finding(result, run)) }
      guard let call, !call.hasEnded else { return }
      if call.onCancel != nil {
        // Nobody is asked because of a health check.
        end((.degraded, "the policy makes it wait, so it was not run", nil))
        call.cancel(.caller)
      }
    }
    // Its deadline is that of the probe; a worker that does not keep it is ended by its supervisor.
  }

  private static func finding(_ result: Result<ToolResult, WireError>, _ run: Run) -> Finding {
    switch result {
    case .success(let value):
      if let failure = value.failure { return (.failed, failure, run.hint) }
      return (.ok, "it ran in the jail", nil)
    case .failure(let error):
      switch error.name {
      case .blocked, .forbidden, .refused, .approvalDenied:
        return (.degraded, "the policy does not let it run: \(error.message)", nil)
      case .notFound, .invalidInput: return (.degraded, error.message, run.hint)
      default: return (.failed, error.message, run.hint)
      }
    }
  }
}
