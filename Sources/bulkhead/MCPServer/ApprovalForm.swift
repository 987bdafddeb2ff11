internal import ClientKit
internal import JSON
internal import MCP
internal import TerminalText
internal import Wire

/// What waits for a person, as the form that their MCP client shows them, and what they say.
///
/// The form shows exactly what would run, nothing left out and nothing of it hidden; the answer is sent with the hash of
/// that. What cannot be shown whole is not asked about here.
struct ApprovalForm: Sendable {
  enum Decision: Sendable, Equatable {
    case approve(reason: String?)
    case deny(reason: String?)
    /// Of a question of the tool `ask_person`: it is approved with this answer.
    case answer(JSON)
  }

  /// Bytes that a client can be expected to show.
  private static let mostBytes = 48 << 10
  /// The key of the question in a result that requires input.
  static let key = "approval"

  let approval: Approval

  /// nil: there is too much of it, or more than a form can hold.
  func question(now: Int64) -> Question? {
    let message = ApprovalPage(approval, now, .plain).text
    guard message.utf8.count <= Self.mostBytes else { return nil }
    guard let question = PersonQuestion(approval) else {
      return .elicit(.form(message: message, schema: Self.schema))
    }
    // Its own form is what is to be filled in, where a client can show it.
    guard AnswerForm(question).fields != nil, let properties = question.schema["properties"] else { return nil }
    var schema: JSONObject = ["type": "object", "properties": properties]
    schema["required"] = question.schema["required"]
    return .elicit(.form(message: message, schema: schema))
  }

  /// The first choice is the harmless one: some clients fill it in.
  private static let schema: JSONObject = [
    "type": "object",
    "properties": [
      "decision": [
        "type": "string", "title": "Decision", "enum": ["deny", "approve"],
        "description": "approve: exactly what is shown runs. deny: it does not.",
      ],
      "reason": [
        "type": "string", "title": "Reason", "maxLength": 1024,
        "description": "For whoever asked, and for the audit log; may be empty.",
      ],
    ],
    "required": ["decision"],
  ]

  /// nil: nothing was decided. Only the word itself approves.
  func decision(_ answer: Elicitation.Answer) -> Decision? {
    switch answer {
    case .accept(let content) where PersonQuestion(approval) != nil: return .answer(.object(content))
    case .accept(let content):
      let reason = content["reason"]?.stringValue.flatMap { $0.isEmpty ? nil : Excerpt.prefix(Array($0.utf8), 4096) }
      switch content["decision"]?.stringValue {
      case "approve": return .approve(reason: reason)
      case "deny": return .deny(reason: reason)
      default: return nil
      }
    case .decline: return .deny(reason: "declined in the MCP client")
    case .cancel: return nil
    }
  }

  /// Tells the coordinator, which decides by the role of this user whether that counts.
  func decide(_ decision: Decision, _ link: CoordinatorLink) async throws(ClientError) {
    try await link.asking { client async throws(ClientError) in
      switch decision {
      case .approve(let reason): _ = try await client.approve(approval, reason: reason)
      case .deny(let reason): _ = try await client.deny(approval, reason: reason)
      case .answer(let answer):
        let input = PersonQuestion(approval)?.answered(answer, in: approval.input)
        _ = try await client.approve(approval, input: input)
      }
    }
  }
}
