/// How the server was told to behave.
struct MCPOptions: Sendable {
  enum Approvals: String, Sendable, CaseIterable {
    /// Whoever sits at the client is asked by it.
    case ask
    /// Nothing that comes over this connection decides.
    case never
  }

  var approvals = Approvals.never
  /// How long a request stays open while what it began waits for a person who is not asked over this connection.
  var patience = Duration.seconds(15)
  /// Bytes that one output may have in an answer.
  var outputLimit = Excerpt.standardLimit
}
