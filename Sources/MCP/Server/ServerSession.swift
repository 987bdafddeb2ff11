internal import JSON

/// A server's half of the protocol over lines, in both eras, without I/O: it answers what every server answers alike, and
/// hands on the rest. One per connection; not for HTTP.
package struct ServerSession: Sendable {
  package let info: Implementation
  package let capabilities: ServerCapabilities
  /// What modern clients are told: a new server does not take up what that era has given up.
  package let modernCapabilities: ServerCapabilities
  package let instructions: String?
  package let versions: [MCPVersion]
  package let limits: MCPLimits

  /// Of a legacy session, once it is open: what it speaks.
  package internal(set) var legacy: Legacy?
  /// Requests that were handed on and wait for an answer.
  package internal(set) var outstanding: [MessageID: ServerRequest] = [:]

  var questions: Set<MessageID> = []
  var nextQuestion: Int64 = 1
  /// Modern clients that want to hear of changed lists, by the ids of their requests.
  var listeners: [MessageID: Set<ListKind>] = [:]

  package struct Legacy: Sendable, Equatable {
    package var version: MCPVersion
    package var client: Implementation?
    package var capabilities: ClientCapabilities
    /// The client has said that it is ready.
    package var isReady = false
    /// nil: the client has not said.
    package var logLevel: LogLevel?
  }

  package init(
    info: Implementation,
    capabilities: ServerCapabilities,
    modern: ServerCapabilities? = nil,
    instructions: String? = nil,
    versions: [MCPVersion] = MCPVersion.allCases,
    limits: MCPLimits = MCPLimits()
  ) {
    self.info = info
    self.capabilities = capabilities
    modernCapabilities = modern ?? capabilities
    self.instructions = instructions
    self.versions = versions.sorted(by: >)
    self.limits = limits
  }
}
