/// How a client session goes about its work. Times are milliseconds.
package struct ClientSettings: Sendable, Equatable {
  package enum Channel: Sendable {
    /// One stream of lines in either direction.
    case lines
    /// An exchange for each message.
    case http
  }

  package var client: Implementation
  package var channel: Channel
  package var capabilities = ClientCapabilities()
  /// What was found at an earlier time; nil: nothing is known.
  package var remembered: MCPVersion?
  /// Speak this and nothing else.
  package var demanded: MCPVersion?
  /// Over lines: a server that is silent for so long after a modern request is taken for a legacy one.
  package var probeMS: Int64 = 5_000
  /// Until the session is open.
  package var openMS: Int64 = 60_000
  /// Be told when lists change.
  package var listens = true
  /// Ask for log lines of this level and above; nil: none.
  package var logLevel: LogLevel?
  package var limits = MCPLimits()

  package init(client: Implementation, channel: Channel) {
    self.client = client
    self.channel = channel
  }
}

/// What a server says of itself when a session opens.
package struct ServerIntroduction: Sendable, Equatable {
  package var version: MCPVersion
  package var info: Implementation?
  package var capabilities: ServerCapabilities
  /// For a model, untrusted.
  package var instructions: String?
}
