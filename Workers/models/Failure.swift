internal import JSON
internal import Models
internal import WorkerKit

/// What a caller is told when no model answered.
enum Failure {
  static func error(_ attempts: [Engine.Attempt], role: String = "", notes: [String] = []) -> WireError {
    let errors = attempts.compactMap { attempt in attempt.error.map { (attempt, $0) } }
    guard let (attempt, last) = errors.last else {
      return WireError(.toolFailed, "no model of the role '\(role)' was asked", data: ["reason": "no_provider"])
    }
    let asked = Set(attempts.map { "\($0.provider)/\($0.model)" })
    var message: String
    if asked.count == 1 {
      message = "\(attempt.provider)/\(attempt.model): \(last.message)"
      if attempts.count > 1 { message += " (\(attempts.count) attempts)" }
    } else {
      let list = errors.map { "\($0.0.provider)/\($0.0.model): \($0.1.message)" }
      message = "none of \(asked.count) models answered: " + list.joined(separator: "; ")
    }
    if let hint = last.hint { message += "; hint: \(hint)" }
    var data: JSONObject = [
      "reason": .string(last.code.rawValue), "provider": .string(attempt.provider), "model": .string(attempt.model),
      "errors": .array(attempts.map(\.json)),
    ]
    if let hint = last.hint { data["hint"] = .string(hint) }
    if let status = last.status { data["status"] = .integer(Int64(status)) }
    let name: WireError.Name =
      switch last.code {
      case .deadlineExceeded: .deadlineExceeded
      case .overBudget: .limitExceeded
      default: .toolFailed
      }
    return WireError(name, String(message.prefix(4000)), data: data)
  }

  static func noProvider(role: String, _ settings: ModelSettings) -> WireError {
    let missing = settings.providers.compactMap { provider in
      provider.missingSecret.map { "'\(provider.name)' lacks its secret '\($0)'" }
    }
    let why = (missing + settings.notes).map { "; " + $0 }.joined()
    return WireError(
      .toolFailed,
      "no provider is configured for the role '\(role)'\(why); hint: set OPENAI_API_KEY or another provider's key for the "
        + "coordinator, or name a local server in 'workers.models.settings.providers'",
      data: ["reason": "no_provider"]
    )
  }
}
