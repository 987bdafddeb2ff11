internal import WorkerKit

/// Asks a small model what the rules do not know. What it says is a proposal, and that there is none is no error.
enum SmallModel {
  /// Of a text that is shown: what a small model takes in.
  private static let excerptBytes = 3000
  /// Kept back from the call's time, so that the rules' answer still gets home.
  private static let marginMS: Int64 = 500

  struct Answer {
    /// What fits the schema; null without an answer.
    var value = JSON.null
    private var by: JSONObject = [:]

    init(_ output: JSON) {
      value = output["value"] ?? .null
      for name in ["provider", "model", "escalated"] {
        if let said = output[name] { by[name] = said }
      }
    }

    init(_ error: any Error) {
      by["error"] = .string((error as? WireError)?.message ?? "\(error)")
    }

    /// For the tool's output: what it was asked for and what of its answer was taken.
    func report(asked: [JSON], taken: [JSON]) -> JSON {
      var report: JSONObject = ["asked": .array(asked), "taken": .array(taken)]
      for member in by.members { report[member.key] = member.value }
      return .object(report)
    }
  }

  /// Throws only when the call is cancelled.
  static func ask(_ prompt: String, schema: JSON, _ call: Call) async throws -> Answer {
    var input: JSONObject = [
      "prompt": .string(prompt), "schema": schema, "role": "worker", "temperature": 0, "max_tokens": 400,
    ]
    if let role = ReceiptsSettings.shared.escalate { input["escalate"] = .string(role) }
    let left = call.remainingMS - marginMS
    if left <= 0 { return Answer(WireError(.deadlineExceeded, "no time is left to ask a model")) }
    do {
      return Answer(try await call.call("model", .object(input), timeoutMS: left).output)
    } catch {
      if call.isCancelled { throw error }
      return Answer(error)
    }
  }

  /// The head and the end of a text that is too long: the shop is there, and the total here.
  static func excerpt(_ lines: [String]) -> String {
    let text = lines.joined(separator: "\n")
    guard text.utf8.count > excerptBytes else { return text }
    let half = excerptBytes / 2
    return String(decoding: text.utf8.prefix(half), as: UTF8.self) + "\n…\n"
      + String(decoding: text.utf8.suffix(half), as: UTF8.self)
  }
}
