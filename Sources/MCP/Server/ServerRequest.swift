package import JSON

/// A request of a client's, whichever era it speaks.
package struct ServerRequest: Sendable, Equatable {
  package var id: MessageID
  package var method: String
  package var params: JSONObject
  package var version: MCPVersion
  package var client: Implementation?
  package var capabilities: ClientCapabilities
  package var progressToken: MessageID?
  /// What is wanted of the log, for this request (modern) or by the session (legacy); nil: nothing.
  package var logLevel: LogLevel?
  /// Modern: what was asked for in the round before, by its keys.
  package var inputResponses: JSONObject?
  /// Modern: what we gave with the round before, as the client gives it back; anybody may have written it.
  package var requestState: String?
}

/// What a server is to do.
package enum ServerEvent: Sendable, Equatable {
  /// To be sent.
  case send(MCPMessage)
  /// To be answered with `result`, `inputRequired` or `error`.
  case request(ServerRequest)
  /// Nobody waits for that answer any more: none is sent.
  case cancelled(MessageID, reason: String?)
  /// The client answered a question of ours (legacy).
  case answered(MessageID, Result<JSONObject, RPCError>)
  /// A legacy session is open.
  case opened(MCPVersion, Implementation?, ClientCapabilities)
  /// The client's folders have changed (legacy).
  case rootsChanged
}
