internal import JSON

/// A step's error as a prompt shows it: its name, its message, and of its data what says why. The rest may be what the step
/// printed, which is nothing that a plan is made of.
enum ShownError {
  private static let members = [
    "reason", "hint", "path", "status", "violations", "denied", "limit", "limits_hit", "exit_code", "signal",
  ]
  private static let messageLimit = 500
  private static let dataLimit = 600

  static func line(_ failed: PlanningInput.FailedStep) -> String {
    let line = ShownText.line(failed.name, limit: 64) + ": " + ShownText.line(failed.message, limit: messageLimit)
    let told = JSONObject(members.compactMap { name in failed.data[name].map { (name, $0) } })
    return told.isEmpty ? line : line + " " + ShownText.line(JSON.object(told).description, limit: dataLimit)
  }
}
